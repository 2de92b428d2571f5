"""Where a report comes from: the machine, the date, the version and the commit."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

VERSION_FILE = Path(__file__).parents[1] / "VERSION"
CHECKOUT = Path(__file__).parents[3]
CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Release:
    """The code that made a report, and when.

    Attributes:
        date: Day in UTC, `2026-11-25`; empty if unknown.
        version: Version of SNNDeep.
        commit: Commit of the checkout, 40 hex digits; empty if it is no checkout of git.
    """

    date: str = ""
    version: str = ""
    commit: str = ""


def describe_release(checkout: Path = CHECKOUT) -> Release:
    """Return today's date, or that of SOURCE_DATE_EPOCH (seconds) if it is set, the version and the commit of a checkout."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    version = VERSION_FILE.read_text(encoding="utf-8").strip()
    return Release(now.date().isoformat(), version, commit_of(checkout))


def commit_of(checkout: Path) -> str:
    """Return the commit of a checkout as 40 hex digits, read from the files of git; empty if there is none."""
    folder = checkout / ".git"
    try:
        if folder.is_file():  # a worktree: the file names its folder
            folder = checkout / folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        common = folder / "commondir"
        shared = folder / common.read_text(encoding="utf-8").strip() if common.is_file() else folder
        found = _resolved(head.removeprefix("ref:").strip(), folder, shared) if head.startswith("ref:") else head
    except (OSError, UnicodeDecodeError):
        return ""
    return found if re.fullmatch(r"[0-9a-f]{40}", found) else ""


def _resolved(reference: str, *folders: Path) -> str:
    for folder in folders:
        if (folder / reference).is_file():
            return (folder / reference).read_text(encoding="utf-8").strip()
    packed = folders[-1] / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {reference}")), "")


def describe_machine() -> dict[str, str]:
    """Return the system, processor, number of cores and Python version of this machine, by name."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
