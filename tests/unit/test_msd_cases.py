import pytest

from snndeep.errors import ConfigError, DatasetError
from snndeep.scans.msd import CASES, archive_cases, chosen_names, unpacked_cases


def digest(path):
    return path.read_bytes().decode()


def test_the_decathlon_has_131_cases(tmp_path):
    cases = archive_cases(tmp_path, chosen_names({"cases": [], "first": 0}), "m")
    assert len(cases) == len({case.leaf for case in cases}) == len(CASES) == 131
    assert cases[130].image == tmp_path / "liver_130/image.nii.gz"


def test_chosen_cases_of_the_decathlon():
    assert chosen_names({"cases": [7, 0, 4], "first": 0}) == ["liver_0", "liver_4", "liver_7"]
    assert chosen_names({"cases": [], "first": 3}) == ["liver_0", "liver_1", "liver_2"]
    with pytest.raises(ConfigError, match="chosen twice"):
        chosen_names({"first": 3, "cases": [1]})


@pytest.mark.parametrize("below", ["", "Task03_Liver"])
def test_an_unpacked_decathlon_is_known_by_its_bytes(tmp_path, below):
    for part in ("imagesTr", "labelsTr"):
        (tmp_path / below / part).mkdir(parents=True)
        (tmp_path / below / part / "liver_4.nii.gz").write_bytes(part.encode())
    (case,) = unpacked_cases(tmp_path, ["liver_4"], digest)
    assert case.image == tmp_path / below / "imagesTr/liver_4.nii.gz"
    assert case.leaf == "imagesTr+labelsTr"
    with pytest.raises(DatasetError, match="liver_5"):
        unpacked_cases(tmp_path, ["liver_4", "liver_5"], digest)
