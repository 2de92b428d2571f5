"""The report as people meet it: in a browser, as files, and in Snakemake's own report.

Screenshots are written to `results/test-screenshots/` of the checkout, which git ignores.
"""

import base64
import io
import itertools
import json
import subprocess
import sys

import browser
import pandas as pd
import pytest
from conftest import ROOT

SCREENSHOTS = ROOT / "results" / "test-screenshots"


@pytest.fixture(scope="module")
def page(finished, tmp_path_factory):
    pytest.importorskip("selenium")
    with browser.opened(finished.folder / "results/tiny/report.html", tmp_path_factory.mktemp("profile")) as page:
        yield page


def test_the_page_loads_without_messages_or_requests(page, finished):
    assert page.errors() == []
    assert page.requests() == [(finished.folder / "results/tiny/report.html").as_uri()]


def test_every_image_is_drawn_and_has_words(page):
    images = page.run("return [...document.images].map(i => [i.complete && i.naturalWidth > 0, i.alt.length])")
    assert len(images) >= 9
    assert all(drawn and words > 20 for drawn, words in images)


@pytest.mark.parametrize("width", [390, 768, 1280, 1440])
def test_nothing_sticks_out(page, width):
    page.resize(width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    page.screenshot(SCREENSHOTS / f"{width}.png")


def test_headings_and_landmarks_are_in_order(page):
    levels = page.run("return [...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    for landmark in ("header", "nav[aria-label]", "main", "footer", "a.skip"):
        assert page.run("return document.querySelectorAll(arguments[0]).length", landmark) == 1
    assert page.run("return [...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
    assert page.run(
        "return [...document.querySelectorAll('table')].every(t => t.caption && t.caption.textContent.trim())"
    )
    assert page.run("return [...document.querySelectorAll('th')].every(t => ['col', 'row'].includes(t.scope))")


CONTRAST = """
const number = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, k) => sum + v * [.2126, .7152, .0722][k], 0);
const ground = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const rgb = number(getComputedStyle(one).backgroundColor);
    if (rgb.length < 4 || rgb[3] > 0) return rgb;
  }
  return [255, 255, 255];
};
const ratio = (element) => {
  const pair = [number(getComputedStyle(element).color), ground(element)].map(light).sort();
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
};
const worst = [...document.querySelectorAll("body *:not(script)")].filter((e) => e.childNodes.length && e.textContent.trim());
return Math.min(...worst.map(ratio));
"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(page, dark):
    page.dark(dark)
    assert page.run(CONTRAST) >= 4.5
    page.dark(False)


def unfold(page, table: str) -> None:
    page.run("document.getElementById(arguments[0]).closest('details').open = true", table)


def column(page, table: str, index: int) -> list[str]:
    script = (
        "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map(r => r.cells[arguments[1]].innerText)"
    )
    return page.run(script, table, index)


def test_tables_sort_by_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    unfold(page, "table-leakage")
    header = page.driver.find_element("css selector", "#table-leakage thead th:nth-child(2)")
    header.find_element("css selector", "button").send_keys(Keys.ENTER)
    assert header.get_attribute("aria-sort") == "ascending"
    rising = [float(text.split()[0]) for text in column(page, "table-leakage", 1) if text != "undefined"]
    assert rising == sorted(rising) and len(set(rising)) > 2
    header.find_element("css selector", "button").send_keys(Keys.SPACE)
    assert header.get_attribute("aria-sort") == "descending"
    falling = [float(text.split()[0]) for text in column(page, "table-leakage", 1) if text != "undefined"]
    assert falling == rising[::-1]
    assert "sorted by" in page.run("return document.getElementById('said').textContent")

    page.driver.find_element("css selector", "#table-leakage thead th:first-child button").send_keys(Keys.ENTER)
    names = column(page, "table-leakage", 0)
    assert names == sorted(names, key=str.lower)
    assert header.get_attribute("aria-sort") == "none"


def test_every_table_comes_as_the_csv_and_latex_that_are_published(page, finished):
    links = page.run("return [...document.querySelectorAll('.table a.file')].map(a => [a.download, a.href])")
    folder = finished.folder / "results/tiny/tables"
    assert {name for name, _ in links} == {path.name for path in folder.glob("*.csv")}
    assert len(links) == page.run("return document.querySelectorAll('table').length") >= 15
    for name, address in links:
        content = base64.b64decode(address.partition("base64,")[2])
        assert content == (folder / name).read_bytes()
        assert not pd.read_csv(io.BytesIO(content)).empty
        assert r"\toprule" in (folder / name).with_suffix(".tex").read_text(encoding="utf-8")


def test_every_figure_comes_as_svg_png_and_pdf(page, finished):
    folder = finished.folder / "results/tiny/figures"
    shown = page.run("return [...document.querySelectorAll('figure a.file')].map(a => [a.download, a.href])")
    slices = page.run("return [...document.querySelectorAll('#patients .note a.file')].map(a => [a.download, a.href])")
    shown += [[name, address] for name, address in slices if name.endswith(".svg")]
    assert {name for name, _ in shown} == {path.name for path in folder.glob("*.svg")}
    for name, address in shown:
        assert base64.b64decode(address.partition("base64,")[2]) == (folder / name).read_bytes()
        assert (folder / name).with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert (folder / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_a_hostile_title_stays_text(project, tmp_path):
    title = "<script>document.title='caught'</script>\"'&<img src=x onerror=alert(1)>"
    project.config["report"] = {"title": title}
    assert project.planned() == {"report": 1, "publish": 1}
    project.run("--quiet", "rules")
    with browser.opened(project.folder / "results/tiny/report.html", tmp_path / "profile") as page:
        assert page.run("return document.querySelector('h1').textContent") == title
        assert page.run("return document.title") == f"{title}: tiny"
        assert page.errors() == []


def test_colours_run_the_report_alone(project):
    project.config["report"] = {"palette": "deep"}
    assert project.planned() == {"report": 1, "publish": 1}


@pytest.mark.parametrize("file", ["page.css", "page.js", "tables.html.jinja"])
def test_the_look_of_the_page_runs_the_report_alone(project, file):
    path = project.folder / f"scripts/snndeep/reporting/{file}"
    path.write_text(path.read_text(encoding="utf-8") + "\n")
    assert project.planned() == {"report": 1, "publish": 1}


def test_a_damaged_figure_is_found_and_its_job_named(project):
    (path,) = (project.folder / "work/report").glob("*/figures/curves.svg")
    path.write_bytes(path.read_bytes()[:-1])
    output = project.fails("verify", "--quiet", "rules")
    assert "figures/curves.svg" in output
    report = path.parents[1] / "report.html"
    project.run("--quiet", "rules", "--force", report.relative_to(project.folder).as_posix())
    project.run("verify", "--quiet", "rules")


def test_snakemakes_own_report_holds_figures_and_tables_with_captions(project):
    project.run("--report", "workflow.html")
    page = (project.folder / "workflow.html").read_text(encoding="utf-8")
    for text in ("leakage_gap", "rules", "Figures", "Tables", "In full precision".lower()):
        assert text in page


def test_the_inside_is_that_of_the_network_chosen_on_validation(page, finished):
    metrics = json.loads((finished.folder / "results/tiny/metrics.json").read_text(encoding="utf-8"))
    shown = page.run(
        "return [...document.querySelectorAll('[data-network]')].filter(e => !e.hidden).map(e => e.dataset.network)"
    )
    assert set(shown) == {metrics["headline"]["patient"]["network"]} and len(shown) >= 3
    offered = page.run("return [...document.getElementById('network').options].map(o => o.value)")
    assert offered == metrics["headline"]["patient"]["of_each_rule"]


def test_two_published_runs_are_compared(finished, tmp_path):
    folder = finished.folder / "results/tiny"
    page = tmp_path / "comparison.html"
    command = [sys.executable, str(ROOT / "scripts/compare.py"), str(folder), str(folder), "--output", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "The configurations are the same." in done.stdout and "the same in" in done.stdout
    assert "tiny and tiny" in page.read_text(encoding="utf-8")


def test_the_quality_page_needs_scans_alone(fresh):
    fresh.run("qc", "--quiet", "rules")
    page = (fresh.folder / "results/tiny/qc.html").read_text(encoding="utf-8")
    assert page.count('<article class="scan') == 12 and "12 scans: 0 cannot be used" in page
    assert not (fresh.folder / "work/features").exists()
