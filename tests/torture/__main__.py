"""Attack what is stored, what is handed in and what is fetched, and count what came of it: `make torture LENGTH=1`.

Every try must end right, or refused with an error of SNNDeep. A result that is wrong without a word, a file that is lost, a
traceback, a hang and a crash are failures.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit"), str(HERE.parents[1] / "scripts")]

import inputs  # noqa: E402
import network  # noqa: E402
import stored  # noqa: E402
import upkeep  # noqa: E402
from tally import OUTCOMES, Tally  # noqa: E402

CLASSES = {
    "files exchanged between places": stored.exchanges,
    "bytes of stored files changed": stored.stored_bytes,
    "bytes of journals changed": stored.journals,
    "scans changed after the plan": stored.scans,
    "published copies changed": stored.published_copies,
    "faults of the file system": stored.file_faults,
    "writers killed": stored.kills,
    "a person's files near a prune": upkeep.own_files,
    "leases damaged": upkeep.leases,
    "model files, sealed again": inputs.models,
    "bytes of model files changed": inputs.model_bytes,
    "headers of scans changed": inputs.headers,
    "tar archives changed": inputs.tars,
    "descriptions of data sets": inputs.descriptions,
    "spellings of one name": inputs.spellings,
    "secrets in addresses": inputs.secrets,
    "servers that misbehave": network.servers,
}


def main() -> int:
    """Run the classes that were named, or all of them, and print the table."""
    length, seed = int(os.environ.get("LENGTH") or 1), int(os.environ.get("SEED") or 7)
    chosen = [name for name in CLASSES if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    tallies = []
    print("| class of tries | tries |", " | ".join(OUTCOMES), "| seconds |")
    print("| --- |" + " --: |" * (len(OUTCOMES) + 2))
    for name in chosen:
        tally, start = Tally(name), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            CLASSES[name](tally, Path(folder), Random(f"{seed} {name}"), length)
        tallies.append(tally)
        row = [name, tally.tries, *tally.counts.values(), f"{time.monotonic() - start:.0f}"]
        print("|", " | ".join(map(str, row)), "|", flush=True)
    sums = [sum(tally.counts[outcome] for tally in tallies) for outcome in OUTCOMES]
    print("| all |", " | ".join(map(str, [sum(sums), *sums])), "| |")
    for tally in tallies:
        for outcome, example in tally.examples.items():
            print(f"{tally.name}: {outcome}: {example}")
    return sum(tally.failures for tally in tallies) > 0


if __name__ == "__main__":
    sys.exit(main())
