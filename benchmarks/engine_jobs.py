"""One surrogate-gradient job for every contestant of `bench_engine.py`: spikes, labels, batches and first weights in a file.

This module and the rivals in JAX import numpy alone, so that the latter run in an environment of their own.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

BETA, SLOPE, RATE = 0.9, 2.0, 3e-3
STEEPNESS = math.pi / 2 * SLOPE
NAMES = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")


@dataclass(frozen=True)
class Job:
    """What is to be learned.

    Attributes:
        packed: Spikes, uint8 `[N, T, ceil(F / 8)]`.
        channels: F.
        labels: int64 `[N]`.
        weights: float32 `[N]`.
        order: The samples as an epoch takes them, `[N]`.
        batch: Samples per update.
        initial: First weights by the names of `NAMES`.
    """

    packed: np.ndarray
    channels: int
    labels: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    batch: int
    initial: dict[str, np.ndarray]

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read a job."""
        with np.load(path, allow_pickle=False) as file:
            initial = {name: file[name] for name in NAMES}
            numbers = int(file["channels"]), file["labels"], file["weights"], file["order"], int(file["batch"])
            return cls(file["packed"], *numbers, initial)

    def write(self, path: Path) -> None:
        """Write a job."""
        fields = {name: getattr(self, name) for name in ("packed", "channels", "labels", "weights", "order", "batch")}
        np.savez(path, **fields, **self.initial)

    @property
    def batches(self) -> list[np.ndarray]:
        """The samples of each update."""
        return [self.order[first : first + self.batch] for first in range(0, self.order.size, self.batch)]

    @property
    def steps(self) -> int:
        """T."""
        return self.packed.shape[1]

    @cached_property
    def dense(self) -> np.ndarray:
        """The spikes as float32 `[N, T, F]`."""
        return np.unpackbits(self.packed, axis=-1, count=self.channels, bitorder="little").astype(np.float32)


class Contestant(Protocol):
    """Somebody who learns a job."""

    def epoch(self) -> None:
        """Go once over the samples, batch by batch."""

    def gradient(self) -> np.ndarray:
        """Return the derivative `[F, H]` of the hidden weights for the first batch, at the first weights."""


def serve(make: Callable[[Job], Contestant]) -> None:
    """Be a contestant in a process of its own: `python MODULE NAME JOB`, told by lines on stdin what to do.

    Answers each line with a line of JSON: `gradient` writes the gradient to a file beside the job, `epoch` goes once over
    the samples and tells seconds of the processor and of the clock.
    """
    path = Path(sys.argv[2])
    contestant = make(Job.read(path))
    answers = sys.stdout
    sys.stdout = sys.stderr  # for libraries that print
    for line in sys.stdin:
        processor, clock = time.process_time(), time.perf_counter()
        if line.strip() == "gradient":
            target = path.with_name(f"{path.stem}.{sys.argv[1]}.npy")
            np.save(target, contestant.gradient())
            answer: dict[str, object] = {"file": str(target)}
        else:
            contestant.epoch()
            answer = {"cpu": time.process_time() - processor, "wall": time.perf_counter() - clock}
        print(json.dumps(answer), file=answers, flush=True)
