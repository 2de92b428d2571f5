"""Which scans of a user's data set are converted, and what their addresses depend on."""

import json
from pathlib import Path

from snndeep.labels import MaskLabels
from snndeep.plan.addressing import FileDigests
from snndeep.plan.own_cases import find_own_cases
from snndeep.plan.stages import Stage
from snndeep.scans.converted import ConvertedScan, NiftiScan
from snndeep.scans.dataset import Case
from snndeep.scans.settings import DicomSettings
from snndeep.scans.source import ConversionRequest


def conversion_of(config, inputs) -> Stage:
    return Stage("convert", config, "code", tuple(inputs), Path("work"))


def find(path: Path, labels: MaskLabels | None = None) -> tuple[tuple[Case, ...], dict]:
    digests = FileDigests(path.parent / "digests.json")
    return find_own_cases(path, digests, labels or MaskLabels(), DicomSettings(), conversion_of)


def test_scans_that_are_not_nifti_are_replaced_by_their_conversion(tmp_path):
    folder = tmp_path / "set"
    for name in ("imagesTr/a/1.dcm", "imagesTr/a/2.dcm", "imagesTr/b.nii.gz", "labelsTr/a.nrrd", "labelsTr/b.nii.gz"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    entries = [("./imagesTr/a", "./labelsTr/a.nrrd"), ("./imagesTr/b.nii.gz", "./labelsTr/b.nii.gz")]
    text = json.dumps({"training": [{"image": image, "label": label} for image, label in entries]})
    (folder / "dataset.json").write_text(text)

    (a, b), conversions = find(folder)
    assert (a.name, a.patient, b.name) == ("a", "a", "b")
    assert isinstance(a.image, ConvertedScan)
    assert {str(a.image.record), str(a.label.record)} == {conversion.record for conversion in conversions.values()}
    assert {c.request.source.path.name for c in conversions.values()} == {"a", "a.nrrd"}
    assert isinstance(b.image, NiftiScan)
    assert (b.image.path, b.label.path) == (folder / "imagesTr/b.nii.gz", folder / "labelsTr/b.nii.gz")
    assert "+".join((b.image.planned, b.label.planned)) == b.leaf
    assert Case.from_json(json.loads(json.dumps(a.to_json()))) == a

    (folder / "imagesTr/a/2.dcm").write_text("another slice")
    (changed, same), _ = find(folder)
    assert changed.leaf != a.leaf
    assert changed.label == a.label
    assert same == b


def structures(tmp_path: Path) -> Path:
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/liver.nii.gz").write_text("liver")
    (tmp_path / "masks/spleen.nii.gz").write_text("spleen")
    (tmp_path / "ct.nii.gz").write_text("ct")
    (tmp_path / "table.csv").write_text("image,mask,patient\nct.nii.gz,masks,1\n")
    return tmp_path / "table.csv"


def test_names_of_structures_and_the_labels_that_name_them_are_part_of_the_address(tmp_path):
    table, liver, other = structures(tmp_path), MaskLabels(("liver",), ()), MaskLabels(("spleen",), ())
    (first,), conversions = find(table, liver)
    (conversion,) = conversions.values()
    assert ConversionRequest.from_json(json.loads(json.dumps(conversion.request.to_json()))) == conversion.request
    assert conversion.request.image.path == tmp_path / "ct.nii.gz"
    assert find(table, other)[0][0].leaf != first.leaf
    (tmp_path / "masks/liver.nii.gz").rename(tmp_path / "masks/kidney.nii.gz")
    assert find(table, liver)[0][0].leaf != first.leaf


def test_both_files_of_an_analyze_volume_count(tmp_path):
    for name in ("ct.hdr", "ct.img", "mask.nii"):
        (tmp_path / name).write_text(name)
    table = tmp_path / "table.csv"
    table.write_text("image,mask,patient\nct.hdr,mask.nii,1\n")
    (first,), _ = find(table)
    (tmp_path / "ct.img").write_text("other voxels")
    assert find(table)[0][0].leaf != first.leaf
