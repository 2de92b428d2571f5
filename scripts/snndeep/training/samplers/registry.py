"""The list of samplers. To add one: write a module with a `Sampler` named SAMPLER and add a line here.

This module needs no Optuna, because planning reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snndeep.registry import import_member

if TYPE_CHECKING:
    from snndeep.training.samplers.base import Sampler

SAMPLERS = {
    "tpe": "snndeep.training.samplers.tpe",
    "tpe_independent": "snndeep.training.samplers.tpe_independent",
    "gp": "snndeep.training.samplers.gp",
    "random": "snndeep.training.samplers.random",
}


def load_sampler(name: str) -> Sampler:
    """Import a sampler and return it.

    Raises:
        ConfigError: If there is no sampler of that name.
    """
    from snndeep.training.samplers.base import Sampler

    sampler: Sampler = import_member("sampler", SAMPLERS, name, "SAMPLER", Sampler)
    return sampler
