"""How long the study takes on 1 to 1,000 cores: its plan, played through with the times of single jobs.

The plan is Snakemake's own, from `config/msd.yaml`. The times are measured at the study's size: the features of one synthetic
scan of 512 x 512 pixels, and one epoch of every model on 19,163 slices of 39 random features (the slices with liver in
the scans that Task03_Liver was made of). A search is then trials x epochs, a training splits x epochs, as if none were
stopped early, so that the figures are upper limits. Fetching the scans is left out, because it depends on the network alone.

Jobs wait for a free core, the ones with the longest way to the end first. Every job has its own start of Python and
Snakemake and, on a cluster, waits in its queue.
"""

from __future__ import annotations

import argparse
import heapq
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snndeep.backends.registry import BACKENDS, load_backend  # noqa: E402
from snndeep.learning.registry import load_rule  # noqa: E402
from snndeep.phantom.generate import write_case  # noqa: E402
from snndeep.phantom.settings import PhantomSettings  # noqa: E402
from snndeep.plan.configuration import complete  # noqa: E402
from snndeep.radiomics.extract import extract_case  # noqa: E402
from snndeep.radiomics.settings import FeatureSettings  # noqa: E402
from snndeep.samples.split import split_names  # noqa: E402
from snndeep.spikes.encoded_split import EncodedSplit  # noqa: E402
from snndeep.spikes.encoders.registry import load_encoder  # noqa: E402
from snndeep.spikes.trains import SpikeTrains  # noqa: E402
from snndeep.training.fit import merge_settings  # noqa: E402

RESULTS = ROOT / "benchmarks/results"
SLICES, FEATURES, SHAPE = 19_163, 39, (512, 512, 100)
MEASURED_PART = 0.1
CORES = (1, 16, 100, 1000)
QUEUE_SECONDS, START_SECONDS = 30.0, 3.0
MODEL_RULES = ("tune_worker", "tune", "train", "third_arm")
# Jobs that read and write tables; their times are of the order of these and decide nothing.
TABLE_SECONDS = {
    "samples": 60, "splits": 10, "preprocessing": 120, "spikes": 120, "baselines": 1800, "evaluate": 600, "models": 120,
    "insight": 600, "pictures": 60, "report": 120, "publish": 10, "archive_msd": 0, "data_msd": 0, "all": 0,
}  # fmt: skip


@dataclass
class Job:
    """One job of a plan.

    Attributes:
        rule: Its rule.
        model: Backend and learning rule, where it has them.
        needs: The jobs that come before it.
        seconds: How long it runs.
        rest: From its start to the end of everything, on any number of cores.
    """

    rule: str
    model: tuple[str, str] | None = None
    needs: set[int] = field(default_factory=set)
    seconds: float = 0.0
    rest: float = 0.0


def plan(config: Mapping[str, Any]) -> dict[int, Job]:
    """Return the jobs of a configuration by number, as Snakemake plans them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config/config.yaml"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        snakefile = str(ROOT / "workflow/Snakefile")
        command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--dag", "dot", "--cores", "1"]
        graph = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    jobs = {}
    for number, label in re.findall(r'^\s*(\d+)\[label = "([^"]*)"', graph, flags=re.MULTILINE):
        rule, *wildcards = label.split("\\n")
        values = dict(text.split(": ", 1) for text in wildcards)
        jobs[int(number)] = Job(rule, (values["backend"], values["rule"]) if "backend" in values else None)
    for before, after in re.findall(r"^\s*(\d+) -> (\d+)$", graph, flags=re.MULTILINE):
        jobs[int(after)].needs.add(int(before))
    for job in jobs.values():
        if job.rule in MODEL_RULES and job.model is None:
            job.model = _inherited(job, jobs)
    return jobs


def _inherited(job: Job, jobs: Mapping[int, Job]) -> tuple[str, str]:
    """Return the model of a job. Snakemake shows a wildcard only where a job before has not got it."""
    waiting = [job]
    while waiting[0].model is None:
        waiting += [jobs[number] for number in sorted(waiting.pop(0).needs)]
    return waiting[0].model


def seconds_per_case() -> float:
    """Return the processor time of the features of one scan of a clinic's size."""
    settings = PhantomSettings.from_mapping({"shape": list(SHAPE), "patients": 1})
    with tempfile.TemporaryDirectory() as folder:
        image, label = Path(folder) / "image.nii.gz", Path(folder) / "label.nii.gz"
        write_case(settings, 0, image, label)
        extract_case("warm", image, label, FeatureSettings())
        start = time.process_time()
        extract_case("a", image, label, FeatureSettings())
        return time.process_time() - start


