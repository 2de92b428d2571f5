"""Task03_Liver made ready and brought case by case, from a small archive of the same layout served on loopback."""

import hashlib
import logging
import multiprocessing
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import replace

import pytest
from loopback import FOLDERS, Loopback, decathlon, md5, scan, tar_of

from snndeep.download.archive import LARGEST_HEADER, index
from snndeep.download.remote import Patience
from snndeep.errors import DatasetError, DownloadError, StorageError
from snndeep.scans.msd_archive import NAME, Archive, make_ready
from snndeep.scans.msd_cases import bring_case, compare_with_twin
from snndeep.store.files import write_json

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, connect=5, silence=5)
CASES = range(6)
MEMBERS = decathlon(CASES)
TAR = tar_of(MEMBERS)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with Loopback(TAR) as running:
        yield running


@pytest.fixture
def archive(server, tmp_path):
    return served(server, tmp_path)


def served(server, folder, content=TAR):
    return Archive([server.url], md5(content), len(content), folder / "archive", None, QUICK)


def kept(folder, content=TAR):
    """The archive as a file of the user, that cannot be fetched."""
    (folder / "mine.tar").write_bytes(content)
    url = "http://127.0.0.1:9/Task03_Liver.tar"
    return Archive([url], md5(content), len(content), folder / "archive", folder / "mine.tar", QUICK)


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def member(kind, case):
    names = {name.removeprefix("./"): content for name, content in MEMBERS.items()}
    return names[f"Task03_Liver/{FOLDERS[kind]}/liver_{case}.nii.gz"]


