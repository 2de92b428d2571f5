"""Speed of the custom engine beside snnTorch, SpikingJelly and PyTorch by hand, on the same maths.

    python benchmarks/bench_engine.py [--quick]

Everybody starts from the stored, bit-packed spike trains and goes four times over them. Ours is timed through the
public path: load, which builds the event lists, and one `fit` of a learning rule, which draws the weights, learns, and
scores the validation samples after each epoch. Peers (`engine_peers.py`) unpack the spikes once and learn, without
scoring. Times are those of the whole divided by the number of epochs; rows of one epoch are charged with all of the
preparation, and what that costs alone has a row of its own. All run in this process with one thread, in turn, and
medians are compared; a job is a process of its own with start-up. Whole jobs of the demo: `bench_jobs.py`.
The first run compiles, says so, and is not counted.
Results go to benchmarks/results/engine.json (engine_quick.json), rows of {work, ours_s, peer, peer_s, ratio, goal}.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

# Before numpy is imported, as its libraries read them then.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scripts")]

import numpy as np  # noqa: E402

from snndeep.backends.registry import load_backend  # noqa: E402
from snndeep.learning.base import Problem  # noqa: E402
from snndeep.learning.registry import load_rule  # noqa: E402
from snndeep.seeds import generator  # noqa: E402
from snndeep.spikes.trains import SpikeTrains  # noqa: E402
from snndeep.store.files import write_json  # noqa: E402

HIDDEN, VALIDATION, EPOCHS = 128, 64, 4
FRAMEWORKS = ("snntorch", "spikingjelly")
JOB = {"samples": 600, "features": 64, "steps": 25, "hidden": 64, "batch": 32, "epochs": 20}
ALONE = ("", ", one epoch")
FLAT, SMALL = 1.2, 1000


def make_problem(samples: int, features: int, steps: int, rate: float = 0.2) -> Problem:
    """Return random spikes of a mean rate, whose classes differ in the rates of the channels."""
    rng = generator(samples, features, steps, "bench engine")
    labels = rng.integers(0, 2, samples)
    rates = np.clip(rate + rate * rng.uniform(-1, 1, (2, features)), 0, 1)
    # Block by block into its place: pieces to be joined would leave freed memory that looks like the engine's.
    packed = np.empty((samples, steps, -(-features // 8)), np.uint8)
    start = 0
    for part in np.array_split(labels, max(1, samples // 1000)):
        spikes = rng.random((part.size, steps, features), np.float32) < rates[part][:, None]
        packed[start : start + part.size] = SpikeTrains.from_dense(spikes).packed
        start += part.size
    trains = SpikeTrains(packed, features)
    return Problem(trains, labels, np.arange(samples) % 40, np.arange(samples), np.arange(VALIDATION))


def fit(rule: str, problem: Problem, **settings: object) -> None:
    """Fit on the custom backend, without early stopping."""
    chosen = load_rule(rule)
    values = {"patience": 10**6, **settings}
    backend = load_backend("custom")
    inputs = backend.load(problem.trains, np.dtype(np.float32))
    chosen.fit(problem, inputs, backend, chosen.settings(**values), 1, lambda record: None)


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Run each once to warm up, then all in turn, and return the median times."""
    for work in contestants.values():
        work()
    times = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, work in contestants.items():
            times[name].append(seconds(work))
    return {name: median(values) for name, values in times.items()}


def row(work: str, times: dict[str, float], goal: str, peers: tuple[str, ...] = FRAMEWORKS) -> dict[str, object]:
    """Return a row of the table: ours against the faster of some peers."""
    peer = min(peers, key=times.__getitem__)
    found = {
        "work": work,
        "ours_s": times["ours"],
        "peer": peer,
        "peer_s": times[peer],
        "ratio": times[peer] / times["ours"],
        "goal": goal,
    }
    print_row(found)
    return found


def print_row(found: dict[str, object]) -> None:
    """Print a row."""
    print(
        f"{found['work']:<58} {found['ours_s']:>9.4f} {found['peer']:<28} {found['peer_s']:>9.4f} "
        f"{found['ratio']:>7.2f}   {found['goal']}",
        flush=True,
    )


def per_epoch(times: dict[str, float], epochs: int) -> dict[str, float]:
    """Return times of some epochs as times of one."""
    return {name: value / epochs for name, value in times.items()}


