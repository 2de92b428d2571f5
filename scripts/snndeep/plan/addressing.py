"""Addresses: a result is named by a digest of everything that it depends on.

    address = first 12 hex digits of SHA-256 over the canonical JSON of
              {stage, settings it reads, fingerprint of the code it runs, addresses of its inputs}

The addresses form a Merkle tree whose leaves are digests of the data's bytes (or the recipe of synthetic data). A
changed setting changes the addresses downstream of it and no others; changing it back restores the old addresses, and
with them the old results.

The fingerprint of code is computed from its syntax tree without docstrings, over a script and every library module that
it imports, directly or indirectly. Comments and layout are not in the tree, so editing them re-runs nothing.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from snndeep.store.content import content_digest, state_of
from snndeep.store.files import sha256_of, write_json

LENGTH = 12
PACKAGE = "snndeep"
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


def address(stage: str, config: Any, code: str, inputs: Iterable[str]) -> str:
    """Return the address of a stage's output.

    Args:
        stage: Name of the stage.
        config: The settings that the stage reads, as JSON values.
        code: Fingerprint of the code that the stage runs.
        inputs: Addresses of the stage's inputs, in order.
    """
    return digest({"stage": stage, "config": config, "code": code, "inputs": list(inputs)})[:LENGTH]


def strip_docstrings(tree: ast.AST) -> ast.AST:
    """Remove the docstrings from a syntax tree in place and return the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


class CodeBase:
    """Fingerprints of the scripts and the library in one folder.

    Args:
        scripts: The folder that contains the scripts and the package `snndeep`.
    """

    def __init__(self, scripts: Path):
        self._scripts = Path(scripts)
        self._module = cache(self._read_module)
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
        waiting = list(files)
        seen: dict[str, str] = {}
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen[name], imports = self._module(name)
                waiting += imports
        return seen

    def _read_module(self, name: str) -> tuple[str, tuple[str, ...]]:
        if not name.endswith(".py"):
            return sha256_of(self._scripts / name), ()
        tree = strip_docstrings(ast.parse((self._scripts / name).read_text(encoding="utf-8")))
        text = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
        return text, tuple(sorted(self._library_imports(tree)))

    def _library_imports(self, tree: ast.AST) -> set[str]:
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                # `from snndeep.a import b`: b may be a module of its own or a name inside a.
                names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        files: set[str] = set()
        for name in names:
            parts = name.split(".")
            if parts[0] != PACKAGE:
                continue
            for depth in range(1, len(parts) + 1):
                for candidate in (Path(*parts[:depth], "__init__.py"), Path(*parts[:depth]).with_suffix(".py")):
                    if (self._scripts / candidate).is_file():
                        files.add(candidate.as_posix())
        return files


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
