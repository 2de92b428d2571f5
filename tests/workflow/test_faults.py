"""Whatever stops a run, the same command completes it, with the results of an undisturbed run."""

import contextlib
import json
import os
import random
import re
import shlex
import shutil
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from conftest import LEAN, Project, checkout, timeless

PUBLISHED = (
    "metrics.json", "models.csv", "folds.csv", "patients.csv", "comparisons.csv", "samples.parquet", "cases.parquet",
)  # fmt: skip
CLOCKED = (".record.json", "report.html", "cost.csv")  # hold seconds, which differ from run to run
RULES = (
    "data_phantom", "features", "samples", "splits", "preprocessing", "spikes", "baselines", "tune", "train", "evaluate",
    "insight", "models", "pictures", "report", "publish",
)  # fmt: skip
STAGES = (
    "data", "features_batch", "samples", "splits", "preprocessing", "spikes", "baselines", "tune", "train", "evaluate",
    "models", "insight", "pictures", "report",
)  # fmt: skip


def results(project: Project) -> dict[str, bytes]:
    """Return every file that must come out the same, by its name in the store or among the results."""
    folder = project.folder / project.config.get("store", "work")
    files = {
        path.relative_to(folder).as_posix(): path
        for stage in folder.iterdir()
        if stage.name not in ("leases", "studies", "tune", "report")
        for path in stage.rglob("*")
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith((*CLOCKED, ".provenance.json"))
    }
    files |= {name: project.folder / "results" / project.config["run"] / name for name in PUBLISHED}
    return {name: timeless(path) for name, path in files.items()}


def trials(project: Project) -> dict[str, list]:
    """Return the settings and values of all trials, by split."""
    (path,) = (project.folder / project.config.get("store", "work")).glob("tune/*/custom.surrogate.json")
    splits = json.loads(path.read_text(encoding="utf-8"))
    return {name: [(t["params"], t["value"]) for t in study["trials"]] for name, study in splits.items()}


def assert_same(project: Project, undisturbed: Project) -> None:
    """Compare bit for bit, and find no half-written file under a final name."""
    mine, theirs = results(project), results(undisturbed)
    assert mine.keys() == theirs.keys()
    assert [name for name in theirs if mine[name] != theirs[name]] == []
    assert trials(project) == trials(undisturbed)
    assert "files are as they were written" in project.run("verify", "--quiet", "rules")


def seconds_of(project: Project, rule: str) -> float:
    """Return how long the job of a rule took."""
    (path,) = (path for path in (project.folder / "logs").rglob("*.tsv") if rule in (path.stem, path.parent.name))
    return float(path.read_text(encoding="utf-8").splitlines()[1].split()[0])


def next_job(process: subprocess.Popen, rules: set[str]) -> tuple[psutil.Process, str] | None:
    """Wait for a job of one of the rules; return it with its rule, or None if the run ends without one."""
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for job in psutil.Process(process.pid).children(recursive=True):
                command = " ".join(job.cmdline())
                for rule in rules if "python" in job.name() else ():
                    if f".{rule}.py" in command:
                        return job, rule
        time.sleep(0.01)
    return None


