"""One large file from a real server on loopback that breaks in every way a server can."""

import io
import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import requests
from loopback import Loopback, md5

from snndeep.download import transfer as transfer_module
from snndeep.download.disk import require_space
from snndeep.download.mirrors import from_mirrors
from snndeep.download.progress import Progress
from snndeep.download.remote import Patience, RemoteFile
from snndeep.download.transfer import Span, transfer
from snndeep.errors import DownloadError, StorageError

SCRIPTS = Path(__file__).parents[2] / "scripts"
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, connect=5, silence=5)
CONTENT = np.random.default_rng(1).bytes(3_000_017)
SIZE = len(CONTENT)
NOWHERE = "http://127.0.0.1:9/Task03_Liver.tar"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with Loopback(CONTENT) as running:
        yield running


def fetch(urls, target, checksum=None, patience=QUICK, size=SIZE):
    checksum = md5(CONTENT) if checksum is None else checksum
    from_mirrors(urls, size, patience, lambda source: transfer(source, Span(0, source.size), target, checksum))


def only(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_arrives_whole(server, tmp_path, ranges):
    server.behaviour.ranges = ranges
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert only(tmp_path) == ["x"]


@pytest.mark.parametrize("seed", range(3))
def test_a_connection_that_breaks_again_and_again_costs_few_bytes(server, tmp_path, seed):
    server.behaviour.cuts = np.random.default_rng(seed).integers(300_000, 700_000, 5).tolist()
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert len(server.behaviour.sent) >= 6
    starts = [start for start, _ in server.behaviour.sent[1:]]
    assert starts == sorted(set(starts)), "every connection goes on further along"


@pytest.mark.parametrize("cut", [65_000, 70_000, 5_000, 1_000_003])
def test_no_byte_that_came_is_fetched_again(server, tmp_path, cut):
    server.behaviour.cuts, server.behaviour.gentle = [cut] * 1000, True
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.behaviour.total == SIZE + 1, "and the one that is asked for at first"


def test_a_server_that_breaks_every_few_bytes_is_given_up(server, tmp_path):
    server.behaviour.cuts, server.behaviour.gentle = [100] * 1000, True
    with pytest.raises(DownloadError, match="connection failed"):
        fetch([server.url], tmp_path / "x")
    assert len(server.behaviour.sent) == 1 + QUICK.attempts
    assert (tmp_path / "x.part").read_bytes() == CONTENT[: 100 * QUICK.attempts]


def test_a_server_that_is_too_slow_is_given_up_and_the_next_one_goes_on_from_there(server, tmp_path):
    server.behaviour.pause, server.behaviour.piece = 0.01, 1
    hasty = replace(QUICK, least_rate=10_000, window=0.2)
    with pytest.raises(DownloadError, match="too slow") as caught:
        fetch([server.url], tmp_path / "x", patience=hasty)
    assert caught.value.expected == "at least 10000"
    assert len(server.behaviour.sent) == 2, "a slow server is not asked again"
    had = (tmp_path / "x.part").stat().st_size
    assert had > 0
    with Loopback(CONTENT) as second:
        fetch([server.url, second.url], tmp_path / "x", patience=hasty)
        assert (tmp_path / "x").read_bytes() == CONTENT
        assert second.behaviour.total <= SIZE - had + 1


def test_small_ranges_of_a_slow_server_are_given_up_too(server):
    source = RemoteFile(server.url, SIZE, replace(QUICK, least_rate=10_000, window=0.2))
    server.behaviour.pause, server.behaviour.piece = 0.01, 1
    with pytest.raises(DownloadError, match="too slow"):
        source.read(0, 20_000)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"fickle": True}, "changed while it was being fetched"),
        ({"shift": 512}, "changed while it was being fetched"),
        ({"encoding": "gzip"}, "does not give the file"),
        ({"announced": SIZE - 1}, "another file"),
        ({"etag": ""}, ""),
        ({"etag": 'W/"weak"'}, ""),
        ({"ranges": False, "fickle": True}, ""),
    ],
)
def test_answers_that_lie_are_refused_and_odd_ones_are_right(server, tmp_path, behaviour, words):
    for name, value in behaviour.items():
        setattr(server.behaviour, name, value)
    if not words:
        fetch([server.url], tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == CONTENT
        return
    with pytest.raises(DownloadError, match=words):
        fetch([server.url], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_redirection_without_end_is_refused(server, tmp_path):
    server.behaviour.moved = "/moved"
    with pytest.raises(DownloadError, match="cannot be used") as caught:
        fetch([f"{server.root}/moved"], tmp_path / "x")
    assert "TooManyRedirects" in caught.value.found


@pytest.mark.parametrize(
    ("asked", "location", "refused"),
    [
        ("https://a/x.tar", "http://a/x.tar", True),
        ("https://a/x.tar", "HTTP://b/x.tar", True),
        ("https://a/x.tar", "ftp://a/x.tar", True),
        ("https://a/x.tar", "/y.tar", False),
        ("https://a/x.tar", "//b/y.tar", False),
        ("http://a/x.tar", "https://a/x.tar", False),
        ("http://a/x.tar", "http://b/x.tar", False),
    ],
)
def test_nobody_is_sent_from_https_to_http(server, monkeypatch, asked, location, refused):
    def answer(self, request, **_):
        response = requests.Response()
        response.status_code, response.url, response.request = 302, asked, request
        response.headers["Location"], response.raw = location, io.BytesIO()
        if request.url != asked:
            raise requests.ConnectionError(f"went on to {request.url}")
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", answer)
    with pytest.raises(DownloadError) as caught:
        RemoteFile(asked, SIZE, replace(QUICK, attempts=1))
    assert ("cannot be trusted" in str(caught.value)) == refused
    assert ("went on to" in str(caught.value)) != refused


def test_connections_that_bring_nothing_are_tried_a_few_times_only(server, tmp_path):
    server.behaviour.cuts = [0] * 50
    with pytest.raises(DownloadError, match="connection failed"):
        fetch([server.url], tmp_path / "x")
    assert len(server.behaviour.sent) == 1 + QUICK.attempts


def test_without_ranges_a_broken_connection_starts_over(server, tmp_path):
    server.behaviour.ranges, server.behaviour.cuts = False, [500_000, 500_000]
    fetch([server.url], tmp_path / "x", patience=Patience(4, 0.01, 0.02))
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_without_ranges_a_server_that_always_breaks_is_given_up(server, tmp_path):
    server.behaviour.ranges, server.behaviour.cuts = False, [500_000] * 50
    with pytest.raises(DownloadError, match="connection failed"):
        fetch([server.url], tmp_path / "x")


def test_a_part_is_gone_on_with(server, tmp_path):
    server.behaviour.cuts = [1_500_000, *[0] * QUICK.attempts]
    with pytest.raises(DownloadError):
        fetch([server.url], tmp_path / "x")
    assert only(tmp_path) == ["x.part", "x.part.json"]
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.behaviour.sent[-1][0] > 1_400_000


def interrupted(server, target, stop=1_500_000):
    """Leave a part of a transfer behind."""
    server.behaviour.cuts = [stop, *[0] * QUICK.attempts]
    with pytest.raises(DownloadError):
        fetch([server.url], target)
    server.behaviour.cuts = []


def test_a_file_that_changed_in_between_is_fetched_anew(server, tmp_path):
    interrupted(server, tmp_path / "x")
    other = CONTENT[::-1]
    server.behaviour.content, server.behaviour.etag = other, '"two"'
    fetch([server.url], tmp_path / "x", md5(other))
    assert (tmp_path / "x").read_bytes() == other


def test_a_file_that_changes_during_the_transfer_is_not_spliced(server, tmp_path):
    server.behaviour.cuts = [1_500_000]
    other = CONTENT[::-1]

    class Replaced(list):
        def pop(self, _=0):
            server.behaviour.content, server.behaviour.etag = other, '"two"'
            return super().pop(0)

    server.behaviour.cuts = Replaced([1_500_000])
    fetch([server.url], tmp_path / "x", md5(other))
    assert (tmp_path / "x").read_bytes() == other


def test_a_part_that_was_damaged_on_disk_is_fetched_anew(server, tmp_path):
    interrupted(server, tmp_path / "x")
    with (tmp_path / "x.part").open("r+b") as file:
        file.write(b"damage")
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_another_file_under_the_address_is_refused(server, tmp_path):
    with pytest.raises(DownloadError, match="not the file that was published") as caught:
        fetch([server.url], tmp_path / "x", "0" * 32)
    assert md5(CONTENT) in caught.value.found
    assert only(tmp_path) == []


def test_a_file_of_another_size_is_refused_before_it_is_fetched(server, tmp_path):
    server.behaviour.announced = len(CONTENT) + 5
    with pytest.raises(DownloadError, match="another file"):
        fetch([server.url], tmp_path / "x")
    assert server.behaviour.total <= 1


def test_a_server_that_sends_less_than_it_says_is_given_up(server, tmp_path):
    server.behaviour.announced = len(CONTENT) + 5
    with pytest.raises(DownloadError):
        fetch([server.url], tmp_path / "x", size=len(CONTENT) + 5)
    assert "x" not in only(tmp_path)


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.behaviour.statuses = [503, 429]
    fetch([server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_server_that_stays_busy_is_given_up(server, tmp_path):
    server.behaviour.statuses = [503] * 50
    with pytest.raises(DownloadError, match="503"):
        fetch([server.url], tmp_path / "x")
    assert len(server.behaviour.paths) == QUICK.attempts


def test_an_address_without_file_is_not_asked_again(server, tmp_path):
    with pytest.raises(DownloadError, match="404"):
        fetch([f"{server.root}/other.tar"], tmp_path / "x")
    assert len(server.behaviour.paths) == 1


def test_a_redirection_is_followed(server, tmp_path):
    fetch([f"{server.root}/moved"], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_slow_server_is_borne_with_and_progress_is_logged(server, tmp_path, caplog, monkeypatch):
    server.behaviour.pause = 0.002
    monkeypatch.setattr(transfer_module, "Progress", lambda *args: Progress(*args, every=0.1))
    with caplog.at_level(logging.INFO, "snndeep"):
        fetch([server.url], tmp_path / "x")
    lines = [record.message for record in caplog.records if " left" in record.message]
    assert lines
    assert "MB of 3.00MB" in lines[-1]
    assert "B/s" in lines[-1]


def test_a_silent_server_is_given_up(server, tmp_path):
    server.behaviour.pause = 2.0
    with pytest.raises(DownloadError, match="timed out"):
        fetch([server.url], tmp_path / "x", patience=Patience(2, 0.01, 0.02, connect=1, silence=0.2))


def test_an_unreachable_server(tmp_path):
    with pytest.raises(DownloadError, match="refused"):
        fetch([NOWHERE], tmp_path / "x")
    with pytest.raises(DownloadError, match="resolve"):
        fetch(["http://no-such-host.invalid/x.tar"], tmp_path / "x")
    with pytest.raises(DownloadError, match="cannot be used"):
        fetch(["http://[::1/x.tar"], tmp_path / "x")


def test_mirrors_are_tried_in_order(server, tmp_path):
    with Loopback(CONTENT) as second:
        server.behaviour.statuses = [403]
        fetch([server.url, second.url, NOWHERE], tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == CONTENT
        assert second.behaviour.total > 0


def test_a_mirror_goes_on_where_another_one_failed(server, tmp_path):
    with Loopback(CONTENT) as second:
        second.behaviour.etag = '"its own"'
        server.behaviour.cuts = [1_500_000, *[0] * 50]
        fetch([server.url, second.url], tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == CONTENT
        assert second.behaviour.total < 1_700_000


def test_a_mirror_with_another_file_does_not_spoil_the_next(server, tmp_path):
    with Loopback(CONTENT[::-1]) as wrong:
        fetch([wrong.url, server.url], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_no_mirror_serves(server, tmp_path):
    with pytest.raises(DownloadError, match="None of the addresses") as caught:
        fetch([NOWHERE, f"{server.root}/other.tar"], tmp_path / "x")
    assert "refused" in caught.value.found
    assert "404" in caught.value.found


def test_a_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.root)
    fetch(["http://data.example.invalid/Task03_Liver.tar"], tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.behaviour.paths[0] == "http://data.example.invalid/Task03_Liver.tar"


@pytest.mark.parametrize("path", ["other.tar", "Task03_Liver.tar"])
def test_credentials_stay_secret(server, tmp_path, caplog, path):
    secrets = ("joe", "hunter2", "abcdef")
    url = f"http://joe:hunter2@{server.root.removeprefix('http://')}/{path}?signature=abcdef"
    server.behaviour.cuts = [100_000, *[0] * 10]
    with caplog.at_level(logging.DEBUG, "snndeep"), pytest.raises(DownloadError) as caught:
        fetch([url], tmp_path / "x")
    closed = NOWHERE.replace("//", "//joe:hunter2@") + "?signature=abcdef"
    with pytest.raises(DownloadError) as refused:
        fetch([closed, closed], tmp_path / "x")
    written = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.json"))
    for secret in secrets:
        assert secret not in f"{caught.value}{refused.value}{caplog.text}{written}"


def test_a_killed_process_is_gone_on_with(server, tmp_path):
    server.behaviour.pause = 0.003
    code = (
        "import sys; from pathlib import Path; from snndeep.download.remote import *; "
        "from snndeep.download.transfer import *; url, size, target, md5 = sys.argv[1:]; "
        "transfer(RemoteFile(url, int(size), Patience()), Span(0, int(size)), Path(target), md5)"
    )
    command = [sys.executable, "-c", code, server.url, str(len(CONTENT)), str(tmp_path / "x"), md5(CONTENT)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    for stop in (1_000_000, 2_000_000):
        with subprocess.Popen(command, env=environment) as process:
            while server.behaviour.total < stop:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
        assert only(tmp_path) == ["x.part", "x.part.json"]
    server.behaviour.pause = 0
    subprocess.run(command, env=environment, check=True)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.behaviour.total < 1.05 * len(CONTENT)


def test_too_little_room_is_said_before_the_transfer(server, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 2_000_000}))
    with pytest.raises(StorageError, match="not enough room") as caught:
        fetch([server.url], tmp_path / "x")
    assert caught.value.found == "2.00MB free"
    assert server.behaviour.total <= 1


def test_a_disk_that_fills_up_ends_the_transfer_at_once(server, tmp_path):
    (tmp_path / "x.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        fetch([server.url, server.url], tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert len(server.behaviour.sent) == 2


@pytest.fixture
def locked():
    """A folder that this process may not write to; a superuser becomes nobody for the while."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "locked"
        folder.mkdir()
        folder.chmod(0o555)
        Path(name).chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def test_a_folder_without_permission(server, locked):
    with pytest.raises(StorageError, match="Permission denied"):
        fetch([server.url], locked / "x")
    with pytest.raises(StorageError, match="Permission denied"):
        require_space(locked / "below", 1)


def test_a_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("x.tar", 1000, 100) as progress:
        progress.at(600)
        progress.at(1000)
    assert "x.tar" in capsys.readouterr().err


def test_ranges_of_a_file(server):
    source = RemoteFile(server.url, len(CONTENT), QUICK)
    server.behaviour.cuts = [10]
    assert source.read(1000, 70_000) == CONTENT[1000:70_000]
