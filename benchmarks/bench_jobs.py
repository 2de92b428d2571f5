"""The demo's nine training jobs as processes, start-up included: the custom engine beside the frameworks.

    python benchmarks/bench_jobs.py [--repeats N]

Snakemake runs the rule `train` of config/config.yaml, one job at a time, again and again; what comes before is made
first if it is not there. A job's seconds are those that Snakemake writes beside its log. The first round compiles and is
not counted. Results go to benchmarks/results/jobs.json, medians of each job.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snndeep.store.files import write_json  # noqa: E402

OURS, FRAMEWORKS = "custom", ("snntorch", "spikingjelly")
RULES = ("surrogate", "tempotron", "bal")


def run_jobs() -> dict[tuple[str, str], float]:
    """Run the nine jobs and return the seconds of each by (backend, rule)."""
    start = time.time()
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all", "--until", "train"]
    done = subprocess.run([*command, "--forcerun", "train"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    seconds = {}
    for path in (ROOT / "logs" / "train").glob("*.tsv"):
        if path.stat().st_mtime >= start:
            _, backend, rule = path.stem.split(".")
            with path.open(encoding="utf-8", newline="") as file:
                seconds[backend, rule] = float(next(csv.DictReader(file, delimiter="\t"))["s"])
    return seconds


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="rounds that count")
    repeats = parser.parse_args().repeats
    run_jobs()
    times = defaultdict(list)
    for _ in range(repeats):
        for job, seconds in run_jobs().items():
            times[job].append(seconds)
    medians = {job: median(values) for job, values in times.items()}
    rows = []
    print(f"{'train job of the demo':<24} {'ours/s':>8} {'peer':<14} {'peer/s':>8} {'ratio':>6}   goal")
    for rule in RULES:
        peer = min(FRAMEWORKS, key=lambda backend: medians[backend, rule])
        ours, theirs = medians[OURS, rule], medians[peer, rule]
        rows.append(
            {"work": rule, "ours_s": ours, "peer": peer, "peer_s": theirs, "ratio": theirs / ours, "goal": ">= 3"}
        )
        print(f"{rule:<24} {ours:>8.2f} {peer:<14} {theirs:>8.2f} {theirs / ours:>6.2f}   >= 3")
    path = ROOT / "benchmarks" / "results" / "jobs.json"
    write_json(path, rows)
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
