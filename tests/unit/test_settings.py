"""Settings that check themselves, and what is generated from them."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import seaborn
from jsonschema import Draft202012Validator

from snndeep.errors import ConfigError
from snndeep.plan.configuration import complete, configuration_schema
from snndeep.plan.reference import reference_page, schema_text
from snndeep.plan.schema import schema_of
from snndeep.radiomics.documentation import names as feature_names
from snndeep.radiomics.documentation import page as features_page
from snndeep.radiomics.naming import NAMES
from snndeep.reporting.settings import PALETTES
from snndeep.settings import Settings, section, setting

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Inner(Settings):
    sizes: tuple[int, ...] = setting((1, 2), "Sizes.", least=1, min_items=1, unique=True)


@dataclass(frozen=True)
class Outer(Settings):
    key: ClassVar[str] = "outer"

    rate: float = setting(0.5, "A rate.", above=0, most=1)
    kind: str = setting("a", "A kind.", choices=("a", "b"))
    box: tuple[float, float] = setting((0.0, 1.0), "Two numbers.")
    inner: Inner = section(Inner, "More.")
    seed: int = 3


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"rate": 0}, "outer.rate"),
        ({"rate": 1.5}, "outer.rate"),
        ({"kind": "c"}, "outer.kind"),
        ({"inner": {"sizes": []}}, "sizes"),
        ({"inner": {"sizes": [2, 2]}}, "sizes"),
        ({"inner": {"sizes": [0]}}, "sizes"),
        ({"inner": {"size": [1]}}, "inner.size"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_class_and_schema_alike(values, where):
    with pytest.raises(ConfigError) as error:
        Outer.from_mapping(values)
    assert error.value.where == where
    assert not Draft202012Validator(schema_of(Outer)).is_valid(values)


def test_values_go_to_json_and_back():
    built = Outer.from_mapping({"rate": 1, "inner": {"sizes": [4]}, "seed": 9})
    assert built == Outer(rate=1.0, inner=Inner(sizes=(4,)), seed=9)
    assert isinstance(built.rate, float)
    assert Outer.from_mapping(built.to_mapping()) == built


def test_a_field_that_the_plan_hands_in_is_no_key():
    assert list(schema_of(Outer)["properties"]) == ["rate", "kind", "box", "inner"]
    assert schema_of(Outer)["properties"]["box"]["maxItems"] == 2


def test_the_written_schema_and_page_are_those_of_the_code():
    """`make reference` rewrites them."""
    assert (ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8") == schema_text()
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == reference_page()
    features = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    assert features == features_page(features)
    assert NAMES.read_text(encoding="utf-8") == feature_names()


def test_the_version_is_written_once():
    version = (ROOT / "scripts/snndeep/VERSION").read_text(encoding="utf-8").strip()
    assert f'version: "{version}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()


def test_the_command_writes_what_the_code_says(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("workflow/schemas", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "docs/features.md", tmp_path / "docs")
    (tmp_path / "CITATION.cff").write_text('title: "x"\nversion: "0"\n', encoding="utf-8")
    subprocess.run([sys.executable, tmp_path / "scripts/reference.py"], check=True)
    assert (tmp_path / "docs/configuration.md").read_text(encoding="utf-8") == reference_page()
    assert 'version: "0"' not in (tmp_path / "CITATION.cff").read_text(encoding="utf-8")


def test_the_schema_is_one():
    Draft202012Validator.check_schema(configuration_schema())


def space(**choices):
    return {"tuning": {"search_space": {"surrogate": choices}}}


@pytest.mark.parametrize(
    ("choices", "where", "text"),
    [
        ({"learning_rate": {"low": 0, "high": 1, "log": True}}, "learning_rate.low", "0"),
        ({"beta": {"low": 0.5, "high": 1.5}}, "beta.high", "maximum of 1"),
        ({"beta": {"low": 0.9, "high": 0.5}}, "beta", "low < high"),
        ({"adaptation": {"low": 0.0, "high": 1.0, "log": True}}, "adaptation", "low > 0"),
        ({"hidden": {"choices": [0, 8]}}, "hidden", "minimum of 1"),
        ({"hidden": {"low": 8, "high": 32.5}}, "hidden.high", "integer"),
        ({"hidden": {"choices": [[8, 8.5]]}}, "hidden", "integer"),
        ({"readout": {"low": 0, "high": 1}}, "readout", "choices"),
        ({"encoder": {"choices": ["rate"]}}, "encoder", "one of"),
        ({"lerning_rate": {"low": 0.1, "high": 0.2}}, "lerning_rate", "one of"),
    ],
)
def test_a_search_space_that_cannot_work_is_refused(choices, where, text):
    with pytest.raises(ConfigError) as error:
        complete(space(**choices))
    assert error.value.where == f"tuning.search_space.surrogate.{where}"
    assert text in error.value.expected


def test_a_search_space_takes_the_type_of_its_settings():
    config = complete(space(learning_rate={"choices": ["1e-3", 1]}, hidden={"low": 8, "high": 16}))
    searched = config["tuning"]["search_space"]["surrogate"]
    assert searched["learning_rate"] == {"choices": [0.001, 1.0]}
    assert searched["hidden"] == {"low": 8, "high": 16}
    config = complete(space(hidden={"low": 8.0, "high": 64}, batch_size={"choices": ["16", 32.0]}))
    searched = config["tuning"]["search_space"]["surrogate"]
    assert [type(searched["hidden"][end]) for end in ("low", "high")] == [int, int]
    assert [type(value) for value in searched["batch_size"]["choices"]] == [int, int]


@pytest.mark.parametrize(
    ("config", "where"),
    [
        (
            space(learning_rate={"low": 0.001, "high": float("inf"), "log": True}),
            "tuning.search_space.surrogate.learning_rate.high",
        ),
        ({"dataset": {"plausibility": {"spacing": [0.05, float("inf")]}}}, "dataset.plausibility.spacing"),
        ({"evaluation": {"top_share": [float("nan")]}}, "evaluation.top_share"),
    ],
)
def test_numbers_that_are_not_finite_are_refused(config, where):
    with pytest.raises(ConfigError) as error:
        complete(config)
    assert error.value.where.startswith(where)


def test_contradictions_between_settings_are_refused_before_any_work():
    for config, text in [
        ({"learning": {"tempotron": {"tau_s": 9.0}}}, "tau_s"),
        ({"features": {"resegmentation": [250, -150]}}, "resegmentation"),
        ({"dataset": {"labels": {"organ": [1, 2]}}}, "labels"),
    ]:
        with pytest.raises(ConfigError, match=text):
            complete(config)


@pytest.mark.parametrize("hidden", [128, [128, 64], "[128, 64]", "128"])
def test_hidden_layers_are_a_number_or_a_list(hidden):
    wanted = [128, 64] if "64" in str(hidden) else 128
    config = complete(
        {
            "learning": {"surrogate": {"hidden": hidden}},
            "tuning": {"search_space": {"surrogate": {"hidden": {"choices": [32, wanted]}}}},
        }
    )
    assert config["learning"]["surrogate"]["hidden"] == wanted
    assert config["tuning"]["search_space"]["surrogate"]["hidden"]["choices"] == [32, wanted]


@pytest.mark.parametrize("hidden", [0, [], [64, 0], "many", [64, [32]]])
def test_hidden_layers_that_cannot_be_are_refused(hidden):
    with pytest.raises(ConfigError, match="hidden"):
        complete({"learning": {"surrogate": {"hidden": hidden}}})


def test_a_run_may_have_a_number_for_a_name():
    assert complete({"run": 20240501})["run"] == "20240501"
    assert (
        complete({"learning": {"surrogate": {"learning_rate": "1e-3"}}})["learning"]["surrogate"]["learning_rate"]
        == 1e-3
    )


@pytest.mark.parametrize(
    ("space", "where"),
    [
        ({"surrogate": {"learning_rate": {"low": 0, "high": 0.1, "log": True}}}, "surrogate.learning_rate"),
        ({"surrogate": {"hidden": {"low": 8, "high": 32.5}}}, "surrogate.hidden"),
        ({"surrogate": {"hidden": {"choices": [0, 8]}}}, "surrogate.hidden"),
        ({"surrogate": {"hidden": {"choices": [[8], [16, 0]]}}}, "surrogate.hidden"),
        ({"surrogate": {"beta": {"low": 0.5, "high": 1.5}}}, "surrogate.beta"),
        ({"tempotron": {"tau_s": {"low": 5, "high": 30}, "tau_m": {"low": 3, "high": 10}}}, "tempotron"),
        ({"tempotron": {"tau_s": {"choices": [1.0, 9.0]}}}, "tempotron"),
    ],
)
def test_a_search_space_that_cannot_work_is_refused_before_any_work(space, where):
    with pytest.raises(ConfigError, match=rf"tuning\.search_space\.{where}"):
        complete({"tuning": {"search_space": space}})


def test_numbers_as_text_are_the_numbers():
    space = {"surrogate": {"learning_rate": {"choices": ["1e-3", "3e-3"]}}}
    config = complete({"tuning": {"search_space": space}})
    assert config["tuning"]["search_space"]["surrogate"]["learning_rate"]["choices"] == [0.001, 0.003]


@pytest.mark.parametrize("name", PALETTES)
def test_every_palette_is_known_to_seaborn(name):
    assert len(seaborn.color_palette(name, 6)) == 6


def test_a_palette_that_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match=r"report\.palette"):
        complete({"report": {"palette": "rainbowish"}})
