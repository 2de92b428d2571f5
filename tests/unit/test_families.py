"""The families: members are named by their registries alone, and a module of a registry holds what it should."""

import ast
import re
from pathlib import Path

import pytest

from snndeep.backends.registry import BACKENDS
from snndeep.errors import ConfigError, InvalidInputError
from snndeep.learning.registry import RULES
from snndeep.radiomics.families import FAMILIES
from snndeep.registry import import_member
from snndeep.spikes.encoders.registry import ENCODERS

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
MEMBERS = {**BACKENDS, **RULES, **ENCODERS}
NAMES = {*MEMBERS, *FAMILIES}
# Words that mean other things too; as a part of an identifier they do not count, as a whole text they do.
ORDINARY = {"custom", "rate", "surrogate", "latency", "population"}
REGISTRIES = {
    "snndeep/backends/registry.py",
    "snndeep/learning/registry.py",
    "snndeep/spikes/encoders/registry.py",
    "snndeep/radiomics/families.py",
}
# What has the name of a member and is something else.
OTHERS = {
    ("snndeep/backends/base.py", "surrogate"): "the neuron's setting",
    ("snndeep/reporting/figures/spikes.py", "rate"): "a column, spikes per step",
    ("snndeep/deployment/nir_export.py", "snntorch"): "a reader of NIR",
    ("snndeep/deployment/nir_export.py", "spikingjelly"): "a reader of NIR",
    ("snndeep/deployment/reference.py", "intensity_statistics"): "the feature that holds a mean in HU",
}
IMPORTS = {
    # A member may build on another one of its family; a module that only one member uses is part of that member.
    ("snndeep/learning/bal.py", "surrogate"),
    ("snndeep/learning/eprop.py", "surrogate"),
    ("snndeep/spikes/encoders/population.py", "latency"),
}


def module_of(name: str) -> str:
    return MEMBERS.get(name, f"snndeep.radiomics.{name}").replace(".", "/") + ".py"


def parts_of(text: str) -> set[str]:
    """Return the parts of a text that is a name or a path, such as `learning.bal.` or `custom/`; of a sentence none."""
    return set(re.split(r"[./]", text)) if re.fullmatch(r"[\w./{}-]+", text) else set()


def named(path: Path) -> set[str]:
    """Return the members that a Python file names in texts, imports and identifiers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= parts_of(node.value)
        elif isinstance(node, ast.ImportFrom) and node.module:
            places = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            found |= {name for name, module in MEMBERS.items() if module in places}
        else:
            for field in ("id", "attr", "arg", "name"):
                identifier = getattr(node, field, None)
                if isinstance(identifier, str):
                    found |= set(identifier.lower().split("_")) - ORDINARY
    return found & NAMES


def files() -> list[str]:
    return sorted(path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.py"))


@pytest.mark.parametrize("file", files())
def test_no_member_is_named_outside_its_module(file):
    if file in REGISTRIES or file.startswith("snndeep/radiomics/"):
        return
    own = {name for name in NAMES if module_of(name) == file}
    strangers = named(SCRIPTS / file) - own
    strangers -= {name for place, name in OTHERS if place == file}
    strangers -= {name for place, name in IMPORTS if place == file}
    assert not strangers, f"{file} names {', '.join(sorted(strangers))}; ask the member instead, see CONTRIBUTING.md"


def test_no_member_is_named_in_rules_and_pages():
    patterns = ("workflow/rules/*.smk", "Snakefile", "scripts/**/*.jinja", "scripts/**/*.js")
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        texts = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", text)
        # An environment may hold more than the backend that it is named after.
        spoken = [own for pair in texts for own in pair if not own.startswith("../../envs/")]
        found = {name for own in spoken for name in parts_of(own) & NAMES}
        assert not found, f"{path.relative_to(ROOT)} names {', '.join(sorted(found))}"


def test_the_search_for_names_finds_them(tmp_path):
    file = tmp_path / "script.py"
    for text in (
        "kind = 'tempotron'", "f'{x}custom/'", "d = {'population': 1}", "from snndeep.learning.bal import RULE",
        "from snndeep.learning import bal", "class BalSettings_bal: pass", "config['learning.surrogate.beta']",
        "def _tempotron(s): pass",
    ):  # fmt: skip
        file.write_text(text)
        assert named(file), text
    for text in ("'the learning rate'", "learning_rate = 1", "'custom engine, compiled'", "surrogate = 3"):
        file.write_text(text)
        assert not named(file), text


def test_an_unknown_member():
    with pytest.raises(ConfigError, match=r"(?s)learning rule does not exist.*one of surrogate, tempotron"):
        import_member("learning rule", RULES, "hebb", "RULE", object)


def test_a_module_that_holds_no_member():
    with pytest.raises(InvalidInputError, match=r"(?s)does not define a backend.*snndeep.errors.BACKEND"):
        import_member("backend", {"wrong": "snndeep.errors"}, "wrong", "BACKEND", int)
