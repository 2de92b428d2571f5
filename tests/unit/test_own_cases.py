import json
from pathlib import Path

from snndeep.plan.addressing import FileDigests
from snndeep.plan.own_cases import find_own_cases
from snndeep.plan.stages import Stage


def conversion_of(digest: str) -> Stage:
    return Stage("convert", {}, "code", (digest,), Path("work"))


def test_scans_that_are_not_nifti_are_replaced_by_their_conversion(tmp_path):
    for name in ("imagesTr/a/1.dcm", "imagesTr/a/2.dcm", "imagesTr/b.nii.gz", "labelsTr/a.nrrd", "labelsTr/b.nii.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    entries = [("./imagesTr/a", "./labelsTr/a.nrrd"), ("./imagesTr/b.nii.gz", "./labelsTr/b.nii.gz")]
    text = json.dumps({"training": [{"image": image, "label": label} for image, label in entries]})
    (tmp_path / "dataset.json").write_text(text)

    (a, b), conversions = find_own_cases(tmp_path, FileDigests(tmp_path / "digests.json"), conversion_of)
    assert (a.name, a.patient, b.name) == ("a", "a", "b")
    assert {str(a.image), str(a.label)} == {conversion.record for conversion in conversions.values()}
    assert {c.source.name for c in conversions.values()} == {"a", "a.nrrd"}
    assert (b.image, b.label) == (tmp_path / "imagesTr/b.nii.gz", tmp_path / "labelsTr/b.nii.gz")

    (tmp_path / "imagesTr/a/2.dcm").write_text("another slice")
    (changed, same), _ = find_own_cases(tmp_path, FileDigests(tmp_path / "digests.json"), conversion_of)
    assert changed.leaf != a.leaf
    assert changed.label == a.label
    assert same == b
