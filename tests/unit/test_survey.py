"""The first look at a data set: do scans, masks and labels agree?"""

from pathlib import Path

import numpy as np
import pytest
from radiomics_scans import affine, organ, save

from snndeep.errors import DatasetError, ScanError
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.scans.survey import survey

BOTH = MaskLabels()
ORGAN_ALONE = MaskLabels([1], [])


def case(folder: Path, name: str, patient: str, lesion: bool, diseased: bool | None = None) -> Case:
    values, labels = organ()
    image = save(folder / f"{name}.nii.gz", values, affine())
    mask = save(folder / f"{name}_mask.nii.gz", labels if lesion else (labels > 0).astype(np.uint8), affine())
    return Case(name, image, mask, "", patient, diseased, f"table.csv, line of {name}")


def fails(cases: list[Case], *texts: str, labels: MaskLabels = BOTH, folds: int = 1) -> None:
    with pytest.raises(DatasetError) as error:
        survey(cases, labels, folds, skip_bad=True)
    for text in texts:
        assert text in str(error.value)


def test_classes_are_counted_by_patient(tmp_path):
    cases = [case(tmp_path, "a1", "a", True), case(tmp_path, "a2", "a", False), case(tmp_path, "b", "b", False)]
    found = survey(cases, BOTH, 1, skip_bad=False)
    assert [found[name]["diseased"] for name in ("a1", "a2", "b")] == [True, False, False]
    fails(cases, "fewer patients than folds", "1 diseased and 1 healthy", folds=2)
    fails(cases[:2], "one class only", "1 diseased and 0 healthy")


def test_labels_that_agree_with_the_masks(tmp_path):
    cases = [
        case(tmp_path, "a1", "a", True, diseased=True),
        case(tmp_path, "a2", "a", False, diseased=True),
        case(tmp_path, "b", "b", False, diseased=False),
    ]
    assert len(survey(cases, BOTH, 1, skip_bad=False)) == 3


def test_a_healthy_patient_with_a_lesion(tmp_path):
    cases = [case(tmp_path, "a", "a", True, diseased=False), case(tmp_path, "b", "b", False, diseased=False)]
    fails(cases, "contradicts the mask", "line of a", "patient a is labelled healthy", "a_mask.nii.gz")


def test_a_diseased_patient_without_any_lesion(tmp_path):
    cases = [case(tmp_path, "a", "a", False, diseased=True), case(tmp_path, "b", "b", False, diseased=False)]
    fails(
        cases, "contradicts the mask", "line of a", "labelled diseased", "without a lesion in", "labels: {lesion: []}"
    )
    # The scan with the lesion may be the one that cannot be used.
    second = case(tmp_path, "a2", "a", True, diseased=True)
    second.image.write_bytes(b"")
    fails([*cases, second], "one class only")


def test_masks_of_the_organ_alone(tmp_path):
    cases = [case(tmp_path, "a", "a", False, diseased=True), case(tmp_path, "b", "b", False, diseased=False)]
    found = survey(cases, ORGAN_ALONE, 1, skip_bad=False)
    assert [found[name]["diseased"] for name in "ab"] == [True, False]
    with pytest.raises(ScanError, match="labels that the settings do not name"):
        survey([case(tmp_path, "c", "c", True, diseased=True)], ORGAN_ALONE, 1, skip_bad=False)


def test_a_mask_of_other_geometry(tmp_path):
    cases = [case(tmp_path, "a", "a", True), case(tmp_path, "b", "b", False)]
    shifted = affine()
    shifted[2, 3] += 40
    save(cases[0].label, organ()[1], shifted)
    with pytest.raises(ScanError, match="different places in space"):
        survey(cases, BOTH, 1, skip_bad=False)
    save(cases[0].label, organ()[1][:-1], affine())
    with pytest.raises(ScanError, match="different shapes"):
        survey(cases, BOTH, 1, skip_bad=False)
    fails(cases, "one class only")
