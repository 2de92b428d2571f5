"""Predict for scans: `python scripts/predict.py CT MASK MODEL.npz`, or a table or a folder and MODEL.npz. Not a rule.

Writes prediction.json and prediction.html for one scan; for several a folder of each and predictions.csv over all. Needs
the packages of envs/predict.yaml, and torch only where the model was trained with a torch backend and no other is asked for.
"""

import argparse
import csv
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from snndeep.backends.registry import BACKENDS
from snndeep.console import command
from snndeep.deployment.model_file import FoldModel, ModelFile, read_model
from snndeep.deployment.prediction import ScanToPredict, predict
from snndeep.deployment.prediction_page import document, render
from snndeep.deployment.prediction_scans import as_nifti, labels_said, listed_scans
from snndeep.deployment.scoring import choose_members
from snndeep.errors import ScanError
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import ListedScan
from snndeep.scans.settings import DicomSettings
from snndeep.store.files import write_json, write_text
from snndeep.volume.errors import UnknownLabelError, UnknownStructureError

COLUMNS = ("case", "patient", "image", "mask", "probability", "low", "high", "verdict", "margin", "warnings", "error")


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(
        description="Predict liver health from CT scans. Research software, not for diagnosis.",
        usage="%(prog)s [options] (IMAGE MASK | TABLE | FOLDER) MODEL",
    )
    parser.add_argument(
        "scans",
        type=Path,
        nargs="+",
        help="a CT in HU and the mask of its organ, in any format that a run takes; or a table of scans; or a folder",
    )
    parser.add_argument("model", type=Path, help="a run's model, results/<run>/models/<backend>.<rule>.npz")
    parser.add_argument(
        "--output", type=Path, default=Path("prediction"), help="folder to write to (default: prediction)"
    )
    parser.add_argument("--case", help="name of the one case (default: the image's file name); seeds the rate coding")
    parser.add_argument(
        "--series", default="", help="which DICOM series of the image's folder: number, description, UID"
    )
    parser.add_argument(
        "--split",
        help="this fold alone, for instance patient_0, or one of its networks, patient_0_2 (default: all)",
    )
    parser.add_argument("--backend", choices=list(BACKENDS), help="that computes (default: the one that trained)")
    for name, count, what in (
        ("organ", "+", "the organ"),
        ("lesion", "*", "lesions"),
        ("ignore", "*", "what is ignored"),
    ):
        parser.add_argument(
            f"--{name}", type=_label, nargs=count, help=f"labels of {what}: numbers or names (default: as in training)"
        )
    parser.add_argument("--keep-implausible", action="store_true", help="warn of implausible scans, do not refuse them")
    parser.add_argument(
        "--slice-tolerance",
        type=float,
        default=DicomSettings().slice_tolerance,
        help="how far a DICOM slice may be from its even place, in mm (default: %(default)s)",
    )
    return parser.parse_args()


def _label(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def labels_of(typed: argparse.Namespace, trained: MaskLabels) -> MaskLabels:
    """Return the meaning of the masks: what was typed, else what the folder's layout says, else that of the training."""
    trained = labels_said(typed.scans) or trained
    given = {name: getattr(typed, name) for name in ("organ", "lesion", "ignore") if getattr(typed, name) is not None}
    return MaskLabels.from_mapping({**trained.to_mapping(), **given})


def predict_one(
    listed: ListedScan,
    typed: argparse.Namespace,
    model: ModelFile,
    members: Sequence[FoldModel],
    labels: MaskLabels,
    output: Path,
) -> dict[str, Any]:
    """Predict one scan, write its two files and return what they say."""
    with tempfile.TemporaryDirectory(prefix="snndeep-") as folder:
        try:
            image, mask = as_nifti(listed, labels, Path(folder), typed.slice_tolerance)
            scan = ScanToPredict(listed.name, image, mask, labels)
            prediction = predict(scan, model, members, typed.backend or model.backend, typed.keep_implausible)
        except (UnknownLabelError, UnknownStructureError) as error:
            remedy = "Say what the labels mean: --organ, --lesion and --ignore take numbers and names; --ignore others."
            raise type(error)(
                error.what, where=error.where, found=error.found, expected=error.expected, remedy=remedy
            ) from error
        files = {"image": str(listed.image), "mask": str(listed.mask)}
        words = document(scan, files, model, members, prediction)
        page = render(scan, words)
    write_json(output / "prediction.json", words)
    write_text(output / "prediction.html", page)
    return words


def main() -> None:
    """Predict and write."""
    typed = arguments()
    with command():
        DicomSettings(typed.slice_tolerance)  # checks it
        model = read_model(typed.model)
        members = choose_members(model, typed.split)
        listed = listed_scans(typed.scans, typed.case)
        labels = labels_of(typed, model.labels)
        if len(typed.scans) == 2:
            (scan,) = listed
            scan = ListedScan(scan.name, scan.image, scan.mask, series=typed.series)
            _tell(predict_one(scan, typed, model, members, labels, typed.output))
            print(f"  {typed.output / 'prediction.html'}\n  Research software, not for diagnosis.")
        else:
            refused = _predict_all(listed, typed, model, members, labels)
            print(f"{typed.output / 'predictions.csv'}: {len(listed)} scans, {refused} of them refused")
            sys.exit(1 if refused else 0)


def _predict_all(
    listed: Sequence[ListedScan],
    typed: argparse.Namespace,
    model: ModelFile,
    members: Sequence[FoldModel],
    labels: MaskLabels,
) -> int:
    """Predict every scan, write a table over all, and return how many were refused."""
    rows = []
    for scan in tqdm(listed, desc="scans", unit="scan", ascii=True):
        row = {"case": scan.name, "patient": scan.patient, "image": str(scan.image), "mask": str(scan.mask)}
        try:
            words = predict_one(scan, typed, model, members, labels, typed.output / scan.name)
        except ScanError as error:
            tqdm.write(str(error), file=sys.stderr)
            rows.append({**row, "error": f"{error.what} {error.found}".strip()})
            continue
        rows.append({**row, **_summary(words)})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(typed.output / "predictions.csv", text.getvalue())
    return sum("error" in row for row in rows)


def _summary(words: dict[str, Any]) -> dict[str, Any]:
    low, high = words["interval"]
    kept = {name: words[name] for name in ("probability", "verdict", "margin")}
    return {**kept, "low": low, "high": high, "warnings": " ".join(warned["text"] for warned in words["warnings"])}


def _tell(words: dict[str, Any]) -> None:
    low, high = words["interval"]
    print(
        f"{words['case']}: probability of disease {words['probability']:.2f} ({low:.2f} to {high:.2f}), "
        f"{words['verdict_means']}"
    )
    for warned in words["warnings"]:
        print(f"  warning: {warned['text']}")


if __name__ == "__main__":
    main()
