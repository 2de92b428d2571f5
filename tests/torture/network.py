"""Servers that break, lie, dawdle and send elsewhere: the file is right or refused, and no byte that came is thrown away."""

from __future__ import annotations

from pathlib import Path
from random import Random

from loopback import Loopback, md5
from tally import RIGHT, SILENT, Tally

from snndeep.download.mirrors import from_mirrors
from snndeep.download.remote import Patience
from snndeep.download.transfer import Span, transfer

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, connect=2, silence=2, least_rate=20_000, window=0.3)


def servers(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Fetch from a server with one odd behaviour."""
    content = random.randbytes(400_000)
    kinds = ("sound", "cuts", "gentle cuts", "cut every few bytes", "one byte a second", "silent", "fickle", "shift", "larger",
             "smaller", "no ranges", "no ranges, cuts", "busy", "redirects without end", "encoded", "other bytes",
             "replaced meanwhile")  # fmt: skip
    for number in range(4 * length):
        for kind in kinds:
            with Loopback(content) as server:
                does, url = server.behaviour, server.url
                if kind in ("cuts", "gentle cuts", "no ranges, cuts"):
                    does.cuts = [random.randrange(1, 100_000) for _ in range(random.randrange(1, 40))]
                    does.gentle = kind == "gentle cuts"
                elif kind == "cut every few bytes":
                    does.cuts, does.gentle = [random.randrange(1, 50)] * 20_000, True
                elif kind == "one byte a second":
                    does.pause, does.piece = 0.05, 1
                elif kind == "silent":
                    does.pause = 5.0
                elif kind == "fickle":
                    does.fickle = True
                elif kind == "shift":
                    does.shift = random.choice((-512, 1, 512))
                elif kind in ("larger", "smaller"):
                    does.announced = len(content) + (700 if kind == "larger" else -700)
                elif kind == "busy":
                    does.statuses = [503] * random.randrange(1, 9)
                elif kind == "redirects without end":
                    does.moved, url = "/moved", f"{server.root}/moved"
                elif kind == "encoded":
                    does.encoding = "gzip"
                elif kind == "other bytes":
                    does.content = content[::-1]
                elif kind == "replaced meanwhile":
                    does.cuts = [random.randrange(1, 300_000)]
                if kind.startswith("no ranges"):
                    does.ranges = False
                target = folder / f"{number}{kind}"

                def work(url=url, target=target) -> str:
                    from_mirrors(
                        [url],
                        len(content),
                        QUICK,
                        lambda source: transfer(source, Span(0, source.size), target, md5(content)),
                    )
                    return RIGHT if target.read_bytes() == content else SILENT

                tally.attempt(kind, work)
                waste = does.total - len(content) - 1
                if kind in ("sound", "gentle cuts") and waste > 0:
                    tally.counts["lost"] += 1
                    tally.counts["right"] -= 1
                    tally.examples.setdefault("lost", f"{kind}: {waste} bytes fetched twice")
