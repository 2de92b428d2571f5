"""Files of configuration, read strictly: a mistake in one is answered with its file and line.

Snakemake reads them too, and of a mistake says neither. It also takes the last of two equal keys without a word.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from snndeep.errors import ConfigError, SNNDeepError, refusal

_KEY = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
_TEMPLATE = "__use_yte__"
IN_WORDS = {
    "<block end>": "a line that begins in the column of the keys of its section",
    "mapping values are not allowed": "one key on a line, or a value in quotes where it holds a colon",
    "could not find expected ':'": "`key: value`",
}
UNCLOSED = ("expected ',' or", "end of stream", "quoted scalar", "flow ")


def check_file(path: Path) -> None:
    """Check that a file of configuration can be read: YAML or JSON, keys at the top, no key twice.

    Raises:
        ConfigError: If it cannot, with the line of the mistake.
        StorageError: If the operating system refuses to read it.
    """
    text = _text_of(path)
    if _TEMPLATE in text:
        return  # a template, which Snakemake fills in first
    if path.suffix == ".json":
        _check_json(path, text)
        return
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    except yaml.YAMLError:
        raise _explained(path, text) from None
    if not isinstance(node, yaml.MappingNode):
        raise _not_keys(path, text)
    _refuse_twice(path, node, "")


def located(error: SNNDeepError, files: Sequence[Path], typed: Sequence[str] = ()) -> SNNDeepError:
    """Return an error about a key of the configuration with the file and the line of that key, where a file has it.

    Args:
        error: An error whose `where` is the dotted name of a key.
        files: The files of configuration, the later ones over the earlier ones.
        typed: What was typed after `--config`, as `key=value`; it comes before all files.
    """
    names = error.where.split(".")
    if not _KEY.fullmatch(error.where):
        return error
    if names[0] in {entry.partition("=")[0] for entry in typed}:
        return _with_where(error, f"{error.where} (--config)")
    lines = ((path, _line_of(path, names)) for path in reversed(files))
    return next(
        (_with_where(error, f"{error.where} ({_short(path)}, line {line})") for path, line in lines if line), error
    )


def _short(path: Path) -> Path:
    """Return a path as a person in the working directory writes it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _with_where(error: SNNDeepError, where: str) -> SNNDeepError:
    return type(error)(error.what, where=where, found=error.found, expected=error.expected, remedy=error.remedy)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, [other.name for other in path.parent.glob("*.y*ml")], n=1)
        raise ConfigError(
            f"The configuration file {path} does not exist.",
            where="--configfile",
            found=f"no such file in {path.parent.resolve()}",
            remedy=f"Did you mean {path.parent / near[0]}?" if near else "Check the name and the folder.",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The configuration file {path} is not text in UTF-8.",
            where=f"{path}, byte {error.start}",
            remedy="Save it as UTF-8 in the editor.",
        ) from None
    except OSError as error:
        raise refusal(error, path) from error


def _not_keys(path: Path, text: str) -> ConfigError:
    return ConfigError(
        f"The configuration file {path} does not hold keys and values.",
        where=f"{path}, line 1",
        found=text.strip().splitlines()[0][:80] if text.strip() else "an empty file",
        expected="for instance `run: mine`",
        remedy="docs/configuration.md lists the keys.",
    )


def _check_json(path: Path, text: str) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _twice(path, twice, [n for n, line in enumerate(text.splitlines(), 1) if f'"{twice}"' in line])
        return dict(pairs)

    try:
        content = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"The configuration file {path} is not JSON.",
            where=f"{path}, line {error.lineno}",
            found=_line(text, error.lineno),
            expected=error.msg,
        ) from None
    if not isinstance(content, dict):
        raise _not_keys(path, text)


def _explained(path: Path, text: str) -> ConfigError:
    """Return what is wrong with a text that is not YAML, as the slower reader with the better marks sees it."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        number = mark.line + 1 if mark else 1
        return _of_kind(path, text, number, str(error.problem or error.context or ""))
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        return ConfigError(
            f"The configuration file {path} holds a character that YAML does not allow.",
            where=f"{path}, line {number}",
            found=f"the character with the number {ord(error.character)}" if isinstance(error.character, str) else "",
            remedy="Delete it.",
        )
    return ConfigError(f"The configuration file {path} is not YAML.", where=str(path))


def _of_kind(path: Path, text: str, number: int, problem: str) -> ConfigError:
    lines = text.splitlines()
    tabs = [n for n, line in enumerate(lines[: number + 1], 1) if "\t" in line[: len(line) - len(line.lstrip())]]
    if tabs:
        return ConfigError(
            "The configuration file is indented with a tab.",
            where=f"{path}, line {tabs[0]}",
            found=repr(lines[tabs[0] - 1]),
            expected="spaces",
            remedy="Replace the tab by spaces, two for each level.",
        )
    if "escape character" in problem or "hexadecimal" in problem:
        return ConfigError(
            "A backslash in double quotes begins a special character.",
            where=f"{path}, line {number}",
            found=_line(text, number),
            expected="single quotes, or no quotes",
            remedy=f"Write {_line(text, number).replace(chr(34), chr(39))}",
        )
    if any(words in problem for words in UNCLOSED):
        return ConfigError(
            "A bracket or a quote is not closed.",
            where=f"{path}, line {number}",
            found=_line(text, number),
            remedy="Close what is open on this line or above it.",
        )
    # A mistake in the indentation is often only noticed on the line after it.
    return ConfigError(
        "The configuration file is not YAML; often the indentation is wrong.",
        where=f"{path}, line {number}",
        found=_line(text, number),
        expected=next((words for jargon, words in IN_WORDS.items() if jargon in problem), problem),
        remedy="Keys of one section begin in the same column, and those of a section within it two further to the right.",
    )


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip()[:80] if 0 < number <= len(lines) else "the end of the file"


def _refuse_twice(path: Path, node: yaml.Node, within: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twice(path, item, within)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen and name != "<<":
            raise _twice(path, f"{within}{name}", [seen[name], line])
        seen[name] = line
        _refuse_twice(path, value, f"{within}{name}.")


def _twice(path: Path, name: str, lines: Sequence[int]) -> ConfigError:
    return ConfigError(
        f"The key {name} is there twice.",
        where=f"{path}, lines {' and '.join(map(str, lines))}",
        expected="each key once; the second would silently replace the first",
        remedy="Put what belongs to it under one of them, and remove the other.",
    )


def _line_of(path: Path, names: Sequence[str]) -> int:
    """Return the line of a key in a file of configuration; 0 if it does not have it."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return 0
    line = 0
    for name in names:
        found = next((pair for pair in _pairs(node) if str(pair[0].value) == name), None)
        if found is None:
            return 0
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from node.value
