"""What a run writes holds no secrets and no text that a browser would execute."""

import http.server
import threading
from pathlib import Path

import pytest


def files_with(folder: Path, text: str) -> list[str]:
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def test_the_report_escapes_text(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    project.config["report"] = {"title": "</title><script>alert('title')</script><img src=x onerror=alert(1)>"}
    project.run("--quiet", "rules")
    page = (project.folder / "results/lean/report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(" in page
    for executed in ("<script>alert", "<img src=x"):
        assert executed not in page


@pytest.fixture
def server():
    """An address on this machine where nothing is found."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_credentials_of_an_address_are_written_nowhere(fresh, server):
    fresh.config["dataset"] = {"source": "msd", "msd": {"urls": [f"http://reader:s3cr3t@{server}/a.tar"]}}
    output = fresh.fails("--quiet", "rules")
    assert f"{server}/a.tar" in output
    assert "s3cr3t" not in output
    assert files_with(fresh.folder, "s3cr3t") == ["config/config.yaml"]


def test_credentials_are_neither_in_the_report_nor_in_provenance(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    project.config["report"] = {"title": "See https://reader:s3cr3t@example.org/notes?key=s3cr3t"}
    project.run("--quiet", "rules")
    assert files_with(project.folder / "work", "s3cr3t") == []
    assert files_with(project.folder / "results", "s3cr3t") == []
