"""Write a model's networks in NIR: `python scripts/export.py MODEL.npz`. Not a rule: a command to type."""

import argparse
from pathlib import Path

from snndeep.console import command
from snndeep.deployment.model_file import read_model
from snndeep.deployment.nir_export import export_member
from snndeep.deployment.scoring import choose_members


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Write the networks of a model file in NIR, one .nir file per fold.")
    parser.add_argument("model", type=Path, help="a run's model, results/<run>/models/<backend>.<rule>.npz")
    parser.add_argument("--output", type=Path, default=Path("nir"), help="folder to write to (default: nir)")
    parser.add_argument(
        "--split", help="this fold alone, for instance patient_0, or one of its networks, patient_0_2 (default: all)"
    )
    parser.add_argument("--hidden-only", action="store_true", help="end with the hidden spikes, for readers without LI")
    return parser.parse_args()


def main() -> None:
    """Write one file per split."""
    typed = arguments()
    with command():
        model = read_model(typed.model)
        for member in choose_members(model, typed.split):
            name = f"{model.backend}.{model.rule}.{member.split}{'.hidden' if typed.hidden_only else ''}.nir"
            target = typed.output / name
            readers = export_member(target, model, member, typed.hidden_only)
            print(f"{target}: {readers}")


if __name__ == "__main__":
    main()
