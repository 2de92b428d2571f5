"""A web server on loopback that serves one file, well or badly, and an archive of the Decathlon's layout to serve."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import re
import socket
import struct
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

FOLDERS = {"image": "imagesTr", "label": "labelsTr"}
PIECE = 8192


@dataclass
class Behaviour:
    """How the server behaves; may be changed while it runs.

    Attributes:
        content: The file.
        ranges: Whether ranges are served.
        etag: Identity of the file.
        statuses: Answers to the next requests instead of the file.
        cuts: After how many bytes each of the next bodies ends with a reset connection.
        pause: Seconds before each piece of a body.
        announced: Size to claim instead of the true one.
        gentle: Whether a body that is cut ends like a finished one, so that all its bytes arrive, instead of a reset.
        piece: Bytes that are sent at once.
        shift: Bytes by which a range is said to begin later than it was asked for.
        fickle: Whether every answer has another identity.
        encoding: Said of every answer.
        moved: Where `/moved` leads.
        sent: First byte and number of bytes of every body so far.
        paths: What was asked for.
    """

    content: bytes
    ranges: bool = True
    etag: str = '"one"'
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    pause: float = 0.0
    announced: int | None = None
    gentle: bool = False
    piece: int = PIECE
    shift: int = 0
    fickle: bool = False
    encoding: str = ""
    moved: str = "/Task03_Liver.tar"
    sent: list[list[int]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Bytes of all bodies so far."""
        return sum(count for _, count in self.sent)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        does = self.server.behaviour
        does.paths.append(self.path)
        if self.path.endswith("/moved"):
            self.send_response(302)
            self.send_header("Location", does.moved)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if does.statuses:
            self._refuse(does.statuses.pop(0))
            return
        if not self.path.partition("?")[0].endswith("Task03_Liver.tar"):
            self._refuse(404)
            return
        if does.fickle:
            does.etag = f'"{len(does.paths)}"'
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", does.etag) == does.etag
        size = len(does.content) if does.announced is None else does.announced
        if wanted and does.ranges and same:
            start, stop = int(wanted[1]), int(wanted[2]) + 1
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start + does.shift}-{stop - 1 + does.shift}/{size}")
        else:
            start, stop = 0, size
            self.send_response(200)
        self.send_header("Content-Length", str(stop - start))
        if does.encoding:
            self.send_header("Content-Encoding", does.encoding)
        if does.etag:
            self.send_header("ETag", does.etag)
        self.end_headers()
        self._send(does, start, stop)

    def _send(self, does, start, stop):
        record = [start, 0]
        does.sent.append(record)
        cut = does.cuts.pop(0) if does.cuts and stop - start > 1 else None
        end = stop if cut is None else min(stop, start + cut)
        try:
            for position in range(start, end, does.piece):
                time.sleep(does.pause)
                piece = does.content[position : min(position + does.piece, end)]
                self.wfile.write(piece)
                record[1] += len(piece)
        except OSError:
            self.close_connection = True
            return
        if end < stop or len(does.content) < stop:
            self.close_connection = True
            if does.gentle:
                return
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _refuse(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def finish(self):
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        # Little is on its way at any time, so that what was sent is near what was received.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
        return connection, address

    def handle_error(self, *_):
        pass  # clients that are killed are part of the tests


class Loopback:
    """The server; to be used in a `with` statement."""

    def __init__(self, content: bytes):
        self.behaviour = Behaviour(content)

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.behaviour = self.behaviour
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}/Task03_Liver.tar"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def scan(seed: int, size: int) -> bytes:
    """Return a sound gzip file of about this size."""
    return gzip.compress(np.random.default_rng(seed).bytes(size), compresslevel=1, mtime=0)


def decathlon(cases: Sequence[int], size: int = 40_000) -> dict[str, bytes]:
    """Return the members of a small Task03_Liver: images, small labels, unlabelled images and what macOS adds."""
    members = {"Task03_Liver/._dataset.json": b"x" * 163, "Task03_Liver/dataset.json": b"{}"}
    for part, weight in (("imagesTr", size), ("labelsTr", size // 20), ("imagesTs", size // 2)):
        for k in cases:
            prefix = "./" if k % 2 else ""
            number = k + 131 if part == "imagesTs" else k
            members[f"{prefix}Task03_Liver/{part}/._liver_{number}.nii.gz"] = b"x" * 163
            members[f"{prefix}Task03_Liver/{part}/liver_{number}.nii.gz"] = scan(1000 * len(members) + k, weight)
    return members


def tar_of(members: Mapping[str, bytes], *special: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an uncompressed tar of files and of special members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in special:
            # Written as it is: from Python 3.13 on, `addfile` refuses a header that promises content without bringing it.
            buffer.write(info.tobuf(tar.format, tar.encoding, tar.errors))
    return buffer.getvalue()


def md5(content: bytes) -> str:
    """Return the MD5 of bytes."""
    return hashlib.md5(content).hexdigest()
