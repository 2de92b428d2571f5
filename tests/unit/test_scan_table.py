"""Tables of a user's scans: what they mean, and what is wrong with those that cannot be used."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snndeep.errors import DatasetError
from snndeep.plan.addressing import FileDigests
from snndeep.scans.dataset import Case
from snndeep.scans.table import _case_names, is_table, read_scan_table

HEADER = "image,mask,patient,label\n"


def digest(path: Path) -> str:
    return FileDigests(path.parent / "none.json").of(path)


def written(folder: Path, text: str, files=("a", "b", "c"), name: str = "table.csv") -> Path:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the bytes of {file}", encoding="utf-8")
    (folder / "mask").write_text("a mask")
    table = folder / name
    table.write_text(text, encoding="utf-8")
    return table


def read(table: Path) -> list[Case]:
    return read_scan_table(table, digest)


def refused(table: Path, *texts: str) -> None:
    with pytest.raises(DatasetError) as error:
        read(table)
    for text in texts:
        assert text in str(error.value)


def test_cases_patients_and_labels(tmp_path):
    table = written(tmp_path, HEADER + "b,mask,P 1,diseased\n\na , mask,P 1,\nc,mask,ß/2,0\n")
    cases = read(table)
    assert [(c.name, c.patient, c.diseased) for c in cases] == [
        ("a", "P 1", True), ("b", "P 1", True), ("c", "ß/2", False),
    ]  # fmt: skip
    assert cases[0].image == tmp_path / "a"
    assert cases[0].label == tmp_path / "mask"
    assert cases[0].listed.endswith("table.csv, line 4")


def test_only_bytes_of_scans_make_the_leaf(tmp_path):
    one = read(written(tmp_path / "x", "image,mask,patient\na,mask,1\nb,mask,2\n"))
    two = read(
        written(tmp_path / "y", "\ufeffpatient\tlabel\timage\tmask\n9\t1\tb\tmask\n8\t0\ta\tmask\n", name="t.TSV")
    )
    assert [case.leaf for case in one] == [case.leaf for case in two]
    assert [case.diseased for case in one] == [None, None]
    assert [case.diseased for case in two] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["empty"]),
        ("\n \n", ["empty"]),
        (HEADER, ["no scans"]),
        ("image,mask,patient,lable\na,mask,1,0\n", ["unknown column", "'lable'", "Did you mean 'label'", "line 1"]),
        ("image,patient\na,1\n", ["lacks a column", "Add mask"]),
        ("image,mask,patient,image\na,mask,1,b\n", ["a column twice"]),
        ("image;mask;patient\na;mask;1\n", ["separator", "semicolons", "commas"]),
        ("image\tmask\tpatient\na\tmask\t1\n", ["separator", "tabs"]),
        ("image,mask,patient\na,mask,1\nb;mask;2\n", ["another number of cells", "line 3", "1 cells: b;mask;2"]),
        ("image,mask,patient\na,mask,1,2\n", ["another number of cells", "line 2", "4 cells"]),
        ('image,mask,patient\n"a,mask,1\n', ["cannot be read", "Error"]),
        (HEADER + "a,mask,,0\n", ["empty", "line 2, column patient"]),
        (HEADER + ",mask,1,0\n", ["empty", "line 2, column image"]),
        (HEADER + "a,mask,1\x07,0\n", ["control characters", "line 2, column patient"]),
        (HEADER + "a,mask,1,ill\n", ["label", "'ill'", "line 2", "healthy or 0"]),
        (HEADER + "a,mask,1,2\n", ["label", "'2'"]),
        (HEADER + "a,mask,1,0\nb,mask,2,1\na,mask,3,1\n", ["image twice", "line 4", "line 2", "patient 3", "patient 1"]),
        (HEADER + "a,mask,1,0\n./x/../a,mask,3,1\n", ["image twice", "line 3"]),
        (HEADER + "a,mask,1,0\nb,mask,1,1\n", ["two labels", "line 3", "line 2", "patient 1 is diseased here"]),
        (HEADER + "a,mask,1,\nb,mask,1,0\nc,mask,1,1\n", ["two labels", "line 4", "line 3"]),
        (HEADER + "a,mask,1,0\nd,nomask,2,1\n", ["not there", "2 missing", "d (", "line 3"]),
        (HEADER + "a,mask,1,0\n" + "x" * 5000 + ",mask,2,1\n", ["not there", "1 missing"]),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used(tmp_path, text, expected):
    (tmp_path / "x").mkdir()
    refused(written(tmp_path, text), *expected)


def test_the_same_scan_under_two_names(tmp_path):
    table = written(tmp_path, HEADER + "a,mask,1,0\nb,mask,2,1\n")
    (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes())
    refused(table, "same scan, byte for byte", "line 3", "line 2")


def test_tables_of_other_kinds(tmp_path):
    refused(tmp_path / "nowhere.csv", "does not exist")
    refused(written(tmp_path, "x", name="table.xlsx"), "neither a folder nor a table")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEADER.encode() + b"a,mask,J\xfcrg,0\n")
    refused(latin, "cannot be read", "UTF-8")
    assert is_table(tmp_path / "nowhere.csv")
    assert not is_table(tmp_path / "nowhere")
    assert not is_table(tmp_path)


def test_hostile_paths_give_harmless_names(tmp_path):
    outside = tmp_path / "out side"
    inside = tmp_path / "in"
    hostile = [
        "../out side/$(rm -rf x);`id`.nii.gz",
        '../out side/"q\'uo,te".nii.gz',
        "-rf.nii",
        ".hidden.nii",
        "ö|&.nii",
    ]
    files = [*hostile, "x/ct.nii.gz", "y/ct.nii.gz"]
    rows = "".join(f'"{name.replace(chr(34), chr(34) * 2)}",mask,{k},\n' for k, name in enumerate(files))
    cases = read(written(inside, HEADER + rows, files))
    assert outside.is_dir()
    assert len({case.name for case in cases}) == len(files)
    for case in cases:
        assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", case.name), case.name
        assert case.image.read_text(encoding="utf-8") == f"the bytes of {case.image.relative_to(inside)}"


@given(st.lists(st.text(min_size=1), unique=True))
def test_names_are_unique_and_safe(images):
    names = _case_names(images)
    assert len(set(names)) == len(images)
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", name) for name in names)


def test_a_folder_counts_by_its_files_in_the_order_of_their_names(tmp_path):
    def folder(name: str, files: dict[str, str]) -> str:
        (tmp_path / name / "deeper").mkdir(parents=True)
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
        return digest(tmp_path / name)

    one = folder("one", {"1.dcm": "a", "2.dcm": "b"})
    assert one == folder("two", {"slice_1": "a", "slice_2": "b", ".DS_Store": "x"})
    assert one != folder("three", {"1.dcm": "b", "2.dcm": "a"})
    assert one != folder("four", {"1.dcm": "a", "2.dcm": "b", "3.dcm": "c"})


def test_two_spellings_of_one_name_are_one_patient(tmp_path):
    rows = []
    for form in ("NFC", "NFD"):
        for part in ("image", "mask"):
            (tmp_path / f"{form}.{part}.nii.gz").write_bytes(f"{form}{part}".encode())
        rows.append(f"{form}.image.nii.gz,{form}.mask.nii.gz,{unicodedata.normalize(form, 'Šimůnek')}")
    (tmp_path / "table.csv").write_text("image,mask,patient\n" + "\n".join(rows) + "\n", encoding="utf-8")
    cases = read_scan_table(tmp_path / "table.csv", lambda path: path.name)
    assert [case.patient for case in cases] == ["Šimůnek", "Šimůnek"]
