"""Trained networks as `.nir` files, which simulators and neuromorphic hardware read; see `snndeep.learning.nir_graphs`.

What a graph takes are the spikes of the encoder, one step per `DT`. What it gives and how a score is read from it is the
learning rule's business (`LearningRule.to_nir`) and is written into the file's metadata.

Readers take different parts of NIR. `obstacles` says which reader cannot take a graph and why; a test compares its answers
with what the readers do.
"""

from __future__ import annotations

from pathlib import Path

import nir
import numpy as np

from snndeep.deployment.model_file import FoldModel, ModelFile
from snndeep.errors import ConfigError
from snndeep.learning.nir_graphs import DT
from snndeep.learning.registry import load_rule
from snndeep.store.files import replacing

READERS = {"norse": "Norse", "snntorch": "snnTorch", "spikingjelly": "SpikingJelly"}
LEAKY = "it refuses leaky integrators (NIR's LI)"
PASSED_OVER = "it leaves out leaky integrators (NIR's LI) without a message"
DECAYS = "it takes one time constant for all neurons, these learned their own (learn_beta)"
SCALED = "it takes one threshold for all neurons; with learned time constants (learn_beta) each has its own here"
THRESHOLDS = "it takes one threshold for all neurons, these learned their own (learn_threshold)"
MEMORYLESS = "it refuses neurons without memory (beta 0)"


def obstacles(graph: nir.NIRGraph) -> dict[str, str]:
    """Return by reader, a key of `READERS`, why it cannot take a graph; the readers left out give the same spikes."""
    nodes = list(graph.nodes.values())
    spiking = [node for node in nodes if isinstance(node, nir.LIF)]
    if any(isinstance(node, nir.LI) for node in nodes):
        return {"norse": PASSED_OVER, "snntorch": LEAKY, "spikingjelly": LEAKY}
    found: dict[str, str] = {}
    if any(np.unique(node.tau).size > 1 for node in spiking):
        found |= {"snntorch": SCALED, "spikingjelly": DECAYS}
    elif any(np.unique(node.v_threshold).size > 1 for node in spiking):
        found |= {"snntorch": THRESHOLDS, "spikingjelly": THRESHOLDS}
    elif any((node.tau <= DT).any() for node in spiking):
        found["spikingjelly"] = MEMORYLESS
    return found


def describe_readers(graph: nir.NIRGraph) -> str:
    """Return in words which readers take a graph and why others do not."""
    unable = obstacles(graph)
    able = [label for name, label in READERS.items() if name not in unable]
    taken = f"read by {', '.join(able)}" if able else "read by none of " + ", ".join(READERS.values())
    return "; ".join([taken, *(f"not by {READERS[name]}: {why}" for name, why in unable.items())])


def member_graph(model: ModelFile, member: FoldModel, hidden_only: bool = False) -> nir.NIRGraph:
    """Return the model of one split in NIR.

    Args:
        model: What its members have in common.
        member: The model of a split.
        hidden_only: End with the spikes of the hidden neurons.

    Raises:
        ConfigError: If NIR cannot express the model, or hidden neurons are asked for and it has none.
    """
    rule = load_rule(model.rule)
    if hidden_only and not rule.has_hidden:
        raise ConfigError(
            f"A model of the rule {rule.name} has no hidden neurons.",
            where=model.name,
            expected="a model that has hidden neurons, or an export of the whole model",
            remedy="Leave out --hidden-only.",
        )
    graph = rule.to_nir(rule.settings.from_mapping(member.settings), member.parameters, hidden_only)
    graph.metadata = {
        "made_by": "SNNDeep",
        "model": model.name,
        "split": member.split,
        "encoder": model.encoder,
        "dt": f"{DT:g}",
        **graph.metadata,
        "threshold": f"{member.slices.threshold!r}",
        "readers": describe_readers(graph),
        "statement": "Research software, not for diagnosis.",
    }
    return graph


def export_member(path: Path, model: ModelFile, member: FoldModel, hidden_only: bool = False) -> str:
    """Write the model of one split as a `.nir` file, atomically, and return which readers take it.

    Args:
        path: The file.
        model: See `member_graph`.
        member: See `member_graph`.
        hidden_only: See `member_graph`.

    Raises:
        ConfigError: See `member_graph`.
    """
    graph = member_graph(model, member, hidden_only)
    with replacing(path) as temporary:
        nir.write(temporary, graph)
    return describe_readers(graph)