def assert_whole(folder, case, manifest):
    for kind in FOLDERS:
        path = folder / manifest[kind]
        assert path == folder / f"liver_{case}" / f"{kind}.nii.gz"
        assert path.read_bytes() == member(kind, case)
        assert manifest[f"{kind}_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_some_cases_cost_what_they_weigh(server, archive, tmp_path):
    members = make_ready(archive, whole=False)
    assert visible(archive.folder) == []
    indexed = server.behaviour.total
    assert len(server.behaviour.sent) <= 2 * len(MEMBERS) + 2, "few requests"
    for case in (0, 3):
        assert_whole(tmp_path, case, bring_case(f"liver_{case}", members, archive, tmp_path))
    weight = sum(len(member(kind, case)) for kind in FOLDERS for case in (0, 3))
    assert server.behaviour.total - indexed < weight + 10_000
    assert visible(tmp_path) == ["archive", "liver_0", "liver_3"]


def test_the_index_costs_little_of_a_large_archive(tmp_path):
    members = decathlon(range(3), size=2_000_000)
    content = tar_of(members)
    with Loopback(content) as server:
        make_ready(served(server, tmp_path, content), whole=False)
        assert server.behaviour.total < 16_384 * (len(members) + 1)
        assert server.behaviour.total < len(content) / 20


def test_all_cases_fetch_the_archive_as_a_whole(server, archive, tmp_path):
    members = make_ready(archive, whole=True)
    assert (archive.folder / NAME).read_bytes() == TAR
    assert_whole(tmp_path, 5, bring_case("liver_5", members, archive, tmp_path))
    make_ready(archive, whole=False)
    assert len(server.behaviour.paths) == 2, "what was fetched is not fetched again"


def test_a_server_without_ranges_gives_the_whole_archive_with_a_message(server, archive, tmp_path, caplog):
    server.behaviour.ranges = False
    members = make_ready(archive, whole=False)
    assert "fetching all of it" in caplog.text
    assert_whole(tmp_path, 1, bring_case("liver_1", members, archive, tmp_path))
    assert len(server.behaviour.paths) == 2


def test_a_tar_that_is_there_is_read_in_place(tmp_path):
    archive = kept(tmp_path)
    members = make_ready(archive, whole=True)
    assert_whole(tmp_path, 2, bring_case("liver_2", members, archive, tmp_path))
    assert archive.tar.read_bytes() == TAR
    assert visible(archive.folder) == [".checked.json"]


@pytest.mark.parametrize("content", [b"", b"no tar", TAR[:-20_000], TAR[::-1]])
def test_another_tar_of_the_user_is_refused(tmp_path, content):
    archive = replace(kept(tmp_path, content), md5=md5(TAR), bytes=len(TAR))
    with pytest.raises(DatasetError, match="not the one that was published"):
        make_ready(archive, whole=False)


def test_a_tar_that_was_changed_after_it_was_checked_is_refused(tmp_path):
    archive = kept(tmp_path)
    members = make_ready(archive, whole=False)
    bring_case("liver_0", members, archive, tmp_path)
    archive.tar.write_bytes(TAR[::-1])
    with pytest.raises(DatasetError, match="not the one that was published"):
        bring_case("liver_1", members, archive, tmp_path)
    archive.tar.unlink()
    with pytest.raises(DatasetError, match="No such file"):
        bring_case("liver_1", members, archive, tmp_path)
    assert not (tmp_path / "liver_1").exists()


def test_a_tar_is_compared_with_its_md5_once(tmp_path, caplog):
    archive = kept(tmp_path)
    with caplog.at_level(logging.INFO, "snndeep"):
        members = make_ready(archive, whole=False)
        bring_case("liver_0", members, archive, tmp_path)
    assert caplog.text.count("with its MD5") == 1


def test_a_case_that_is_there_is_kept_and_a_damaged_one_fetched_anew(server, archive, tmp_path):
    members = make_ready(archive, whole=False)
    first = bring_case("liver_0", members, archive, tmp_path)
    requests = len(server.behaviour.paths)
    assert bring_case("liver_0", members, archive, tmp_path) == first
    assert len(server.behaviour.paths) == requests
    image = tmp_path / "liver_0" / "image.nii.gz"
    content = bytearray(image.read_bytes())
    content[len(content) // 2] ^= 1
    image.write_bytes(content)
    assert_whole(tmp_path, 0, bring_case("liver_0", members, archive, tmp_path))


def test_a_case_is_whole_or_absent(server, archive, tmp_path):
    members = make_ready(archive, whole=False)
    # The headers of the image and the image pass, then the connection breaks whatever is asked for.
    server.behaviour.cuts = [len(TAR), len(TAR), *[0] * QUICK.attempts]
    with pytest.raises(DownloadError):
        bring_case("liver_4", members, archive, tmp_path)
    assert not (tmp_path / "liver_4").exists()
    server.behaviour.cuts = []
    before = server.behaviour.total
    assert_whole(tmp_path, 4, bring_case("liver_4", members, archive, tmp_path))
    assert server.behaviour.total - before < len(member("image", 4)), "the image was not fetched again"
    assert visible(tmp_path) == ["archive", "liver_4"]


def test_a_case_that_was_fetched_by_itself_is_compared_with_the_checked_one(tmp_path, caplog):
    provenance = {"stage": "data", "address": "a" * 12}
    entry = {"image_sha256": "1", "label_sha256": "2"}
    twin = tmp_path / "data" / ("a" * 12) / "liver_0.json"
    compare_with_twin("liver_0", entry, twin, checked=False)
    write_json(twin, {"liver_0": entry}, provenance)
    compare_with_twin("liver_0", entry, twin, checked=False)
    other = {**entry, "label_sha256": "3"}
    with pytest.raises(DatasetError, match="fetched by itself is not the one") as caught:
        compare_with_twin("liver_0", other, twin, checked=False)
    assert (caught.value.where, caught.value.found, caught.value.expected) == ("liver_0, label", "3", "2")
    compare_with_twin("liver_0", other, twin, checked=True)
    assert "fetched by itself is not the one" in caplog.text


def test_a_damaged_scan_is_refused_and_nothing_stays(tmp_path):
    files = dict(MEMBERS)
    name = "Task03_Liver/labelsTr/liver_2.nii.gz"
    files[name] = files[name][:-200]
    archive = kept(tmp_path, tar_of(files))
    members = make_ready(archive, whole=False)
    with pytest.raises(DatasetError, match="damaged") as caught:
        bring_case("liver_2", members, archive, tmp_path)
    assert name in caught.value.where
    assert visible(tmp_path) == ["archive", "mine.tar"]


def test_a_missing_case_is_named(archive, tmp_path):
    with pytest.raises(DatasetError, match="liver_7"):
        bring_case("liver_7", make_ready(archive, whole=False), archive, tmp_path)


def test_an_archive_of_another_order_is_not_cut_at_the_old_places(server, archive, tmp_path):
    members = make_ready(archive, whole=False)
    server.behaviour.content = tar_of(dict(reversed(MEMBERS.items())))
    assert len(server.behaviour.content) == len(TAR)
    with pytest.raises(DatasetError, match="not the one that was indexed"):
        bring_case("liver_2", members, archive, tmp_path)


def bring_in_a_process(results, *arguments):
    results.put(bring_case(*arguments))


def test_runs_that_share_a_store_fetch_a_case_once(server, archive, tmp_path):
    members = make_ready(archive, whole=False)
    before, server.behaviour.pause = server.behaviour.total, 0.02
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    arguments = (results, "liver_1", members, archive, tmp_path)
    processes = [fork.Process(target=bring_in_a_process, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for _ in processes:
        assert_whole(tmp_path, 1, results.get())
    for process in processes:
        process.join()
    weight = sum(len(member(kind, 1)) for kind in FOLDERS)
    assert server.behaviour.total - before < weight + 10_000


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_small_disk(small_disk, tmp_path, monkeypatch):
    archive = kept(tmp_path)
    members = make_ready(archive, whole=False)
    bring_case("liver_0", members, archive, small_disk)
    with pytest.raises(StorageError, match="not enough room"):
        bring_case("liver_1", members, archive, small_disk)
    # Another process takes the room that there was.
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1 << 30}))
    with pytest.raises(StorageError, match="No space left"):
        bring_case("liver_1", members, archive, small_disk)
    assert visible(small_disk / ".liver_1.part") == []
    assert not (small_disk / "liver_1").exists()


def special(name, kind, **values):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in values.items():
        setattr(info, key, value)
    return info


INSIDE = "Task03_Liver/imagesTr/liver_9.nii.gz"
HOSTILE = {
    "outside": tar_of({"../../escaped": b"x"}),
    "outside, hidden": tar_of({"Task03_Liver/../../escaped": b"x"}),
    "absolute": tar_of({"/etc/cron.d/x": b"x"}),
    "symbolic link": tar_of({}, special(INSIDE, tarfile.SYMTYPE, linkname="/etc/passwd")),
    "hard link": tar_of({}, special(INSIDE, tarfile.LNKTYPE, linkname="Task03_Liver/dataset.json")),
    "device": tar_of({}, special(INSIDE, tarfile.CHRTYPE, devmajor=1, devminor=3)),
    "pipe": tar_of({}, special(INSIDE, tarfile.FIFOTYPE)),
    "twice": tar_of({INSIDE: b"x", f"./{INSIDE}": b"y"}),
    "huge": tar_of({}, special(INSIDE, tarfile.REGTYPE, size=1 << 50)),
    "negative": tar_of({}, special(INSIDE, tarfile.REGTYPE, size=-512), form=tarfile.GNU_FORMAT),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_members_are_refused_by_name(tmp_path, content):
    name = next(info for info in ("escaped", "cron.d", "liver_9") if info.encode() in content)
    with pytest.raises(DatasetError, match="must not be unpacked") as caught:
        make_ready(kept(tmp_path, content), whole=False)
    assert name in caught.value.found


def test_a_header_that_asks_for_much_memory_is_refused(tmp_path):
    content = tar_of({}, special("x" * 200, tarfile.XHDTYPE, size=LARGEST_HEADER * 3)) + bytes(LARGEST_HEADER * 4)
    (tmp_path / "x.tar").write_bytes(content)
    with (tmp_path / "x.tar").open("rb") as file, pytest.raises(DatasetError, match="not an uncompressed tar"):
        index(file, len(content), "x.tar")


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names(tmp_path, form):
    long = f"Task03_Liver/imagesTr/{'ä' * 90}/{'x' * 120}.nii.gz"
    content = tar_of({long: b"content", **MEMBERS}, form=form)
    with Loopback(content) as server:
        archive = served(server, tmp_path, content)
        members = make_ready(archive, whole=False)
        found = members[long]
        assert content[found.start : found.stop] == b"content"
        assert_whole(tmp_path, 1, bring_case("liver_1", members, archive, tmp_path))


def test_what_macos_adds_is_passed_over(tmp_path):
    files = {**MEMBERS, "__MACOSX/Task03_Liver/x": b"x", "Task03_Liver/.DS_Store": b"x"}
    members = make_ready(kept(tmp_path, tar_of(files, special("Task03_Liver", tarfile.DIRTYPE))), whole=False)
    assert set(members) == {name.removeprefix("./") for name in MEMBERS if not name.rpartition("/")[2].startswith("._")}


def cut_at(content, name):
    """Return an archive that ends before the headers of a member."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return content[: index(file, len(content), "")[name].header]


NOT_TARS = {
    "empty": b"",
    "text": b"<html>Not found</html>" * 100,
    "gzip": scan(1, 5000),
    "zeros": bytes(4096),
    "truncated content": TAR[: len(TAR) // 2],
    "truncated between members": cut_at(TAR, "Task03_Liver/labelsTr/liver_3.nii.gz"),
    "damaged header": TAR.replace(b"Task03_Liver/labelsTr/liver_4.nii.gz", b"Task03_Liver/labelsTr/liver_x.nii.gz"),
}


@pytest.mark.parametrize("content", NOT_TARS.values(), ids=NOT_TARS)
def test_what_is_not_a_tar(tmp_path, content):
    with pytest.raises(DatasetError) as caught:
        make_ready(kept(tmp_path, content), whole=False)
    assert "not an uncompressed tar" in str(caught.value) or "size is said" in str(caught.value)


def test_a_web_page_instead_of_the_archive(tmp_path):
    page = b"<html>Not found</html>" * 1000
    with Loopback(page) as server:
        archive = served(server, tmp_path, page)
        with pytest.raises(DatasetError, match="not an uncompressed tar"):
            make_ready(archive, whole=False)
        with pytest.raises(DownloadError, match="not the file that was published"):
            make_ready(replace(archive, md5=md5(TAR)), whole=True)
    assert not list(tmp_path.rglob("*.tar*"))
