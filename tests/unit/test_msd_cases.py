import pytest

from snndeep.errors import ConfigError, DatasetError
from snndeep.scans.msd import CASES, TUMOUR_FREE, archive_cases, chosen_names, first_cases, unpacked_cases


def digest(path):
    return path.read_bytes().decode()


def test_the_decathlon_has_131_cases(tmp_path):
    cases = archive_cases(tmp_path, chosen_names({"cases": [], "first": 0}), "m")
    assert len(cases) == len({case.leaf for case in cases}) == len(CASES) == 131
    assert cases[130].image.nifti() == tmp_path / "liver_130/image.nii.gz"


def test_chosen_cases_of_the_decathlon():
    assert chosen_names({"cases": [7, 0, 4], "first": 0}) == ["liver_0", "liver_4", "liver_7"]
    assert chosen_names({"cases": [], "first": 3}) == ["liver_0", "liver_1", "liver_32"]
    with pytest.raises(ConfigError, match="chosen twice"):
        chosen_names({"first": 3, "cases": [1]})


def test_the_first_cases_are_of_both_classes():
    assert first_cases(10) == [0, 1, 2, 3, 4, 5, 32, 34, 38, 41]
    for number in range(1, 132):
        chosen = first_cases(number)
        free = [case for case in chosen if case in TUMOUR_FREE]
        assert len(set(chosen)) == number
        assert len(free) >= min(number // 2, 4)
        assert len(free) == round(number * 13 / 131) or number < 50
        assert set(chosen) <= set(first_cases(min(number + 1, 131))), "more cases later keep those that are there"


@pytest.mark.parametrize("below", ["", "Task03_Liver"])
def test_an_unpacked_decathlon_is_known_by_its_bytes(tmp_path, below):
    for part in ("imagesTr", "labelsTr"):
        (tmp_path / below / part).mkdir(parents=True)
        (tmp_path / below / part / "liver_4.nii.gz").write_bytes(part.encode())
    (case,) = unpacked_cases(tmp_path, ["liver_4"], digest)
    assert case.image.nifti() == tmp_path / below / "imagesTr/liver_4.nii.gz"
    assert case.leaf == "imagesTr+labelsTr"
    with pytest.raises(DatasetError, match="liver_5"):
        unpacked_cases(tmp_path, ["liver_4", "liver_5"], digest)
