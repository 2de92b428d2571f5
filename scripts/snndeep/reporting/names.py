"""The names of models, backends and learning rules in text."""

from __future__ import annotations

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.learning.registry import RULES, load_rule

BASELINE_TITLES = {
    "constant": "Constant",
    "dense": "Dense network",
    "logistic": "Logistic regression",
    "boosting": "Gradient boosting",
    "area": "Slice area alone",
    "acquisition": "Acquisition alone",
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