def made_up_split(encoder: Mapping[str, Any], name: str) -> EncodedSplit:
    """Return a split of a part of the study's slices."""
    rng = np.random.default_rng(7)
    count = round(SLICES * MEASURED_PART)
    samples = np.array([f"p{k // 20:04d}/{k:05d}" for k in range(count)])
    spikes = load_encoder(name, encoder).encode(rng.random((count, FEATURES)), list(samples), 7)
    patients = np.array([sample.partition("/")[0] for sample in samples])
    bounds = [0, round(0.64 * count), round(0.8 * count), count]
    parts = dict(zip(("train", "validation", "test"), map(np.arange, bounds[:-1], bounds[1:]), strict=True))
    return EncodedSplit(SpikeTrains.from_dense(spikes), samples, rng.integers(0, 2, count), patients, parts)


def seconds_per_epoch(config: Mapping[str, Any], backend: str, rule: str) -> float:
    """Return the processor time of one epoch of a model on a split of the study, from the difference of two trainings."""
    member, layers = load_rule(rule), load_backend(backend)
    encoder = config["learning"][rule]["encoder"]
    problem = made_up_split(config["encoders"][encoder], encoder).problem()
    inputs = layers.load(problem.trains, np.dtype(np.float32))
    base = {key: value for key, value in config["learning"][rule].items() if key != "encoder"}

    def trained(epochs: int) -> float:
        # One round where a rule has several: an epoch of each takes the same.
        own = {"epochs": epochs, "patience": epochs, **({"rounds": 1} if "rounds" in base else {})}
        settings = merge_settings(member, {**base, **own}, {})
        start = time.process_time()
        member.fit(problem, inputs, layers, settings, 7, lambda record: None)
        return time.process_time() - start

    trained(1)
    return (trained(4) - trained(1)) / 3 / MEASURED_PART


