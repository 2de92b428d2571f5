"""Mistakes in a configuration as people make them, each with the first line of the answer, and the place of the mistake."""

import re
from pathlib import Path

import pytest
import yaml

from snndeep.console import command
from snndeep.errors import SNNDeepError
from snndeep.plan.command_line import as_typed, check_command_line
from snndeep.plan.configuration import complete
from snndeep.plan.configuration_file import located

INVALID = "A value in the configuration is invalid."
UNKNOWN = "The configuration has an unknown key."
# What a person wrote into mine.yaml (None: there is no such file) and after `--config`, the first line of the answer, and what
# else it says.
MISTAKES = {
    "twice": ("run: a\nsplits: {folds: 3}\nsplits:\n  repeats: 2\n", [], "The key splits is there twice.", ["lines 2 and 3"]),
    "twice below": ("splits:\n  folds: 3\n  folds: 4\n", [], "The key splits.folds is there twice.", ["lines 2 and 3"]),
    "tab": ("run: a\nsplits:\n\tfolds: 3\n", [], "The configuration file is indented with a tab.", ["mine.yaml, line 3"]),
    "tab after spaces": (
        "splits:\n  \tfolds: 3\n", [], "The configuration file is indented with a tab.", ["mine.yaml, line 2", "spaces"],
    ),
    "backslash": (
        'dataset:\n  path: "C:\\data"\n', [], "A backslash in double quotes begins a special character.",
        ["mine.yaml, line 2", "'C:\\data'"],
    ),
    "hexadecimal": (
        'dataset:\n  path: "C:\\xrays"\n', [], "A backslash in double quotes begins a special character.", ["line 2"],
    ),
    "indentation": (
        "splits:\n    folds: 3\n  repeats: 2\n", [],
        "The configuration file is not YAML; often the indentation is wrong.",
        ["mine.yaml, line 3", "repeats: 2", "same column"],
    ),
    "bracket": (
        "run: a\nmodels: {backends: [custom}\n", [],
        "A bracket or a quote is not closed.",
        ["mine.yaml, line 2", "[custom}"],
    ),
    "two keys on a line": (
        "run: a seed: 3\n", [],
        "The configuration file is not YAML; often the indentation is wrong.",
        ["mine.yaml, line 1", "one key on a line"],
    ),
    "not indented": ("run: a\nsplits:\nfolds: 3\n", [], UNKNOWN, ["folds (mine.yaml, line 3)", "Did you mean splits.folds?"]),
    "nothing in a section": ("splits:\n", [], INVALID, ["splits (mine.yaml, line 1)", "nothing", "a mapping"]),
    "no keys": ("just a sentence\n", [], "The configuration file mine.yaml does not hold keys and values.", ["line 1"]),
    "a list": ("- run: a\n", [], "The configuration file mine.yaml does not hold keys and values.", ["- run: a"]),
    "empty": ("", [], "The configuration file mine.yaml does not hold keys and values.", ["an empty file"]),
    "no such file": (None, [], "The configuration file mine.yaml does not exist.", ["Did you mean mime.yaml?"]),
    "misspelt key": ("sead: 1\n", [], UNKNOWN, ["sead (mine.yaml, line 1)", "Did you mean 'seed'?"]),
    "misspelt below": ("run: a\nsplits:\n  fold: 3\n", [], UNKNOWN, ["splits.fold (mine.yaml, line 3)", "'folds'"]),
    "word for a number": (
        "splits:\n  folds: three\n", [], INVALID, ["splits.folds (mine.yaml, line 2)", 'the text "three"', "a whole number"],
    ),
    "number for a mapping": ("dataset: 3\n", [], INVALID, ["dataset (mine.yaml, line 1)", "a mapping, such as {key: value}"]),
    "text for a list": (
        "models:\n  backends: custom\n", [], INVALID, ["models.backends (mine.yaml, line 2)", "a list, such as [a, b]"],
    ),
    "fraction of a fold": ("splits: {folds: 2.5}\n", [], INVALID, ["splits.folds", "2.5", "a whole number"]),
    "neither true nor false": ("durable: perhaps\n", [], INVALID, ['the text "perhaps"', "true or false"]),
    "out of range": ("splits: {validation_fraction: 2}\n", [], INVALID, ["splits.validation_fraction", "2.0"]),
    "no such choice": ("dataset: {source: dicom}\n", [], INVALID, ["one of phantom, directory, msd"]),
    "name of a run": ("run: ../x\n", [], INVALID, ["run (mine.yaml, line 1)", "matches"]),
    "list as a range": (
        "tuning:\n  search_space:\n    bal:\n      beta: [0.5, 0.9]\n", [], INVALID,
        ["tuning.search_space.bal.beta (mine.yaml, line 4)", "{low: ..., high: ...} or {choices: ...}"],
    ),
    "not finite": ("learning: {bal: {learning_rate: .inf}}\n", [], INVALID, ["a finite number"]),
    "contradiction": (
        "learning:\n  tempotron:\n    tau_s: 9.0\n", [], "The Tempotron's time constants are impossible.", ["tau_s < tau_m"],
    ),
    "no such protocol": ("splits: {protocols: [scan]}\n", [], INVALID, ["splits.protocols", "patient, slice"]),
    "no such backend": ("models: {backends: [brian]}\n", [], INVALID, ["models.backends", "custom"]),
    "label of two things": (
        "dataset: {labels: {organ: [1], lesion: [1]}}\n", [], "The labels of the masks are impossible.", ["dataset.labels"],
    ),
    "setting that is not there": (
        "tuning: {search_space: {tempotron: {taum: {low: 1, high: 2}}}}\n", [],
        "The search space names a setting that the learning rule does not have.", ["taum (mine.yaml, line 1)", "tau_m"],
    ),
    "range upside down": (
        "tuning: {search_space: {bal: {beta: {low: 0.9, high: 0.2}}}}\n", [],
        "A range in the search space is invalid.", ["tuning.search_space.bal.beta", "low < high"],
    ),
    "on the command line": ("run: a\n", ["splits={folds: x}"], INVALID, ["splits.folds (--config)", 'the text "x"']),
    "open quote": ("run: 'a\nseed: 3\n", [], "A bracket or a quote is not closed.", ["mine.yaml, line"]),
    "control character": (
        "run: a\nseed: \x01\n", [], "The configuration file mine.yaml holds a character that YAML does not allow.", ["line 2"],
    ),
}  # fmt: skip


