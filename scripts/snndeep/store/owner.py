"""Who works on a store: the process, and the checkout that it runs in."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
import uuid
from pathlib import Path

_IDENTITY = Path(".snakemake/checkout-id")


def name_account() -> None:
    """Give an account without a name, as in many containers, its number: Snakemake and libraries ask for the name and fail."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())


def whoami() -> dict[str, str | int]:
    """Return who runs this process and where, for those who find its lock or lease."""
    name_account()
    return {"user": getpass.getuser(), "host": socket.gethostname(), "pid": os.getpid()}


def owner_of(checkout: Path) -> str:
    """Return what tells a checkout from all others: 12 hex digits of its path and identity.

    Containers and machines may have equal paths, so a checkout also has an identity, drawn when it is first asked for. All
    machines of a cluster give the same answer for one folder. Only where no identity can be written, the host's name counts.
    """
    path = checkout / _IDENTITY
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), path.open("x", encoding="ascii") as file:
            file.write(uuid.uuid4().hex)
    try:
        identity = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        identity = socket.gethostname()  # a checkout that may not be written to
    return hashlib.sha256(f"{checkout.absolute()}:{identity}".encode()).hexdigest()[:12]