def measure(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the times that the simulation is made of, in seconds of processor time."""
    epochs = {}
    for backend in BACKENDS:
        for rule in config["models"]["rules"]:
            epochs[f"{backend}/{rule}"] = seconds_per_epoch(config, backend, rule)
            print(f"{backend}/{rule}: {epochs[f'{backend}/{rule}']:.2f} s an epoch", flush=True)
    case = seconds_per_case()
    print(f"features of a scan: {case:.1f} s", flush=True)
    return {"epoch": epochs, "case": case}


def set_times(jobs: Mapping[int, Job], config: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
    """Set the seconds of every job, and its way to the end."""
    splits = config["splits"]
    folds = splits["folds"] * splits["repeats"]
    count = sum(len(split_names(name, folds, splits["members"])) for name in splits["protocols"])
    shares = min(config["tuning"]["workers"], count)
    for job in jobs.values():
        if job.rule in MODEL_RULES:
            assert job.model is not None
            own = config["learning"][job.model[1]]
            training = measured["epoch"]["/".join(job.model)] * own["epochs"] * own.get("rounds", 1)
            search = config["tuning"]["n_trials"] * training
            job.seconds = {
                "tune_worker": search * -(-count // shares),
                "tune": 10.0 if shares > 1 else search * count,
                "train": training * count,
                "third_arm": training * folds,
            }[job.rule]
        elif job.rule == "features":
            job.seconds = measured["case"] * config["dataset"]["cases_per_job"]
        else:
            job.seconds = TABLE_SECONDS[job.rule]
    after = defaultdict(set)
    for number, job in jobs.items():
        for before in job.needs:
            after[before].add(number)

    def rest(number: int) -> float:
        if not jobs[number].rest:
            jobs[number].rest = jobs[number].seconds + START_SECONDS + max(map(rest, after[number]), default=0.0)
        return jobs[number].rest

    for number in jobs:
        rest(number)


def by_split(jobs: Mapping[int, Job], count: int) -> dict[int, Job]:
    """Return the plan with one training job for each model and split, which a short job gathers."""
    divided = {number: Job(job.rule, job.model, set(job.needs), job.seconds) for number, job in jobs.items()}
    number = max(jobs)
    for train in [job for job in divided.values() if job.rule == "train"]:
        parts, needs = set(), set(train.needs)
        for _ in range(count):
            number += 1
            divided[number] = Job("train_split", train.model, needs, train.seconds / count)
            parts.add(number)
        train.needs, train.seconds = parts, 10.0
    return divided


def simulate(jobs: Mapping[int, Job], cores: int, queue: float) -> float:
    """Return the seconds from the first job to the end of the last."""
    waiting = {number: len(job.needs) for number, job in jobs.items()}
    after = defaultdict(list)
    for number, job in jobs.items():
        for before in job.needs:
            after[before].append(number)
    ready = [(-jobs[number].rest, number) for number, needed in waiting.items() if not needed]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < cores:
            _, number = heapq.heappop(ready)
            heapq.heappush(running, (now + queue + START_SECONDS + jobs[number].seconds, number))
        now, number = heapq.heappop(running)
        for follower in after[number]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (-jobs[follower].rest, follower))
    return now


def critical_path(jobs: Mapping[int, Job]) -> list[Job]:
    """Return the jobs of the longest way through the plan, in order."""
    starts = [number for number, job in jobs.items() if not job.needs]
    number = max(starts, key=lambda start: jobs[start].rest)
    path = [jobs[number]]
    while followers := [other for other, job in jobs.items() if number in job.needs]:
        number = max(followers, key=lambda follower: jobs[follower].rest)
        path.append(jobs[number])
    return path


def report(config: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Simulate, print the tables of docs/cluster.md and return them."""
    jobs = plan(config)
    set_times(jobs, config, measured)
    count = sum(job.rule == "tune_worker" for job in jobs.values()) // sum(job.rule == "train" for job in jobs.values())
    divided = by_split(jobs, max(count, 1))
    for job in divided.values():
        job.rest = 0.0
    _rest_again(divided)
    total: dict[str, float] = defaultdict(float)
    for job in jobs.values():
        searches = job.rule in ("tune", "tune_worker") and job.model
        total[f"search of {job.model[0]}" if searches and job.model else job.rule] += job.seconds / 3600
    print(f"\n{len(jobs)} jobs, {sum(total.values()):.1f} core hours")
    print("| rule | core hours |\n| --- | --- |")
    for rule, hours in sorted(total.items(), key=lambda item: -item[1])[:6]:
        print(f"| {rule} | {hours:.2f} |")
    rows = []
    print("\n| cores | hours | with a training job per split | share of the cores at work |\n| --- | --- | --- | --- |")
    for cores in CORES:
        queue = QUEUE_SECONDS if cores > 16 else 0.0
        hours, other = (simulate(plan_, cores, queue) / 3600 for plan_ in (jobs, divided))
        rows.append({"cores": cores, "hours": hours, "hours_by_split": other})
        print(f"| {cores:,} | {hours:.2f} | {other:.2f} | {sum(total.values()) / hours / cores:.0%} |")
    path = critical_path(jobs)
    words = [
        f"{job.rule}{' of ' + '/'.join(job.model) if job.model else ''} {job.seconds / 60:.0f} min" for job in path
    ]
    print(f"\nThe longest way: {', '.join(word for word in words if not word.endswith(' 0 min'))}.")
    return {"measured": dict(measured), "core_hours": dict(total), "rows": rows, "longest_way": words}


def _rest_again(jobs: Mapping[int, Job]) -> None:
    order: list[int] = []
    seen: set[int] = set()

    def visit(number: int) -> None:
        if number not in seen:
            seen.add(number)
            for before in jobs[number].needs:
                visit(before)
            order.append(number)

    for number in jobs:
        visit(number)
    for number in reversed(order):
        own = jobs[number].seconds + START_SECONDS
        followers = [job.rest for job in jobs.values() if number in job.needs]
        jobs[number].rest = own + max(followers, default=0.0)


def overhead(patients: Sequence[int]) -> list[dict[str, Any]]:
    """Measure how long Snakemake plans a study of many patients, one job for twelve of them."""
    rows = []
    print("\n| patients | jobs | dry run, s | processor time, s |\n| --- | --- | --- | --- |")
    for count in patients:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "config/config.yaml"
            path.parent.mkdir()
            path.write_text(yaml.safe_dump({"dataset": {"phantom": {"patients": count}}}), encoding="utf-8")
            command = [sys.executable, "-c", PLANNED, "-s", str(ROOT / "workflow/Snakefile"), "-n", "--quiet", "rules"]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
            seconds = time.perf_counter() - start
        jobs = int(re.findall(r"^total +(\d+)$", done.stdout + done.stderr, flags=re.MULTILINE)[0])
        processor = float(re.findall(r"^processor (\S+)$", done.stdout + done.stderr, flags=re.MULTILINE)[0])
        rows.append({"patients": count, "jobs": jobs, "seconds": seconds, "processor_s": processor})
        print(f"| {count:,} | {jobs:,} | {seconds:.1f} | {processor:.1f} |", flush=True)
    return rows


PLANNED = """
import atexit, time
atexit.register(lambda: print("processor", time.process_time(), flush=True))
from snakemake.cli import main
main()
"""


def main() -> None:
    """Measure or read the measured times, simulate, and write benchmarks/results/scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="simulate with the times of the last run, measure none")
    options = parser.parse_args()
    config = complete(yaml.safe_load((ROOT / "config/msd.yaml").read_text(encoding="utf-8")))
    path = RESULTS / "scale.json"
    found = json.loads(path.read_text(encoding="utf-8")) if options.again else {}
    measured = found["measured"] if options.again else measure(config)
    planning = found["overhead"] if options.again else overhead((1000, 5000))
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps({**report(config, measured), "overhead": planning}, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
