"""How backends, learning rules and models are called in text."""

from __future__ import annotations

RULE_TITLES = {"surrogate": "Surrogate gradient", "tempotron": "Tempotron", "bal": "BAL"}
BACKEND_TITLES = {"custom": "Custom", "snntorch": "snnTorch", "spikingjelly": "SpikingJelly"}
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
    """Return how a model is called in text, for instance `snnTorch, Tempotron`."""
    backend, slash, rule = model.partition("/")
    if not slash:
        return BASELINE_TITLES.get(model, model)
    return f"{BACKEND_TITLES.get(backend, backend)}, {RULE_TITLES.get(rule, rule)}"


def backend_title(backend: str) -> str:
    """Return how a backend is called in text."""
    return BACKEND_TITLES.get(backend, backend)


def rule_title(rule: str) -> str:
    """Return how a learning rule is called in text."""
    return RULE_TITLES.get(rule, rule)
