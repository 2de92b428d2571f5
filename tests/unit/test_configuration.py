from pathlib import Path

import pytest
import yaml

from snndeep.errors import ConfigError
from snndeep.labels import MaskLabels
from snndeep.learning.registry import RULES, load_rule
from snndeep.plan.configuration import complete, configuration_schema
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.fit_preprocessing import PreprocessingSettings
from snndeep.spikes.encoders.registry import ENCODERS, encoder_class

ROOT = Path(__file__).parents[2]
SCHEMA = configuration_schema()


def test_an_empty_configuration_is_complete():
    config = complete({})
    assert config["dataset"]["source"] == "phantom"
    assert config["tuning"]["search_space"]["tempotron"]


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_configurations_are_valid(path):
    complete(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_what_is_given_is_kept_and_the_input_is_not_changed():
    given = {"splits": {"folds": 4}}
    config = complete(given)
    assert config["splits"]["folds"] == 4
    assert config["splits"]["protocols"] == ["patient", "slice"]
    assert given == {"splits": {"folds": 4}}
    config["tuning"]["search_space"]["bal"].clear()
    assert complete({})["tuning"]["search_space"]["bal"]


def test_sections_make_settings():
    config = complete({})
    FeatureSettings(**config["features"])
    MaskLabels(**config["dataset"]["labels"])
    PreprocessingSettings(**config["preprocessing"])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_the_defaults_of_the_schema(name):
    config, rule = complete({}), load_rule(name)
    assert config["learning"][name] == {"encoder": rule.encoder, **rule.settings().to_mapping()}
    assert config["tuning"]["search_space"][name] == rule.search_space


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_has_the_defaults_of_the_schema(name):
    config = complete({})
    assert config["encoders"][name] == encoder_class(name)().to_mapping()


def test_numbers_from_the_command_line_come_as_text():
    given = {"splits": {"folds": "4"}, "dataset": {"phantom": {"shape": ["64", "64", "16"]}}, "seed": "9"}
    config = complete(given)
    assert config["splits"]["folds"] == 4
    assert config["dataset"]["phantom"]["shape"] == [64, 64, 16]
    assert config["seed"] == 9


def described(schema, path=""):
    for name, sub in schema.get("properties", {}).items():
        where = f"{path}.{name}"
        if "properties" in sub:
            yield from described(sub, where)
        else:
            yield where, sub


def test_every_key_is_described_and_has_a_default():
    for where, sub in described(SCHEMA):
        assert sub.get("description"), where
        assert "default" in sub, where


@pytest.mark.parametrize(
    ("config", "texts"),
    [
        ({"tunning": {}}, ["tunning", "Did you mean 'tuning'"]),
        ({"learning": {"bal": {"beta": 1.0}}}, ["learning.bal.beta", "less than 1"]),
        ({"dataset": 3}, ["dataset", "a mapping"]),
        ({"run": "../x"}, ["run", "matches"]),
        ({"dataset": {"phantom": {"shape": [64, 64]}}}, ["dataset.phantom.shape", "at least 3"]),
    ],
)
def test_messages(config, texts):
    with pytest.raises(ConfigError) as error:
        complete(config)
    for text in texts:
        assert text in str(error.value)