def surrogate_rows(samples: int, repeats: int, epochs: int) -> list[dict[str, object]]:
    """Time surrogate-gradient learning: three sizes, three input rates."""
    import engine_peers

    rows = []
    cases = [
        (64, 25, 32, 0.2, ">= 12"),
        (64, 25, 256, 0.2, ">= 5"),
        (128, 50, 256, 0.2, ">= 4"),
        (64, 25, 32, 0.05, "shown"),
        (64, 25, 32, 0.5, "shown"),
    ]
    for features, steps, batch, rate, goal in cases:
        problem = make_problem(samples, features, steps, rate)
        settings = {"hidden": HIDDEN, "readout": "spike_count", "batch_size": batch, "epochs": epochs}

        def learn(peer: str, problem: Problem = problem, batch: int = batch) -> None:
            model = engine_peers.Surrogate(peer, problem, engine_peers.dense(problem), HIDDEN, batch)
            for _ in range(epochs):
                model.epoch(problem.train)

        def multiply(problem: Problem = problem, batch: int = batch) -> None:
            inputs = engine_peers.dense(problem)
            for _ in range(epochs):
                engine_peers.products_alone(problem, inputs, HIDDEN, batch)

        contestants = {"ours": partial(fit, "surrogate", problem, **settings)}
        contestants |= {peer: partial(learn, peer) for peer in engine_peers.LAYERS}
        contestants["products alone"] = multiply
        times = per_epoch(in_turn(contestants, repeats), epochs)
        name = f"surrogate, F={features}, T={steps}, batch {batch}, rate {rate}{ALONE[epochs == 1]}"
        rows.append(row(name, times, goal))
        rows.append(row(name, times, ">= 1", ("fused PyTorch",)))
        rows.append(row(name, times, "limit of dense maths", ("products alone",)))
    return rows


def preparation_rows(samples: int, repeats: int) -> list[dict[str, object]]:
    """Time what comes before the first epoch: event lists for ours, dense arrays for the peers."""
    import engine_peers

    problem = make_problem(samples, 64, 25)
    contestants = {
        # Made when the first backward pass asks for it.
        "ours": lambda: load_backend("custom").load(problem.trains, np.dtype(np.float32)).trains.by_channel,
        "dense arrays": lambda: engine_peers.dense(problem),
    }
    return [row("preparation alone, once a fit", in_turn(contestants, repeats), "shown", ("dense arrays",))]


def tempotron_rows(samples: int, repeats: int, epochs: int) -> list[dict[str, object]]:
    """Time the Tempotron."""
    import engine_peers

    problem = make_problem(samples, 64, 25)
    rows = []
    for batch, goal in ((32, ">= 15"), (256, ">= 8")):

        def learn(peer: str, batch: int = batch) -> None:
            model = engine_peers.Tempotron(peer, problem, engine_peers.dense(problem), batch, 8.0, 2.0)
            for _ in range(epochs):
                model.epoch(problem.train)

        contestants = {"ours": partial(fit, "tempotron", problem, batch_size=batch, epochs=epochs)}
        contestants |= {peer: partial(learn, peer) for peer in FRAMEWORKS}
        times = per_epoch(in_turn(contestants, repeats), epochs)
        rows.append(row(f"tempotron, F=64, T=25, batch {batch}{ALONE[epochs == 1]}", times, goal))
    return rows


def active_rows(samples: int, repeats: int) -> list[dict[str, object]]:
    """Time one round of active learning: fit, choose, fit."""
    import engine_peers

    problem = make_problem(samples, 64, 25)
    values = {"hidden": HIDDEN, "readout": "spike_count", "batch_size": 32, "epochs": 5, "rounds": 2}
    settings = load_rule("bal").settings(**values)
    contestants = {"ours": lambda: fit("bal", problem, **values)}
    for peer in FRAMEWORKS:
        contestants[peer] = lambda p=peer: engine_peers.active_round(p, problem, engine_peers.dense(problem), settings)
    return [row("BAL, one round (2 fits of 5 epochs), batch 32", in_turn(contestants, repeats), ">= 8")]


def run_job(backend: str, path: Path) -> None:
    """Do what a `train` job does: read a problem, fit, score, write."""
    with np.load(path, allow_pickle=False) as file:
        labels, train, validation = file["labels"], file["train"], file["validation"]
        trains = SpikeTrains(file["packed"], JOB["features"])
    problem = Problem(trains, labels, np.arange(labels.size) % 40, train, validation)
    if backend == "custom":
        rule, made = load_rule("surrogate"), load_backend(backend)
        settings = rule.settings(
            hidden=JOB["hidden"], readout="spike_count", batch_size=JOB["batch"], epochs=JOB["epochs"], patience=10**6
        )
        inputs = made.load(trains, np.dtype(np.float32))
        found = rule.fit(problem, inputs, made, settings, 1, lambda record: None)
        scores = rule.model(made, settings, found.parameters).scores(inputs, validation)
    else:
        import engine_peers

        model = engine_peers.Surrogate(backend, problem, engine_peers.dense(problem), JOB["hidden"], JOB["batch"])
        for _ in range(JOB["epochs"]):
            model.epoch(train)
            scores = model.scores(validation)
    np.save(path.with_suffix(f".{backend}.npy"), scores)


