"""A person's files in and around a store, and leases in every state: what prune must not touch."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from random import Random

from tally import LOST, RIGHT, SILENT, Tally

from snndeep.errors import SNNDeepError
from snndeep.store.files import write_json
from snndeep.store.folder import mark_store
from snndeep.store.lease import RunLease
from snndeep.store.owner import owner_of
from snndeep.store.pruning import PruneSettings, prune

OLD = 90 * 86400
STAGES = ("features", "train", "studies", "photos", "2024", ".cache", "leases")
NAMES = (
    "notes.txt",
    "thesis.tex",
    ".old.tmp",
    ".a.json.x.tmp.json",
    "a.json",
    "a.json.provenance.json",
    "run.journal",
    "x.part",
)
FOLDERS = ("202401151230", "aaaaaaaaaaaa", "0123456789ab", "holiday", ".doomed.mine", "deadbeefcafe")


def put(store: Path, name: str) -> Path:
    """Write a file of the store."""
    stage, address = name.split("/")
    write_json(store / name / "a.json", name, {"stage": stage, "address": address})
    return store / name / "a.json"


def age(folder: Path) -> None:
    """Make everything old."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            os.utime(path, (time.time() - OLD,) * 2)


def run_prune(store: Path, checkout: Path, live: set[str]) -> None:
    """Prune, sparing nothing that may go."""
    prune(store, live, PruneSettings(min_age_hours=0, keep_days=30), checkout, owner_of(checkout), lambda doomed: True)


def own_files(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Put a person's file somewhere below a store, and prune."""
    checkout = folder / "checkout"
    checkout.mkdir()
    for number in range(60 * length):
        store = folder / f"store{number}"
        mark_store(store)
        put(store, "features/bbbbbbbbbbbb")
        live = put(store, "train/cccccccccccc")
        place = (
            store / random.choice(STAGES) / random.choice(FOLDERS) / random.choice(("", "deep")) / random.choice(NAMES)
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("mine")
        age(store)

        def work(store=store, place=place, live=live) -> str:
            with contextlib.suppress(SNNDeepError):
                run_prune(store, checkout, {"train/cccccccccccc"})
            return RIGHT if place.exists() and place.read_text() == "mine" and live.exists() else LOST

        tally.attempt(str(place.relative_to(store)), work)
    for number, kind in enumerate(("home", "checkout", "encloses", "unmarked")):
        store = folder / f"other{number}"
        put(store, "features/bbbbbbbbbbbb")
        mine = store / "here" if kind == "encloses" else store if kind == "checkout" else checkout
        mine.mkdir(exist_ok=True)
        if kind != "unmarked":
            (store / ".snndeep-store").write_text("{}")
        age(store)

        def work(store=store, mine=mine, kind=kind) -> str:
            if kind == "home":
                os.environ["HOME"] = str(store)
            with contextlib.suppress(SNNDeepError):
                run_prune(store, mine, set())
            return RIGHT if (store / "features/bbbbbbbbbbbb/a.json").exists() else LOST

        tally.attempt(f"store that is {kind}", work)


def leases(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Damage the lease of a run at work in another checkout, and prune: what it reaches must stay."""
    mine, theirs = folder / "mine", folder / "theirs"
    for path in (mine, theirs):
        path.mkdir()
    kinds = ("as it is", "empty", "truncated", "dangling", "byte", "same host and path", "removed and touched",
             "silent for days", "long run")  # fmt: skip
    for number in range(6 * length):
        for kind in kinds:
            store = folder / f"store{number}{kind}"
            mark_store(store)
            reached, other = put(store, "features/bbbbbbbbbbbb"), put(store, "train/cccccccccccc")
            age(store)
            checkout = theirs
            if kind == "same host and path":
                checkout = folder / "twin"
                shutil.rmtree(checkout, ignore_errors=True)
                checkout.mkdir()
            lease = RunLease(store, checkout, "demo")
            lease._live, lease._began = ["features/bbbbbbbbbbbb"], time.time()
            lease._write(lease._began, over=False)
            content = lease.path.read_bytes()
            if kind == "empty":
                lease.path.write_bytes(b"")
            elif kind == "truncated":
                lease.path.write_bytes(content[: random.randrange(len(content))])
            elif kind == "dangling":
                lease.path.unlink()
                lease.path.symlink_to("nowhere")
            elif kind == "byte":
                place = random.randrange(content.index(b"live"), len(content))
                lease.path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            elif kind == "same host and path":
                shutil.rmtree(checkout)
                checkout.mkdir()
            elif kind == "removed and touched":
                lease.path.unlink()
                lease._write(lease._began, over=False)
            elif kind == "silent for days":
                os.utime(lease.path, (time.time() - 20 * 86400,) * 2)
            elif kind == "long run":
                lease._began = time.time() - 100 * 86400
                lease._write(lease._began, over=False)
                os.utime(lease.path, (time.time() - 40 * 86400,) * 2)
            pruner = checkout if kind == "same host and path" else mine

            def work(store=store, pruner=pruner, reached=reached, other=other) -> str:
                try:
                    run_prune(store, pruner, set())
                except SNNDeepError:
                    return RIGHT if reached.exists() and other.exists() else SILENT
                return RIGHT if reached.exists() else LOST

            tally.attempt(f"lease: {kind}", work)
