"""Versions of packages in addresses."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from snndeep.errors import ConfigError
from snndeep.plan.addressing import CodeBase
from snndeep.plan.versions import DISTRIBUTIONS, WITHOUT_NUMBERS, Versions, canonical, distribution_of, installed

ROOT = Path(__file__).parents[2]


def all_imports() -> set[str]:
    code = CodeBase(ROOT / "scripts")
    files = [path.relative_to(ROOT / "scripts").as_posix() for path in (ROOT / "scripts").rglob("*.py")]
    return set(code.packages(*files))


def test_every_import_of_the_library_has_a_package_with_a_version():
    owners = packages_distributions()
    for name in sorted(all_imports()):
        assert distribution_of(name) in {canonical(owner) for owner in owners[name]}, name
        assert installed(distribution_of(name)), name


def test_no_name_is_explained_that_is_not_imported():
    assert set(DISTRIBUTIONS) | WITHOUT_NUMBERS <= all_imports() | {"psycopg", "PIL", "jpegls"}


def test_environments_and_lock_give_the_same_versions_as_this_installation():
    """So that a run with conda finds the results of one without."""
    pinned, here = Versions.of_environments(sorted((ROOT / "envs").glob("*.yaml"))), Versions()
    assert pinned.mixed == ()
    names = all_imports() - {"norse"}
    assert pinned.of(names) == here.of(names)


def test_several_pins_of_one_package_are_told(tmp_path):
    (tmp_path / "a.yaml").write_text("dependencies:\n  - pip:\n      - numpy==1.0\n      - psycopg[binary]==3.0\n")
    (tmp_path / "b.yaml").write_text("dependencies:\n  - pip:\n      - NumPy==2.0+cpu\n")
    versions = Versions.of_environments(sorted(tmp_path.glob("*.yaml")))
    assert versions.of(["numpy", "torch", "tqdm"]) == {"numpy": "1.0|2.0", "torch": ""}
    assert versions.mixed == ("numpy: 1.0 in a.yaml, 2.0 in b.yaml",)


def test_environments_that_are_not_there():
    with pytest.raises(ConfigError, match="versions of the packages of conda environments are not known"):
        Versions.of_environments([])