def halted(job: psutil.Process) -> bool:
    """Halt a job, so that it cannot end meanwhile; False if it has ended already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        job.suspend()
        while job.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
            time.sleep(0.001)
        return job.status() == psutil.STATUS_STOPPED
    return False


def pause(rule: str, lean: Project, moments: random.Random, pace: float) -> None:
    """Let a job work for a while, but not to its end."""
    time.sleep(pace * moments.uniform(0.1, 0.8) * seconds_of(lean, rule))


def test_snakemake_killed_in_every_stage(lean, tmp_path):
    project = checkout(tmp_path / "killed", LEAN)
    moments, waiting = random.Random("snakemake"), set(RULES)
    orphans = []
    pace = 1.0  # the undisturbed run may have compiled kernels that are kept by now: its jobs took longer
    while waiting:
        process = project.start("--quiet", "rules", "--cores", "1")
        found = next_job(process, waiting)
        if found is None:
            output, _ = process.communicate()
            assert process.returncode == 0, output
            assert (project.folder / "results/lean/provenance.json").exists()
            break  # a job whose Snakemake was killed has done the work of the last ones meanwhile
        job, rule = found
        waiting.remove(rule)
        pause(rule, lean, moments, pace)
        at_work = halted(job)
        pace *= 1.0 if at_work else 0.5
        process.kill()
        if at_work:
            job.resume()  # and continues for a while, beside the next run
            orphans.append(job)
        output, _ = process.communicate()
        assert process.returncode != 0
        assert "Traceback" not in output
        assert "unlock" not in output
    assert len(orphans) >= len(RULES) / 2, "now and then a kill comes after the end of the job"
    project.run("--quiet", "rules")
    psutil.wait_procs(orphans, timeout=60)
    assert_same(project, lean)


def test_a_job_killed_in_every_stage(lean, tmp_path):
    """The first is killed for good, and the same command resumes; the others are tried again, as the cluster profiles do."""
    project = checkout(tmp_path / "killed", LEAN)
    moments, waiting, killed, pace = random.Random("job"), set(RULES), [], 1.0
    for retries in ([], ["--retries", "2"]):
        process = project.start("--quiet", "rules", "--cores", "1", *retries)
        while (found := next_job(process, waiting)) is not None:
            job, rule = found
            waiting.remove(rule)
            pause(rule, lean, moments, pace)
            if halted(job):
                job.kill()
                killed.append(rule)
            else:
                pace *= 0.5
            if killed and not retries:
                break
        output, _ = process.communicate()
        assert (process.returncode == 0) == bool(retries), output
        assert "Traceback" not in output
        assert "unlock" not in output
    assert len(killed) >= len(RULES) / 2, "now and then a kill comes after the end of the job"
    assert_same(project, lean)


def test_two_runs_started_at_once_in_one_folder(lean, tmp_path):
    project = checkout(tmp_path / "twice", LEAN)
    processes = [project.start("--quiet", "rules", "--until", "samples") for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1], outputs
    refused = next(text for text, process in zip(outputs, processes, strict=True) if process.returncode)
    assert "Another run is at work in this folder" in refused
    assert "Traceback" not in refused
    assert project.planned()["splits"] == 1


def test_two_checkouts_that_share_a_store_at_once(lean, tmp_path):
    store = tmp_path / "the store"
    store.mkdir()
    projects = [checkout(tmp_path / name, {**LEAN, "store": str(store)}) for name in ("one", "two")]
    processes = [project.start("--quiet", "rules", "--cores", "1") for project in projects]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    for project in projects:
        assert_same(project, lean)
        assert project.planned() == {}


def test_a_store_may_be_moved_or_mounted_elsewhere(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    (project.folder / "work").rename(tmp_path / "elsewhere")
    project.config["store"] = "../elsewhere"
    project.config["preprocessing"] = {"features": 6}
    shutil.rmtree(next((tmp_path / "elsewhere/samples").iterdir()))
    project.run("--quiet", "rules", "--until", "spikes")
    assert "files are as they were written" in project.run("verify", "--quiet", "rules")


# Disks


@pytest.fixture
def disk(tmp_path):
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mounting a file system is not allowed here: {error}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Fill a file system and return the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 10))
    return filler


def on_disk(lean: Project, folder: Path, disk: Path) -> Project:
    """Return a copy of a finished project whose store is on a file system of its own."""
    project = lean.copy_to(folder)
    shutil.copytree(project.folder / "work", disk / "store")
    shutil.rmtree(project.folder / "work")
    project.config["store"] = str(disk / "store")
    return project


def test_a_full_disk_in_every_stage(lean, tmp_path, disk):
    project = on_disk(lean, tmp_path / "copy", disk)
    store, spare = disk / "store", tmp_path / "spare"
    for stage in STAGES:
        (folder,) = (store / stage).iterdir()
        files = [path for path in folder.iterdir() if not path.name.endswith(".provenance.json") and path.is_file()]
        shutil.move(folder, spare)
        if stage == "features_batch":
            shutil.move(store / "features", tmp_path / "features")
        if stage == "tune":
            shutil.rmtree(store / "studies")
        filler = fill(disk)
        output = project.fails("--quiet", "rules", "--cores", "1", str(files[0]))
        assert "No space left on device" in output, stage
        assert "what to do:" in output, stage
        assert "Traceback" not in output, stage
        assert not [path for path in folder.glob("[!.]*") if path.is_file()], f"half-written in {stage}"
        filler.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(spare, folder)
        if stage == "features_batch":
            shutil.rmtree(store / "features", ignore_errors=True)
            shutil.move(tmp_path / "features", store / "features")
    for folder in (project.folder / "results", *(store / stage for stage in ("samples", "tune", "evaluate", "report"))):
        shutil.rmtree(folder)
    project.run("--quiet", "rules")
    assert_same(project, lean)


def test_a_store_that_cannot_be_written_to(lean, tmp_path, disk):
    project = on_disk(lean, tmp_path / "copy", disk)
    project.config["preprocessing"] = {"features": 6}
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "spikes" in project.planned(), "a dry run writes nothing"
    output = project.fails("--quiet", "rules")
    assert "Read-only file system" in output
    assert "Set `store` to a folder" in output
    assert "Traceback" not in output
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    project.run("--quiet", "rules", "--until", "spikes")


# Damage


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_damage_to_every_kind_of_intermediate_is_named_and_mended_by_the_command_that_is_named(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    store = project.folder / "work"
    damaged = []
    for stage in sorted(store.iterdir()):
        if stage.name in ("leases", "studies", "data") or not stage.is_dir():
            continue
        folder = next(iter(sorted(stage.iterdir())))
        # Hidden files are Snakemake's own.
        written = sorted(p for p in folder.rglob("[!.]*") if p.is_file() and not p.name.endswith(".provenance.json"))
        for number, path in enumerate(written):
            (cut if number % 2 else flip)(path)
            damaged.append(path)
    scan = next(iter(sorted(store.glob("data/*/labelsTr/*"))))
    flip(scan)
    # A provenance that cannot be read is damage too, of the file that it belongs to.
    (beside,) = store.glob("splits/*/splits.json.provenance.json")
    cut(beside)
    output = project.fails("verify", "--quiet", "rules")
    for path in [*damaged, scan]:
        assert path.name in output
    targets = {
        shlex.split(text)[0] for text in re.findall(r"Rebuild it with: snakemake --cores 1 --force (.+)", output)
    }
    made_in_turn = sorted(targets, key=lambda target: STAGES.index(Path(target).parts[1]))
    assert {Path(target).parts[1] for target in made_in_turn} == set(STAGES)
    first, *others = made_in_turn
    project.run("--cores", "1", "--quiet", "rules", "--force", first)
    project.run("--cores", "1", "--quiet", "rules", "--force", *others)
    assert "files are as they were written" in project.run("verify", "--quiet", "rules")
    project.run("--quiet", "rules")
    assert_same(project, lean)


def test_a_journal_cut_in_the_middle_of_a_line(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    (tuned,) = (project.folder / "work").glob("tune/*/custom.surrogate.json")
    tuned.unlink()
    (journal,) = (project.folder / "work").glob("*/*/*.journal")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) * 2 // 3]) + lines[len(lines) * 2 // 3][:-9])
    project.run(tuned.relative_to(project.folder).as_posix(), "--quiet", "rules")
    assert_same(project, lean)


# Clocks and surroundings


def test_results_that_are_gone_are_made_whatever_is_made_before_them(lean, tmp_path):
    """Snakemake does not look for missing outputs of a job behind ancient inputs, if a job before them runs."""
    project = lean.copy_to(tmp_path / "copy")
    shutil.rmtree(project.folder / "results")
    for stage in ("models", "evaluate", "report"):
        planned = project.planned("--forcerun", stage)
        assert (planned[stage], planned["publish"]) == (1, 1)
    shutil.rmtree(project.folder / "work" / "evaluate")
    assert project.planned("--forcerun", "models").keys() >= {"models", "evaluate", "report", "publish"}


def test_clocks_that_are_wrong(lean, tmp_path):
    project = lean.copy_to(tmp_path / "copy")
    (samples,) = (project.folder / "work").glob("samples/*/samples.parquet")
    (splits,) = (project.folder / "work").glob("splits/*/splits.json")
    future = time.time() + 3 * 86400
    os.utime(samples, (future, future))
    os.utime(splits, (0, 0))
    assert project.planned() == {}
    gone = [path for stage in ("spikes", "baselines") for path in (project.folder / "work" / stage).glob("*/*.npz")]
    for stage in ("spikes", "baselines"):
        shutil.rmtree(project.folder / "work" / stage)
    project.run("--quiet", "rules", "--", *(path.relative_to(project.folder).as_posix() for path in gone))
    assert_same(project, lean)


NOBODY = """
import pwd

def unknown(*_):
    raise KeyError("uid not found")

pwd.getpwuid = unknown
"""


def test_an_odd_path_a_plain_locale_a_strict_umask_another_working_directory_and_other_cores(lean, tmp_path):
    """The account has no name, the code cannot be written to, and a notebook has left its settings behind."""
    code = checkout(tmp_path / 'Łukasz\'s "liver" study', LEAN)
    results_folder = tmp_path / "elsewhere"
    (tmp_path / "sitecustomize.py").write_text(NOBODY)
    named = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "MPLBACKEND": "module://of.a.notebook"}
    nameless = {**named, "PYTHONPATH": str(tmp_path), "USER": "", "LOGNAME": "", "LNAME": "", "USERNAME": ""}
    output = code.run(
        "--quiet", "rules", "--cores", "4", "-s", str(code.folder / "Snakefile"), "--directory", str(results_folder),
        cwd=tmp_path, env=nameless, umask=0o077,
    )  # fmt: skip
    assert output
    assert not (code.folder / "work").exists()
    elsewhere = Project(results_folder, code.config)
    assert results(elsewhere) == results(lean)
    files = [path for path in (results_folder / "work").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
