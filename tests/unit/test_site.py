"""The README, the site made from the documents, the speed that they name, and what an installation costs."""

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_screen_says_what_it_is_and_what_to_type():
    lines = README.splitlines()
    commands, picture, wishes = (
        next(n for n, line in enumerate(lines) if line.startswith(start))
        for start in ("make demo", "<img", "## What do")
    )
    assert commands < picture < wishes < 25
    assert len(lines) < 80
    rows = [line for line in lines[wishes:] if line.startswith("| ")][2:]
    assert 5 < len(rows) <= 10


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_has_a_page_for_each_document_and_opens_without_a_server(site):
    pages = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    listed = set(re.findall(r"[\w-]+\.md", json.dumps(pages)))
    documents = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert documents <= listed, "a page that no menu leads to"
    for page in listed:
        text = (site / page.replace(".md", ".html")).read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#?]+)', text):
            assert link.startswith(("http", "mailto:", "data:")) or (site / link).exists(), f"{page}: {link}"
        assert not re.search(
            r'<(?:script|img|link)[^>]+(?:src|href)="https?://(?!unpkg)', text.replace('rel="canonical"', "")
        )


def test_the_report_of_the_demo_is_an_example_on_the_site(site):
    report = ROOT / "results/demo/report.html"
    assert (site / "example-report.html").exists() is report.exists()
    assert ("example-report.html" in (site / "index.html").read_text(encoding="utf-8")) is report.exists()


def load_speed():
    spec = importlib.util.spec_from_file_location("speed", ROOT / "benchmarks/speed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_document_names_the_same_speed():
    speed = load_speed()
    figures = json.loads(speed.FIGURES.read_text(encoding="utf-8"))
    assert speed.sentences(figures) in README
    assert speed.with_sentences(README, figures) == README
    engine = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
    rows = [re.findall(r"([\d.]+) x", row) for row in re.findall(r"^\| F=64, T=25, batch \d+ .*$", engine, flags=re.M)]
    for column, peer in enumerate(speed.ENGINE_PEERS):
        ratios = sorted(float(row[column]) for row in rows)
        assert [ratios[0], ratios[-1]] == pytest.approx(figures["engine"][peer], rel=0.05), peer
    (ratio,) = re.findall(
        r"^\| 3D features, 2 mm grid.*\| (\d+) \|$", (ROOT / "docs/features.md").read_text("utf-8"), flags=re.M
    )
    assert float(ratio) == pytest.approx(figures["features"]["pyradiomics"][0], rel=0.01)


def test_the_speed_is_what_the_benchmarks_wrote():
    speed = load_speed()
    engine = [
        {"work": f"F=64, T=25, H=128, batch {batch}, rate 0.2", "peer": peer, "ratio": ratio}
        for batch, ratios in ((32, (3, 7, 15)), (256, (4, 11, 9)))
        for peer, ratio in zip(speed.ENGINE_PEERS, ratios, strict=True)
    ]
    engine.append({"work": "F=64, T=25, H=128, batch 64, rate 0.2", "peer": "jax", "ratio": 99})
    features = [
        {"work": "512 x 512 x 100: 3D / 3D at 2 mm", "ratio": 80.4},
        {"work": "512 x 512 x 100: whole case / 3D at 2 mm", "ratio": 9},
    ]
    figures = speed.measured(engine, features)
    assert figures["engine"]["jax"] == [7, 11]
    assert "7 to 11 times as JAX" in speed.sentences(figures)
    assert "80 times as fast as pyradiomics" in speed.sentences(figures)


def closure(names):
    """Return the packages that some packages need, directly or not."""
    seen, waiting = set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(needed.name))
    return seen


def test_the_light_set_up_has_versions_of_the_lock_and_no_torch():
    lines = (ROOT / "requirements-light.txt").read_text(encoding="utf-8").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    locked = {
        canonicalize_name(line.split("==")[0]) for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    }
    assert {canonicalize_name(name) for name in names} <= locked
    assert not closure(names) & {"torch", "snntorch", "spikingjelly", "norse"}


def test_torch_comes_from_another_index_only_where_one_is_named():
    def planned(*arguments: str) -> str:
        command = ["make", "--dry-run", "--always-make", ".venv/ready", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "--index-url" not in planned()
    assert "--index-url https://index.example/cpu $(grep" in planned("TORCH_INDEX=https://index.example/cpu")
