"""The versions of the packages that a stage's code imports, which are part of its address.

Another numpy or torch can change a number, so its results are others and have another address. Which packages those are
follows from the imports of the code, not from a list. Left out are packages that change no number (`WITHOUT_NUMBERS`) and
the local part of a version: `2.13.0+cpu` and `2.13.0` are one version of the lock.

Where jobs run in environments other than that of the plan (conda), the versions are those that the files of the
environments pin.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from snndeep.errors import ConfigError

DISTRIBUTIONS = {
    "PIL": "pillow",
    "jpegls": "pyjpegls",
    "pywt": "pywavelets",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""By name of an import, that of the package where it is another one."""

WITHOUT_NUMBERS = frozenset(
    (
        "filelock",
        "isal",
        "jinja2",
        "jsonschema",
        "nir",
        "psycopg",
        "requests",
        "sqlalchemy",
        "tenacity",
        "tqdm",
        "urllib3",
        "yaml",
    )
)
"""Imports that fetch, decompress, lock, check, lay out or exchange, and compute nothing of a stage."""

_PIN = re.compile(r"^\s*-\s*['\"]?(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[A-Za-z0-9.!+_-]+)", re.MULTILINE)


def canonical(name: str) -> str:
    """Return the name of a package as all indexes write it, for instance `scikit-learn`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution_of(imported: str) -> str:
    """Return the name of the package that an import comes from."""
    return canonical(DISTRIBUTIONS.get(imported, imported))


def without_local(version: str) -> str:
    """Return a version without its local part."""
    return version.partition("+")[0]


@cache  # every stage asks, and each answer is read from a file
def installed(package: str) -> str:
    """Return the version of a package that is installed here, empty if it is not."""
    try:
        return without_local(metadata.version(package))
    except metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class Versions:
    """Where the versions of packages are known from.

    Attributes:
        pinned: By package, its version; None takes what is installed here.
        mixed: What is to be told: packages of which environments pin more than one version.
    """

    pinned: Mapping[str, str] | None = None
    mixed: tuple[str, ...] = field(default=())

    def of(self, imports: Iterable[str]) -> dict[str, str]:
        """Return the versions by package, sorted, of the imports that can change a number.

        A package that is not there has an empty version: the job that needs it will say so.
        """
        packages = sorted(distribution_of(name) for name in imports if name not in WITHOUT_NUMBERS)
        if self.pinned is None:
            return {package: installed(package) for package in packages}
        return {package: self.pinned.get(package, "") for package in packages}

    @classmethod
    def of_environments(cls, files: Sequence[Path]) -> Versions:
        """Return what the files of conda environments pin.

        A package that they pin to several versions has all of them as its version, and is mentioned in `mixed`.

        Raises:
            ConfigError: If they pin nothing.
        """
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for file in files:
            for match in _PIN.finditer(file.read_text(encoding="utf-8")):
                found[canonical(match["name"])][without_local(match["version"])].append(file.name)
        if not found:
            raise ConfigError(
                "The versions of the packages of conda environments are not known.",
                where=", ".join(map(str, files)) or "envs/",
                found="no pinned package",
                expected="lines such as `- numpy==2.4.6`",
                remedy="Restore the files from the repository.",
            )
        pinned = {package: "|".join(sorted(versions)) for package, versions in found.items()}
        mixed = [
            f"{package}: " + ", ".join(f"{version} in {' and '.join(where)}" for version, where in versions.items())
            for package, versions in sorted(found.items())
            if len(versions) > 1
        ]
        return cls(pinned, tuple(mixed))