def own_process(*arguments: str) -> str:
    """Run this script with other arguments and return what it prints."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def job_rows(repeats: int) -> list[dict[str, object]]:
    """Time whole `train` jobs as processes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        problem = make_problem(JOB["samples"], JOB["features"], JOB["steps"])
        order = generator("bench split").permutation(JOB["samples"])
        part = JOB["samples"] // 5
        np.savez(path, packed=problem.trains.packed, labels=problem.labels, train=order[part:], validation=order[:part])
        contestants = {
            name: lambda b=backend: own_process("--job", b, str(path))
            for name, backend in (("ours", "custom"), *((f, f) for f in FRAMEWORKS))
        }
        times = in_turn(contestants, repeats)
    work = f"train job as a process, {JOB['samples']} samples, {JOB['epochs']} epochs"
    return [row(work, times, ">= 3")]


def measure_growth(samples: int) -> None:
    """Print as JSON the seconds of an epoch of this many and of few samples, peak memory, and the size of the data."""

    def peak() -> int:
        # Not from getrusage, whose maximum a process inherits from the one that started it.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    learn = partial(fit, "surrogate", hidden=HIDDEN, readout="spike_count", batch_size=32, epochs=1)
    small = make_problem(SMALL, 64, 25)
    learn(problem=small)
    start = peak()
    problem = make_problem(samples, 64, 25)
    times = in_turn({"large": partial(learn, problem=problem), "small": partial(learn, problem=small)}, 5)
    spikes = problem.trains.count()
    # Bits, event lists with their pointers, and what is known of each sample.
    data = problem.trains.packed.nbytes + 2 * 2 * spikes + 8 * (samples * (25 + 64) + 2)
    data += problem.labels.nbytes + problem.patients.nbytes + problem.train.nbytes
    print(json.dumps({**times, "start": start, "peak": peak(), "data": data}))


def growth_rows(sizes: list[int]) -> list[dict[str, object]]:
    """Show how time a sample and memory grow with the number of samples, beside a small problem in the same process."""
    rows = []
    for size in sizes:
        found = json.loads(own_process("--grow", str(size)))
        ours, peer = found["large"] / size * 1e6, found["small"] / SMALL * 1e6
        start, peak, data = (found[name] / 2**20 for name in ("start", "peak", "data"))
        rows.append(
            {
                "work": f"growth, {size} samples, microseconds a sample",
                "ours_s": ours,
                "peer": f"ours, {SMALL} samples",
                "peer_s": peer,
                "ratio": peer / ours,
                "goal": f">= {1 / FLAT:.2f}",
                "peak_mb": peak,
                "data_mb": data,
                "beside_data_mb": peak - start - data,
            }
        )
        print_row(rows[-1])
        print(f"    {start:.0f} MB after an epoch of {SMALL}, peak {peak:.0f} MB, of it data {data:.0f} MB")
    return rows


def write(rows: list[dict[str, object]], name: str) -> None:
    """Write the results, whole or not at all."""
    path = HERE / "results" / name
    write_json(path, rows)
    print(f"written to {path.relative_to(HERE.parent)}")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer samples and repeats, to see that it works")
    parser.add_argument("--job", nargs=2, metavar=("BACKEND", "FILE"), help="be one train job")
    parser.add_argument("--grow", type=int, metavar="SAMPLES", help="measure one size")
    options = parser.parse_args()
    if options.job:
        run_job(options.job[0], Path(options.job[1]))
        return
    if options.grow:
        measure_growth(options.grow)
        return
    import engine_peers

    engine_peers.check_same_maths()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    samples, repeats = (500, 1) if options.quick else (2000, 5)
    print(f"{'work':<58} {'ours/s':>9} {'peer':<28} {'peer/s':>9} {'ratio':>7}   goal")
    rows = [found for epochs in (EPOCHS, 1) for found in surrogate_rows(samples, repeats, epochs)]
    rows += preparation_rows(samples, 5 * repeats)
    rows += [found for epochs in (EPOCHS, 1) for found in tempotron_rows(samples, repeats, epochs)]
    rows += active_rows(samples, max(1, repeats // 2))
    rows += job_rows(max(1, repeats // 2))
    rows += growth_rows([1000, 10_000] if options.quick else [1000, 10_000, 100_000])
    write(rows, "engine_quick.json" if options.quick else "engine.json")


if __name__ == "__main__":
    main()
