"""Measure how features answer to small changes: `python scripts/stability.py FOLDER`. Not a rule: a command to type.

FOLDER has imagesTr and labelsTr with files of the same names. Writes measurements.parquet, one row per case and
measurement, which `preprocessing.measurements` takes, and stability.csv, ICC(1,1) and ICC(3,1) of every feature.
"""

import argparse
from pathlib import Path

import yaml

from snndeep.console import command
from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels
from snndeep.radiomics.icc import correlations
from snndeep.radiomics.naming import column_name
from snndeep.radiomics.settings import FeatureSettings
from snndeep.radiomics.stability import PERTURBATIONS, PerturbedScan, StabilitySettings, measurements
from snndeep.store.files import write_text


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Measure the stability of features.")
    parser.add_argument("folder", type=Path, help="folder with imagesTr and labelsTr")
    parser.add_argument("--cases", type=int, default=0, help="the first N cases alone (default: all)")
    parser.add_argument("--config", type=Path, help="configuration whose sections features and dataset.labels count")
    parser.add_argument(
        "--output", type=Path, default=Path("stability"), help="folder to write to (default: stability)"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--perturbations", nargs="+", choices=PERTURBATIONS, default=list(PERTURBATIONS))
    parser.add_argument("--distance", type=float, default=1.0, help="movement of the mask's border in mm (default: 1)")
    parser.add_argument("--noise", type=float, default=5.0, help="noise in HU (default: 5)")
    return parser.parse_args()


def scans_of(folder: Path, number: int) -> list[PerturbedScan]:
    """Return the first cases of a folder that have a mask, all for 0."""
    images = sorted((folder / "imagesTr").glob("*.nii*"))
    pairs = [(image, folder / "labelsTr" / image.name) for image in images if not image.name.startswith(".")]
    scans = [PerturbedScan(image.name.partition(".nii")[0], image, label) for image, label in pairs if label.exists()]
    if len(scans) < 2:
        raise DatasetError(
            "There are too few scans to compare.",
            where=str(folder),
            found=f"{len(scans)} scans with a mask of the same name",
            expected="two at least, in imagesTr and labelsTr",
        )
    return scans[: number or None]


def main() -> None:
    """Measure and write both files."""
    typed = arguments()
    with command():
        config = yaml.safe_load(typed.config.read_text(encoding="utf-8")) if typed.config else {}
        features = FeatureSettings.from_mapping((config or {}).get("features", {}), "features")
        labels = MaskLabels.from_mapping((config or {}).get("dataset", {}).get("labels", {}), "dataset.labels")
        settings = StabilitySettings(tuple(typed.perturbations), typed.distance, typed.noise)
        measured = measurements(scans_of(typed.folder, typed.cases), features, labels, settings, typed.seed)
        table = correlations(measured)
        table.insert(1, "name", [column_name(name).title for name in table["feature"]])
        typed.output.mkdir(parents=True, exist_ok=True)
        temporary = typed.output / ".measurements.tmp"
        measured.to_parquet(temporary)
        temporary.replace(typed.output / "measurements.parquet")
        write_text(typed.output / "stability.csv", table.to_csv(index=False))
    print(
        f"{measured['case'].nunique()} cases, {len(table)} features, {(table['icc_1_1'] >= 0.75).sum()} with ICC(1,1) >= 0.75"
    )


if __name__ == "__main__":
    main()
