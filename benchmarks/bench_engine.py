"""Speed of the custom engine beside everything that a user could take instead, on the same maths.

    python benchmarks/bench_engine.py [--quick] [--peer-python PYTHON] [--only PART ...]

Parts:
    rivals      Surrogate-gradient learning, an epoch without scoring: ours through the learning rule's own path; a dense
                program in numba and OpenBLAS (`engine_dense.py`); JAX, a whole epoch in one compiled scan
                (`engine_jax.py`, with `--peer-python` where this environment has no JAX); SpikingJelly under
                `torch.compile` and as shipped; snnTorch as shipped; PyTorch by hand. Each is a process of its own that has
                warmed up, starts from the same weights and sees the same batches; they go in turn, one thread each. Medians
                of processor time are compared. Gradients of the first batch are compared with ours before.
    limit       Counted operations of an epoch over what the processor can do at best.
    grid        Ours, the dense program and JAX over input rates, neurons, features and steps.
    rules       The Tempotron and BAL beside the frameworks, preparation and scoring included, from the stored spikes.
    job         A training job as a process, start-up included.
    growth      Time a sample and memory from 1,000 samples on.
    compile     Seconds of compilation that an empty cache costs.

Results go to benchmarks/results/engine.json (engine_quick.json), rows of {work, ours_s, peer, peer_s, ratio, goal}.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

# Before numpy is imported, as its libraries read them then.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scripts")]

import numpy as np  # noqa: E402
from engine_jobs import BETA, Job  # noqa: E402

from snndeep.backends.base import NeuronSettings  # noqa: E402
from snndeep.backends.registry import load_backend  # noqa: E402
from snndeep.learning.base import Problem  # noqa: E402
from snndeep.learning.descent import class_weights  # noqa: E402
from snndeep.learning.network import initial_parameters  # noqa: E402
from snndeep.learning.registry import load_rule  # noqa: E402
from snndeep.seeds import generator  # noqa: E402
from snndeep.spikes.trains import SpikeTrains  # noqa: E402
from snndeep.store.files import write_json  # noqa: E402

HIDDEN, VALIDATION, EPOCHS = 128, 64, 4
FRAMEWORKS = ("snntorch", "spikingjelly")
JOB = {"samples": 600, "features": 64, "steps": 25, "hidden": 64, "batch": 32, "epochs": 20}
ALONE = ("", ", one epoch")
FLAT, SMALL = 1.2, 1000
SAME = 1e-3


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


@dataclass(frozen=True)
class Case:
    """A surrogate-gradient job."""

    features: int = 64
    steps: int = 25
    batch: int = 32
    hidden: int = HIDDEN
    rate: float = 0.2
    samples: int = 2000

    def __str__(self) -> str:
        return f"F={self.features}, T={self.steps}, H={self.hidden}, batch {self.batch}, rate {self.rate:g}"

    def job(self) -> Job:
        """Draw the spikes and the first weights."""
        problem = make_problem(self.samples, self.features, self.steps, self.rate)
        neuron = NeuronSettings(beta=BETA)
        initial = initial_parameters(
            self.features, self.hidden, neuron, 1.0, problem.trains.mean_rate(), generator(1, "weights")
        )
        labels = problem.labels.astype(np.int64)
        order = generator("order").permutation(self.samples)
        return Job(problem.trains.packed, self.features, labels, class_weights(labels), order, self.batch, initial)

    def operations(self) -> float:
        """Count the operations of an epoch: an addition per event and neuron, there and back, and those of the neurons.

        A neuron takes 4 operations a step forward, 14 back, and 12 for the two outputs that it feeds.
        """
        neurons = self.samples * self.steps * self.hidden
        return 2 * self.rate * self.features * neurons + (4 + 14 + 12) * neurons


class Process:
    """A contestant in a process of its own, see `engine_jobs.serve`."""

    def __init__(self, name: str, path: Path, peer_python: str):
        module, python = ("engine_jax", peer_python) if name == "jax" else ("engine_contestants", sys.executable)
        # What a workplace may set to make OpenBLAS slow or to choose its kernels.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        self.log = path.with_name(f"{path.stem}.{name}.log").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [python, str(HERE / f"{module}.py"), name, str(path)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip

    def ask(self, what: str) -> dict[str, Any]:
        """Return the answer to a line.

        Raises:
            RuntimeError: If the process has ended; the message is the last that it wrote.
        """
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.log.seek(0)
            raise RuntimeError((self.log.read().strip().splitlines() or ["no message"])[-1])
        return json.loads(line)

    def end(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.log.close()


def race(case: Case, names: Sequence[str], repeats: int, peer_python: str) -> dict[str, dict[str, float]]:
    """Return the median seconds of an epoch, {cpu, wall}, of all who can take part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.npz"
        case.job().write(path)
        processes, expected = {}, None
        for name in names:
            process = Process(name, path, peer_python)
            try:
                found = np.load(process.ask("gradient")["file"], allow_pickle=False)
                process.ask("epoch")
            except RuntimeError as error:
                print(f"    {name} is left out: {error}", flush=True)
                process.end()
                continue
            expected = found if expected is None else expected
            difference = np.abs(found - expected).max() / np.abs(expected).max()
            if difference > SAME:
                print(f"    {name}: gradients differ by {difference:.1e} of the greatest", flush=True)
            processes[name] = process
        times: dict[str, list[dict[str, float]]] = {name: [] for name in processes}
        for _ in range(repeats):
            for name, process in processes.items():
                times[name].append(process.ask("epoch"))
        for process in processes.values():
            process.end()
    return {name: {kind: median(t[kind] for t in found) for kind in ("cpu", "wall")} for name, found in times.items()}


