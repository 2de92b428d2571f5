"""Addresses: a result is named by a digest of everything that it depends on.

    address = first 12 hex digits of SHA-256 over the canonical JSON of
              {stage, settings it reads, fingerprint of the code it runs, versions of the packages that this code
               imports, addresses of its inputs}

The addresses form a Merkle tree whose leaves are digests of the data's bytes (or the recipe of synthetic data). A
changed setting changes the addresses downstream of it and no others; changing it back restores the old addresses, and
with them the old results.

The fingerprint of code covers a script and every library module that it imports, directly or indirectly. It is computed
from their syntax, without what changes no number (`snndeep.plan.syntax`), and is equal on all versions of Python. The
versions of packages are described in `snndeep.plan.versions`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from snndeep.plan.syntax import read_module
from snndeep.store.content import content_digest, state_of
from snndeep.store.files import sha256_of, write_json

LENGTH = 12
PACKAGE = "snndeep"
WORDS = tuple(f"{PACKAGE}/{name}.py" for name in ("console", "errors", "redaction"))
"""Modules that only say things: no fingerprint covers them."""
_DIGEST = re.compile("[0-9a-f]{64}")


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no white space: equal values give equal text.

    Raises:
        ValueError: If the value contains NaN or infinity.
        TypeError: If it contains something that JSON cannot express.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def address(stage: str, config: Any, code: str, versions: Mapping[str, str], inputs: Iterable[str]) -> str:
    """Return the address of a stage's output.

    Args:
        stage: Name of the stage.
        config: The settings that the stage reads, as JSON values.
        code: Fingerprint of the code that the stage runs.
        versions: By name, the versions of the packages that this code imports.
        inputs: Addresses of the stage's inputs, in order.
    """
    parts = {"stage": stage, "config": config, "code": code, "versions": dict(versions), "inputs": list(inputs)}
    return digest(parts)[:LENGTH]


def module_file(module: str) -> str:
    """Return the path of a library module relative to the scripts folder, from its dotted name."""
    return module.replace(".", "/") + ".py"


class CodeBase:
    """Fingerprints of the scripts and the library.

    Args:
        library: The folder that contains the package `snndeep`.
        locate: Returns where a script is, by its name; by default they are in the same folder.
    """

    def __init__(self, library: Path, locate: Callable[[str], Path] | None = None):
        self._library = Path(library)
        self._locate = locate or self._library.joinpath
        self._module = cache(self._read_module)
        self._closure = cache(self._follow_imports)
        self._digest = cache(lambda files: digest(sorted(self.closure(*files).items())))

    def fingerprint(self, *files: str) -> str:
        """Return one digest over the given files and every library module that they import, directly or indirectly.

        Args:
            *files: Paths relative to the scripts folder, for instance `train.py`, `snndeep/learning/bal.py`. A file that
                is not Python, such as the template of a page, enters with its bytes.
        """
        return self._digest(files)

    def closure(self, *files: str) -> dict[str, str]:
        """Return the digest of each file that `fingerprint` covers, by path."""
        return self._closure(files)[0]

    def packages(self, *files: str) -> tuple[str, ...]:
        """Return the top-level names of the outside packages that the given files import, directly or indirectly, sorted."""
        return self._closure(files)[1]

    def _follow_imports(self, files: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
        waiting = list(files)
        seen: dict[str, str] = {}
        packages: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in seen and name not in WORDS:
                seen[name], imports, outside = self._module(name)
                waiting += imports
                packages |= outside
        return seen, tuple(sorted(packages))

    def _read_module(self, name: str) -> tuple[str, frozenset[str], frozenset[str]]:
        """Return a file's digest, the library files that it imports, and the outside packages that it imports."""
        path = self._library / name if name.startswith(f"{PACKAGE}/") else self._locate(name)
        if not name.endswith(".py"):
            return sha256_of(path), frozenset(), frozenset()
        module = read_module(path.read_text(encoding="utf-8"), PACKAGE)
        files = frozenset(file for imported in module.imports for file in self._files_of(imported))
        roots = {imported.partition(".")[0] for imported in module.imports} - sys.stdlib_module_names - {PACKAGE}
        return hashlib.sha256(module.form.encode()).hexdigest(), files, frozenset(roots)

    def _files_of(self, imported: str) -> Iterator[str]:
        """Return the library files that run when a dotted name is imported."""
        parts = imported.split(".")
        if parts[0] != PACKAGE:
            return
        for depth in range(1, len(parts) + 1):
            for candidate in (Path(*parts[:depth], "__init__.py"), Path(*parts[:depth]).with_suffix(".py")):
                if (self._library / candidate).is_file():
                    yield candidate.as_posix()


class FileDigests:
    """SHA-256 of data files, cached by path, size, both times and inode; see `snndeep.store.content.state_of`.

    A file that is touched or copied is read again once; its digest, and so its address, stays the same.

    Args:
        cache_file: The JSON file that keeps the digests between runs.
    """

    def __init__(self, cache_file: Path):
        self._cache_file = Path(cache_file)
        self._known: dict[str, Any] = {}
        self._changed = False
        # A cache that cannot be read only costs time: every file is hashed again and the cache is rewritten.
        with contextlib.suppress(OSError, ValueError, RecursionError):
            loaded = json.loads(self._cache_file.read_text(encoding="utf-8"))
            self._known = dict(loaded) if isinstance(loaded, Mapping) else {}

    def of(self, path: Path) -> str:
        """Return the digest of a file's bytes or, for a folder, of the digests of its files in the order of their names.

        Subfolders and hidden files are ignored.

        Raises:
            OSError: If a file cannot be read.
        """
        return content_digest(Path(path).absolute(), self._of_file)

    def _of_file(self, path: Path) -> str:
        (state,) = state_of(path)
        entry = self._known.get(str(path))
        if isinstance(entry, list) and entry[:-1] == state and _DIGEST.fullmatch(str(entry[-1])):
            return str(entry[-1])
        found = sha256_of(path)
        # A file that was written to while it was read is read again the next time.
        if state_of(path) == [state]:
            self._known[str(path)] = [*state, found]
            self._changed = True
        return found

    def save(self) -> None:
        """Write the cache file if a digest is new."""
        if self._changed:
            write_json(self._cache_file, self._known)
            self._changed = False
