"""Write what follows from requirements.in, requirements.txt and the first pins of every environment in envs/.

`requirements-run.txt` is the part of requirements.txt that a run needs: what requirements.in lists before its checks, and
what that brings. An environment lists what its rules import, then, below a mark, all that this brings, as in the lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MARK = "      # What these bring, as in requirements.txt (make lock)."
HEAD = "# Made by make lock: the packages of requirements.txt that a run needs, without those of the checks."


def listed(text: str) -> Iterator[Requirement]:
    """Return the requirements of a file of lines, comments left out."""
    return (Requirement(line) for line in text.splitlines() if line and not line.startswith("#"))


def with_what_they_bring(wanted: Iterable[Requirement]) -> set[str]:
    """Return the canonical names of packages and of all that they require, as they are installed here."""
    waiting = [(canonicalize_name(item.name), frozenset(item.extras)) for item in wanted]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        entry = waiting.pop()
        if entry in seen:
            continue
        seen.add(entry)
        name, extras = entry
        try:
            needed = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        for item in needed:
            asked = [{"extra": extra} for extra in ("", *extras)]
            if item.marker is None or any(item.marker.evaluate(values) for values in asked):
                waiting.append((canonicalize_name(item.name), frozenset(item.extras)))
    return {name for name, _ in seen}


def runtime_lock() -> str:
    """Return the text of requirements-run.txt."""
    run_time = re.split(r"^# Checks$", (ROOT / "requirements.in").read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    return "\n".join([HEAD, *pins_of(with_what_they_bring(listed(run_time)))]) + "\n"


def pins_of(names: set[str]) -> list[str]:
    """Return the lines of the lock that pin the given packages."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in locked if "==" in line and canonicalize_name(line.partition("==")[0]) in names]


def environment(path: Path) -> str:
    """Return the text of an environment, with what its first pins bring."""
    own = path.read_text(encoding="utf-8").split(MARK)[0].rstrip().splitlines()
    direct = [Requirement(line.removeprefix("      - ")) for line in own if line.startswith("      - ")]
    brought = with_what_they_bring(direct) - {canonicalize_name(item.name) for item in direct}
    return "\n".join([*own, MARK, *(f"      - {pin}" for pin in pins_of(brought))]) + "\n"


def written() -> dict[Path, str]:
    """Return the text of every file that follows from the lock."""
    environments = {path: environment(path) for path in sorted((ROOT / "envs").glob("*.yaml"))}
    return {ROOT / "requirements-run.txt": runtime_lock(), **environments}


if __name__ == "__main__":
    for file, text in written().items():
        file.write_text(text, encoding="utf-8")