def rival_rows(case: Case, goals: Mapping[str, str], repeats: int, peer_python: str) -> list[dict[str, object]]:
    """Compare ours with each rival of `goals`."""
    times = race(case, ("ours", *goals), repeats, peer_python)
    rows = []
    for peer in goals:
        if peer in times:
            rows.append(row(str(case), {name: t["cpu"] for name, t in times.items()}, goals[peer], (peer,)))
            rows[-1] |= {"ours_wall_s": times["ours"]["wall"], "peer_wall_s": times[peer]["wall"]}
    return rows


def standard_rows(samples: int, repeats: int, peer_python: str) -> list[dict[str, object]]:
    """Surrogate-gradient learning at the sizes that have goals."""
    frameworks = {
        "spikingjelly compiled": "shown",
        "spikingjelly": "shown",
        "snntorch": "shown",
        "fused PyTorch": "shown",
    }
    small = frameworks | {"spikingjelly compiled": ">= 10", "spikingjelly": ">= 40", "snntorch": ">= 40"}
    table = [
        (Case(samples=samples), {"dense numba": ">= 2.5", "jax": ">= 4", **small}),
        (Case(batch=256, samples=samples), {"dense numba": ">= 2", "jax": ">= 5", **frameworks}),
        (Case(128, 50, 256, samples=samples), {"dense numba": ">= 2", "jax": ">= 6", **frameworks}),
        (
            Case(256, 8, 64, 64, 0.06, samples),
            {"dense numba": "shown", "jax": ">= 3", "spikingjelly compiled": "shown", "spikingjelly": ">= 15"},
        ),
    ]
    return [found for case, goals in table for found in rival_rows(case, goals, repeats, peer_python)]


def grid_rows(repeats: int, peer_python: str) -> list[dict[str, object]]:
    """Go over rates, neurons, features and steps, one at a time, and over large ones together."""
    usual = Case(samples=512, batch=64)
    cases = [replace(usual, rate=rate) for rate in (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8)]
    cases += [replace(usual, hidden=hidden) for hidden in (64, 256, 1024, 4096)]
    cases += [replace(usual, features=features) for features in (128, 256, 1024)]
    cases += [replace(usual, steps=steps) for steps in (8, 50, 100, 200)]
    large = replace(usual, features=1024, hidden=1024, samples=256)
    cases += [replace(large, rate=rate) for rate in (0.02, 0.2, 0.5, 0.8)]
    rivals = {"dense numba": ">= 0.95", "jax": ">= 0.95"}
    return [found for case in cases for found in rival_rows(case, rivals, repeats, peer_python)]


