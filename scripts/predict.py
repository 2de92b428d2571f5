"""Predict for one scan: `python scripts/predict.py CT.nii.gz MASK.nii.gz MODEL.npz`. Not a rule: a command to type.

Writes prediction.json and prediction.html. Needs the packages of envs/predict.yaml, and torch only where the model was
trained with a torch backend and no other is asked for.
"""

import argparse
from pathlib import Path

from snndeep.backends.registry import BACKENDS
from snndeep.console import command
from snndeep.deployment.model_file import read_model
from snndeep.deployment.prediction import Scan, choose_members, predict
from snndeep.deployment.prediction_page import document, render
from snndeep.labels import MaskLabels
from snndeep.store.files import write_json, write_text


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(
        description="Predict liver health from a CT scan. Research software, not for diagnosis."
    )
    parser.add_argument("image", type=Path, help="CT in HU, NIfTI")
    parser.add_argument("mask", type=Path, help="mask of the organ, NIfTI; lesions marked in it count as organ")
    parser.add_argument("model", type=Path, help="a run's model, results/<run>/models/<backend>.<rule>.npz")
    parser.add_argument(
        "--output", type=Path, default=Path("prediction"), help="folder to write to (default: prediction)"
    )
    parser.add_argument("--case", help="name of the case (default: the image's file name); seeds the rate coding")
    parser.add_argument(
        "--split", help="ask the model of this split alone, for instance patient_0 (default: all folds)"
    )
    parser.add_argument("--backend", choices=list(BACKENDS), help="that computes (default: the one that trained)")
    parser.add_argument(
        "--organ", type=int, nargs="+", help="the organ's numbers in the mask (default: as in training)"
    )
    parser.add_argument(
        "--lesion", type=int, nargs="*", help="the lesions' numbers in the mask (default: as in training)"
    )
    return parser.parse_args()


def main() -> None:
    """Predict and write both files."""
    typed = arguments()
    with command():
        model = read_model(typed.model)
        organ = model.labels.organ if typed.organ is None else typed.organ
        lesion = model.labels.lesion if typed.lesion is None else typed.lesion
        case = typed.case or typed.image.name.removesuffix(".gz").removesuffix(".nii")
        scan = Scan(case, typed.image, typed.mask, MaskLabels(tuple(organ), tuple(lesion)))
        members = choose_members(model, typed.split)
        prediction = predict(scan, model, members, typed.backend or model.backend)
        words = document(scan, model, members, prediction)
        write_json(typed.output / "prediction.json", words)
        write_text(typed.output / "prediction.html", render(scan, words))
    low, high = prediction.interval
    print(f"{case}: probability of disease {prediction.probability:.2f} ({low:.2f} to {high:.2f}), {words['verdict']}")
    for warned in prediction.warnings:
        print(f"  warning: {warned.text}")
    print(f"  {typed.output / 'prediction.html'}\n  {words['statement']}")


if __name__ == "__main__":
    main()
