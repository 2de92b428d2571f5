"""The names of models, backends and learning rules in text."""

from __future__ import annotations

from collections.abc import Sequence

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.learning.registry import RULES, load_rule

BASELINE_TITLES = {
    "constant": "Constant",
    "dense": "Dense network",
    "logistic": "Logistic regression",
    "svm": "Support vector machine",
    "extra_trees": "Extremely randomised trees",
    "boosting": "Gradient boosting",
    "area": "Slice area alone",
    "geometry": "Geometry alone",
    "slice_count": "Slice count alone",
    "acquisition": "Acquisition alone",
    "image_geometry": "Features and geometry",
}


def title_of(model: str) -> str:
    """Return the name of a model in text, for instance `snnTorch, Tempotron`."""
    backend, slash, rule = model.partition("/")
    if not slash:
        return BASELINE_TITLES.get(model, model)
    return f"{backend_title(backend)}, {rule_title(rule)}"


def backend_title(backend: str) -> str:
    """Return the name of a backend in text; an unregistered backend keeps its name."""
    return load_backend(backend).label if backend in BACKENDS else backend


def rule_title(rule: str) -> str:
    """Return the name of a learning rule in text; an unregistered rule keeps its name."""
    return load_rule(rule).label if rule in RULES else rule


def glossary(rules: Sequence[str], backends: Sequence[str]) -> dict[str, str]:
    """Return the words of a report and their meaning.

    Args:
        rules: Names of the learning rules in use.
        backends: Names of the backends in use.
    """
    words = {
        "ROC-AUC": "the probability that a diseased patient (or slice) scores above a healthy one; 0.5 is chance, 1 is perfect"
    }
    words |= {
        rule_title(name): load_rule(name).in_words for name in rules if name in RULES and load_rule(name).in_words
    }
    listed = ", ".join(backend_title(name) for name in backends)
    return words | {"Backend": f"a library that computes the same network ({listed})"}
