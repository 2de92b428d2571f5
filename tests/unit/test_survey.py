"""The first look at a data set: do scans, masks and labels agree?"""

from pathlib import Path

import numpy as np
import pytest
from radiomics_scans import affine, organ, save

from snndeep.errors import DatasetError, ScanError
from snndeep.labels import MaskLabels
from snndeep.samples.feasibility import check_splits
from snndeep.samples.settings import SampleSettings
from snndeep.samples.split import SplitSettings
from snndeep.samples.table import Cohort
from snndeep.scans.converted import NiftiScan
from snndeep.scans.dataset import Case
from snndeep.scans.settings import Plausibility
from snndeep.scans.survey import Surveyed, survey

BOTH = MaskLabels()
TINY = Plausibility(organ_volume=(1, 6000))
ORGAN_ALONE = MaskLabels([1], [])


def case(folder: Path, name: str, patient: str, lesion: bool, diseased: bool | None = None) -> Case:
    values, labels = organ()
    values[0, 0] = -1000
    image = save(folder / f"{name}.nii.gz", values, affine())
    mask = save(folder / f"{name}_mask.nii.gz", labels if lesion else (labels > 0).astype(np.uint8), affine())
    return Case(name, NiftiScan(image), NiftiScan(mask), "", patient, diseased, f"table.csv, line of {name}")


def look(cases: list[Case], labels: MaskLabels = BOTH, on_bad_case: str = "fail") -> dict[str, Surveyed]:
    return survey(cases, labels, (-150.0, 250.0), TINY, on_bad_case)


def fails(cases: list[Case], *texts: str, labels: MaskLabels = BOTH) -> None:
    with pytest.raises(DatasetError) as error:
        look(cases, labels, "skip")
    for text in texts:
        assert text in str(error.value)


def test_classes_are_counted_by_patient(tmp_path):
    cases = [case(tmp_path, "a1", "a", True), case(tmp_path, "a2", "a", False), case(tmp_path, "b", "b", False)]
    found = look(cases)
    assert [found[name].diseased for name in ("a1", "a2", "b")] == [True, False, False]
    cohort = Cohort({case.name: case.patient for case in cases}, {}, weak=False)
    splits = SplitSettings(folds=2, seed=1)
    with pytest.raises(DatasetError, match="fewer patients than folds"):
        check_splits(found, cohort, 100.0, SampleSettings(), splits)
    with pytest.raises(DatasetError, match="one class only"):
        check_splits({name: found[name] for name in ("a1", "a2")}, cohort, 100.0, SampleSettings(), splits)


def test_labels_that_agree_with_the_masks(tmp_path):
    cases = [
        case(tmp_path, "a1", "a", True, diseased=True),
        case(tmp_path, "a2", "a", False, diseased=True),
        case(tmp_path, "b", "b", False, diseased=False),
    ]
    assert len(look(cases)) == 3


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
    second.image.nifti().write_bytes(b"")
    assert list(look([*cases, second], on_bad_case="skip")) == ["a", "b"]


def test_masks_of_the_organ_alone(tmp_path):
    cases = [case(tmp_path, "a", "a", False, diseased=True), case(tmp_path, "b", "b", False, diseased=False)]
    found = look(cases, ORGAN_ALONE)
    assert [found[name].diseased for name in "ab"] == [True, False]
    with pytest.raises(ScanError, match="labels that the settings do not name"):
        look([case(tmp_path, "c", "c", True, diseased=True)], ORGAN_ALONE)


def test_a_mask_of_other_geometry(tmp_path):
    cases = [case(tmp_path, "a", "a", True), case(tmp_path, "b", "b", False)]
    shifted = affine()
    shifted[2, 3] += 40
    save(cases[0].label.nifti(), organ()[1], shifted)
    with pytest.raises(ScanError, match="different places in space"):
        look(cases)
    save(cases[0].label.nifti(), organ()[1][::2], affine() * [2, 1, 1, 1])
    with pytest.raises(ScanError, match="different shapes"):
        look(cases)
    assert list(look(cases, on_bad_case="skip")) == ["b"]


def cohort_of(found: dict[str, Surveyed]) -> Cohort:
    return Cohort({name: name for name in found}, {}, weak=False)


def people(surveyed: Surveyed, healthy: Surveyed, diseased: int, well: int) -> dict[str, Surveyed]:
    """Return a cohort of copies of two scans."""
    return {f"d{k}": surveyed for k in range(diseased)} | {f"h{k}": healthy for k in range(well)}


@pytest.mark.parametrize(
    ("diseased", "healthy", "folds", "members", "advice"),
    [
        (2, 9, 2, 1, "No number of folds works with 2 diseased and 9 healthy"),
        (9, 2, 2, 1, "No number of folds works with 9 diseased and 2 healthy"),
        (3, 9, 2, 1, "splits={folds: 3} works"),
        (9, 4, 3, 1, None),
        (4, 4, 5, 1, "splits={folds: 4} works"),
        (4, 9, 2, 3, None),
        (3, 9, 2, 3, "splits={folds: 3} works"),
    ],
)
def test_every_part_of_every_split_is_tried(tmp_path, diseased, healthy, folds, members, advice):
    scans = look([case(tmp_path, "a", "a", True), case(tmp_path, "b", "b", False)])
    found = people(scans["a"], scans["b"], diseased, healthy)
    splits = SplitSettings(folds=folds, members=members, seed=1)
    if advice is None:
        check_splits(found, cohort_of(found), 100.0, SampleSettings(), splits)
        return
    with pytest.raises(DatasetError) as error:
        check_splits(found, cohort_of(found), 100.0, SampleSettings(), splits)
    assert advice in str(error.value)