def limit_rows(samples: int, repeats: int) -> list[dict[str, object]]:
    """Compare the operations of an epoch with what the processor does at best, in the same process."""
    from engine_contestants import Ours
    from engine_limit import additions

    case = Case(samples=samples)
    contestant = Ours(case.job())
    number = 200_000
    times: dict[str, list[float]] = {"ours": [], "limit": []}
    contestant.epoch()
    additions(number)
    for _ in range(5 * repeats):
        start = time.process_time()
        contestant.epoch()
        middle = time.process_time()
        found = additions(number)
        times["ours"].append(middle - start)
        times["limit"].append((time.process_time() - middle) / found * case.operations())
    times_found = {"ours": median(times["ours"]), "limit of the processor": min(times["limit"])}
    print(f"    {case.operations() / 1e6:.0f} million operations", flush=True)
    return [row(str(case), times_found, ">= 0.45", ("limit of the processor",))]


def compile_rows() -> list[dict[str, object]]:
    """Time the compilation of what a study with the custom engine needs, from an empty cache, as a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        write_training_problem(path)
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        spent = [processor_seconds(["--job", "custom", str(path)], environment) for _ in range(2)]
    return [
        row(
            "compilation for surrogate-gradient learning",
            {"ours": spent[0] - spent[1], "bound": 20},
            ">= 1",
            ("bound",),
        )
    ]


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


def processor_seconds(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, python: str = ""
) -> float:
    """Run this script, or another one named by the first argument, and return its processor time."""
    script = [] if arguments[0].endswith(".py") else [str(Path(__file__).resolve())]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python or sys.executable, *script, *arguments], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def write_training_problem(path: Path) -> None:
    """Write the problem of `run_job`."""
    problem = make_problem(JOB["samples"], JOB["features"], JOB["steps"])
    order = generator("bench split").permutation(JOB["samples"])
    part = JOB["samples"] // 5
    np.savez(path, packed=problem.trains.packed, labels=problem.labels, train=order[part:], validation=order[:part])


def job_rows(repeats: int, peer_python: str) -> list[dict[str, object]]:
    """Time whole training jobs as processes; JAX finds what it compiled in its cache, as numba does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        write_training_problem(path)
        jax = {**os.environ, "JAX_COMPILATION_CACHE_DIR": folder, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        contestants = {
            name: partial(processor_seconds, ["--job", backend, str(path)])
            for name, backend in (("ours", "custom"), *((f, f) for f in FRAMEWORKS))
        }
        contestants["jax"] = partial(
            processor_seconds, [str(HERE / "engine_jax_job.py"), str(path)], jax, python=peer_python
        )
        times: dict[str, list[float]] = {}
        for name, work in contestants.items():
            try:
                work()
                times[name] = []
            except subprocess.CalledProcessError as error:
                print(f"    {name} is left out: {error.stderr.decode().strip().splitlines()[-1]}", flush=True)
        for _ in range(repeats):
            for name in times:
                times[name].append(contestants[name]())
    found = {name: median(values) for name, values in times.items()}
    work = f"training job as a process, {JOB['samples']} samples, {JOB['epochs']} epochs"
    goals = {"jax": ">= 4", **dict.fromkeys(FRAMEWORKS, "shown")}
    return [row(work, found, goals[name], (name,)) for name in found if name != "ours"]


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
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has jax and numpy")
    parser.add_argument("--only", nargs="+", metavar="PART", help="some of the parts")
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
    samples, repeats = (500, 1) if options.quick else (2000, 7)
    peer_python = options.peer_python
    parts: dict[str, Callable[[], list[dict[str, object]]]] = {
        "rivals": lambda: standard_rows(samples, repeats, peer_python),
        "limit": lambda: limit_rows(samples, repeats),
        "grid": lambda: grid_rows(max(1, repeats // 2), peer_python),
        "rules": lambda: tempotron_rows(samples, repeats, EPOCHS) + active_rows(samples, max(1, repeats // 3)),
        "job": lambda: job_rows(max(1, repeats // 2), peer_python),
        "growth": lambda: growth_rows([1000, 10_000] if options.quick else [1000, 10_000, 100_000]),
        "compile": compile_rows,
    }
    unknown = set(options.only or ()) - parts.keys()
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    print(f"{'work':<58} {'ours/s':>9} {'peer':<28} {'peer/s':>9} {'ratio':>7}   goal")
    rows = []
    for name in options.only or parts:
        print(f"  {name}", flush=True)
        rows += parts[name]()
    write(rows, "engine_quick.json" if options.quick else "engine.json")


if __name__ == "__main__":
    main()
