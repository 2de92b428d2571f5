"""What is stored: files exchanged, bytes changed, faults of the file system, writers killed, scans and copies changed."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import signal
import time
from pathlib import Path
from random import Random

import numpy as np
import optuna
import pandas as pd
from optuna.trial import create_trial
from tally import LOST, REFUSED, RIGHT, SILENT, Tally

from snndeep.errors import SNNDeepError
from snndeep.samples.extraction import Extraction
from snndeep.samples.features import extract_batch
from snndeep.scans.converted import NiftiScan
from snndeep.scans.settings import Plausibility
from snndeep.store import files
from snndeep.store.content import content_digest
from snndeep.store.files import provenance_path, record_provenance, write_json, write_npz
from snndeep.store.publication import publish, write_publication
from snndeep.store.tables import read_table, write_table
from snndeep.store.verification import verify
from snndeep.training.trials import FinishedTrials, open_journal, study_name

files.PAUSE_SECONDS = 0.001
ADDRESSES = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")
READERS = {".json": files.read_json, ".npz": files.read_npz, ".parquet": read_table}


def make_store(folder: Path) -> list[Path]:
    """Write a store of two stages, three addresses each, and return its files."""
    made = []
    for number, (stage, address) in enumerate(itertools.product(("features", "train"), ADDRESSES)):
        place, words = folder / stage / address, {"stage": stage, "address": address, "config": {"steps": number}}
        write_json(place / "a.json", [number] * 20, words)
        write_npz(place / "a.npz", {"x": np.arange(number, number + 50), "y": np.full((3, 4), number / 7)}, words)
        write_table(place / "a.parquet", pd.DataFrame({"x": [number, 1.5], "name": ["a", "b"]}), words)
        made += [place / f"a{suffix}" for suffix in READERS]
    return made


def stage_of(path: Path) -> str:
    """Return the stage of a file of the store."""
    return path.parent.parent.name


def content_of(path: Path) -> str:
    """Return what a reader makes of a file, as text."""
    value = READERS[path.suffix](path, stage_of(path))
    if path.suffix == ".npz":
        return repr({name: values.tolist() for name, values in value.items()})
    return value.to_csv() if path.suffix == ".parquet" else repr(value)


def exchange(first: Path, second: Path) -> None:
    """Exchange two files together with their provenance."""
    for one, two in ((first, second), (provenance_path(first), provenance_path(second))):
        between = one.with_name("between")
        one.rename(between)
        two.rename(one)
        between.rename(two)


def exchanges(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Exchange every pair of files of one kind."""
    made = make_store(folder)
    truth = {path: content_of(path) for path in made}
    for first, second in itertools.combinations(made, 2):
        if first.suffix == second.suffix:
            exchange(first, second)
            tally.attempt(
                f"{first} and {second}", lambda first=first: RIGHT if content_of(first) == truth[first] else SILENT
            )
            exchange(first, second)


def changed(content: bytes, random: Random) -> bytes:
    """Return bytes with one of many kinds of damage."""
    data = bytearray(content)
    place = random.randrange(len(data))
    kind = random.randrange(5)
    if kind == 0:
        data[place] ^= 1 << random.randrange(8)
    elif kind == 1:
        data[place] = random.choice(b"0123456789")
    elif kind == 2:
        del data[place:]
    elif kind == 3:
        data[place:place] = random.randbytes(random.randrange(1, 9))
    else:
        del data[place : place + random.randrange(1, 9)]
    return bytes(data)