def answer(typed: list[str]) -> str:
    """Return what is answered to a configuration, as the profile and the workflow check it."""
    with pytest.raises(SystemExit) as ended:
        check_command_line(["--cores", "1", "--configfile", "mine.yaml"])
        with command():
            written = yaml.safe_load(Path("mine.yaml").read_text(encoding="utf-8"))
            entries = {key: yaml.load(text, yaml.BaseLoader) for key, _, text in (e.partition("=") for e in typed)}
            try:
                complete(as_typed({**written, **entries}, typed))
            except SNNDeepError as error:
                raise located(error, [Path("mine.yaml")], typed) from error
    return str(ended.value)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_in_plain_words(name, tmp_path, monkeypatch):
    content, typed, first, others = MISTAKES[name]
    monkeypatch.chdir(tmp_path)
    Path("mime.yaml").touch()
    if content is not None:
        Path("mine.yaml").write_text(content, encoding="utf-8")
    said = answer(typed)
    assert said.splitlines()[0] == first
    for text in others:
        assert text in said, said
    assert not re.search(r"Traceback|WorkflowError|type array|object", said)


@pytest.mark.parametrize(
    "content",
    [
        "learning: {surrogate: {learning_rate: 1e-3}}\n",
        "run: 2024\n",
        "\ufeffrun: a\n",
        "a: &x {folds: 2}\nsplits:\n  <<: *x\n",
        "run: 'C:\\data'\n",
    ],
)
def test_what_is_no_mistake_in_a_file_is_none(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(content, encoding="utf-8")
    check_command_line(["--configfile", "mine.yaml"])


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ('{"run": "a", "run": "b"}', "The key run is there twice."),
        ('{"run": "a",}', "The configuration file mine.json is not JSON."),
        ("[1]", "The configuration file mine.json does not hold keys and values."),
    ],
)
def test_json_is_checked_too(content, first, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.json").write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match=f"^{re.escape(first)}"):
        check_command_line(["--configfile", "mine.json"])
    Path("mine.json").write_text('{"run": "a"}', encoding="utf-8")
    check_command_line(["--configfile", "mine.json"])


def test_latin_1_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_bytes("run: M\u00fcller\n".encode("latin-1"))
    with pytest.raises(SystemExit, match=r"^The configuration file mine\.yaml is not text in UTF-8\."):
        check_command_line(["--configfile", "mine.yaml"])