def stored_bytes(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change bytes of files and of their provenance."""
    made = make_store(folder)
    truth = {path: content_of(path) for path in made}
    for _ in range(300 * length):
        path = random.choice(made)
        target = random.choice((path, provenance_path(path)))
        content = target.read_bytes()
        target.write_bytes(changed(content, random))
        tally.attempt(str(target), lambda path=path: RIGHT if content_of(path) == truth[path] else SILENT)
        target.write_bytes(content)


def make_journal(path: Path) -> None:
    """Write a journal of two studies with five trials each."""
    random = Random(5)
    storage = open_journal(path)
    space = {
        "rate": optuna.distributions.FloatDistribution(0, 1),
        "size": optuna.distributions.IntDistribution(1, 99),
        "kind": optuna.distributions.CategoricalDistribution(["a", "b"]),
    }
    for split in ("patient_0", "patient_1"):
        finished = FinishedTrials(storage, study_name(path, split))
        for number in range(5):
            params = {"rate": random.random(), "size": random.randrange(1, 99), "kind": random.choice("ab")}
            trial = create_trial(
                params=params, distributions=space, value=random.random(), intermediate_values={0: random.random()}
            )
            trial.number = number
            finished.add(trial)


def trials_of(path: Path) -> dict[str, list[str]]:
    """Return all that a search takes from a journal."""
    storage = open_journal(path)
    return {
        split: [
            repr((t.number, t.value, sorted(t.params.items()), t.intermediate_values, t.duration))
            for t in FinishedTrials(storage, study_name(path, split)).read()
        ]
        for split in ("patient_0", "patient_1")
    }


def journals(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change bytes of a journal; trials that are gone run again and come out the same, changed ones are wrong."""
    original = folder / "studies" / ADDRESSES[0] / "custom.surrogate.journal"
    make_journal(original)
    truth, content = trials_of(original), original.read_bytes()

    def read() -> str:
        found = trials_of(original)
        known = {entry for entries in truth.values() for entry in entries}
        wrong = [entry for split, entries in found.items() for entry in entries if entry not in truth[split]]
        return RIGHT if not wrong and all(entry in known for entries in found.values() for entry in entries) else SILENT

    for _ in range(400 * length):
        original.write_bytes(changed(content, random))
        tally.attempt("journal", read)


def published_copies(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change, remove and add to what was published; verify names it."""
    made = make_store(folder / "work")
    live = sorted({f"{stage_of(path)}/{path.parent.name}" for path in made})
    run = folder / "results/demo"
    copies = publish({path: run / f"{number}{path.suffix}" for number, path in enumerate(made)})
    write_publication(run / "provenance.json", folder / "work", live, copies, {})

    def check() -> str:
        verify(folder / "work", live, {}, folder / "results", "demo")
        return SILENT

    for _ in range(60 * length):
        path = random.choice([*copies, run / "provenance.json", *made, *map(provenance_path, made)])
        content = path.read_bytes()
        damaged = changed(content, random)
        if random.random() < 0.3:
            path.unlink()
        else:
            path.write_bytes(damaged if damaged != content else b"")
        tally.attempt(str(path), check)
        path.write_bytes(content)


ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EROFS, errno.EFBIG, errno.EACCES, errno.ENOENT,
          errno.EMFILE, errno.ENOTDIR, errno.ETIMEDOUT, errno.EINVAL)  # fmt: skip


def file_faults(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Let each step of a write fail with each error; what stands afterwards is whole, old or new."""
    steps = ("replace", "mkdir", "chmod", "open", "stat")
    for number, step, call in itertools.product(ERRORS, steps, range(2 + length)):
        path = folder / f"{number}{step}{call}" / "a.json"
        words = {"stage": "train", "address": ADDRESSES[0]}

        def work(path=path, words=words, number=number, step=step, call=call) -> str:
            write_json(path, "old")
            genuine, calls = getattr(Path, step), itertools.count()

            def failing(self, *arguments, **options):
                if next(calls) == call:
                    raise OSError(number, os.strerror(number), str(self))
                return genuine(self, *arguments, **options)

            setattr(Path, step, failing)
            outcome = RIGHT
            try:
                write_json(path, "new", words)
            except SNNDeepError:
                outcome = REFUSED
            setattr(Path, step, genuine)
            stands = json.loads(path.read_text(encoding="utf-8"))
            left = [entry.name for entry in path.parent.iterdir() if "tmp" in entry.name]
            return SILENT if stands not in ("old", "new") or left else outcome

        tally.attempt(f"{os.strerror(number)} at call {call} of {step}", work)


def kills(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Kill writers at any moment; what stands is whole, and the next writer succeeds."""
    path, words = folder / "train" / ADDRESSES[0] / "a.npz", {"stage": "train", "address": ADDRESSES[0]}
    for number in range(60 * length):
        child = os.fork()
        if child == 0:
            while True:
                write_npz(path, {"a": np.full(20_000, number)}, words)
                path.unlink(missing_ok=True)
        time.sleep(random.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        def work(number=number) -> str:
            if path.exists():
                values = files.read_npz(path, "train")["a"]
                if len(set(values.tolist())) != 1:
                    return SILENT
            write_npz(path, {"a": np.full(20_000, number)}, words)
            return RIGHT if len(files.read_npz(path, "train")["a"]) == 20_000 else LOST

        tally.attempt("killed writer", work)


def scans(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change or exchange scans between plan and job."""
    from snndeep.phantom.generate import write_case
    from snndeep.phantom.settings import PhantomSettings
    from snndeep.radiomics.settings import FeatureSettings

    settings = PhantomSettings.from_mapping({"patients": 2, "shape": [32, 32, 8], "seed": 3})
    config = {"features": FeatureSettings(families=("intensity_statistics",)).to_mapping(), "labels": {}}
    place = folder / "data" / ADDRESSES[0]
    cases = {name: (place / f"imagesTr/{name}.nii.gz", place / f"labelsTr/{name}.nii.gz") for name in ("one", "two")}
    for number, paths in enumerate(cases.values()):
        write_case(settings, number, *paths)
        for path in paths:
            record_provenance(path, {"stage": "data", "address": ADDRESSES[0]})
    own = {
        name: [shutil.copy(path, folder / f"{name}.{k}.nii.gz") for k, path in enumerate(paths)]
        for name, paths in cases.items()
    }

    numbers = itertools.count()

    def extract(name: str, image, label, planned) -> Path:
        target = folder / "features" / f"{next(numbers):08x}{os.getpid() % 10_000:04d}"
        stage = {"stage": "features", "address": target.name, "config": config}
        scans = [NiftiScan(Path(path), digest) for path, digest in zip((image, label), planned, strict=True)]
        extract_batch([Extraction(name, *scans, target, stage)], Plausibility(), "fail", folder / "batch")
        return target

    def expect(name: str, work) -> str:
        return (
            RIGHT
            if read_table(work() / "slices.parquet", "features").drop(columns="case").equals(truth[name])
            else SILENT
        )

    truth = {
        name: read_table(extract(name, *paths, ("", "")) / "slices.parquet", "features").drop(columns="case")
        for name, paths in cases.items()
    }
    digests = {name: tuple(content_digest(Path(path)) for path in paths) for name, paths in own.items()}
    for number in range(10 * length):
        with_provenance = number % 2 == 0
        for first, second in zip(cases["one"], cases["two"], strict=True):
            if with_provenance:
                exchange(first, second)
            else:
                first.rename(folder / "between")
                second.rename(first)
                (folder / "between").rename(second)
        tally.attempt(
            "exchanged below the store", lambda: expect("one", lambda: extract("one", *cases["one"], ("", "")))
        )
        for first, second in zip(cases["one"], cases["two"], strict=True):
            if with_provenance:
                exchange(first, second)
            else:
                first.rename(folder / "between")
                second.rename(first)
                (folder / "between").rename(second)
        tally.attempt(
            "replaced after the plan", lambda: expect("one", lambda: extract("one", *own["two"], digests["one"]))
        )
        tally.attempt("as planned", lambda: expect("one", lambda: extract("one", *own["one"], digests["one"])))
