"""The page of a report in a browser, made from a made-up run: on screens, on paper, in the dark, and by hand.

Screenshots and the PDF are kept in `results/test-screenshots/made-up/` of the checkout, which git ignores.
"""

import io
import re
from dataclasses import replace
from pathlib import Path

import browser
import numpy as np
import pytest
from made_up_run import made_up_run
from PIL import Image

from snndeep.reporting.machine import Release
from snndeep.reporting.page import make_report
from snndeep.reporting.scan_images import CONTOURS, outlined

pytestmark = pytest.mark.slow

KEPT = Path(__file__).parents[2] / "results" / "test-screenshots" / "made-up"
WIDTHS = (390, 768, 1280, 1440)
PAPER_PIXELS = {False: 687, True: 1047}  # A4 without its margins at 96 pixels per inch, upright and on its side


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    run = replace(made_up_run(patients=24), origin=Release("2026-01-02", "9.9", "ab" * 20))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(make_report(run).html, encoding="utf-8")
    with browser.opened(path, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(autouse=True)
def as_it_was_opened(page):
    page.run("location.hash = ''; document.querySelectorAll('details').forEach(one => { one.open = false; })")
    yield
    page.media("", dark=False)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_and_wide_tables_say_so(page, width):
    page.resize(width)
    page.screenshot(KEPT / f"{width}.png")
    page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.settle()
    assert page.run("return document.documentElement.scrollWidth") <= width
    tables = page.run(
        "return [...document.querySelectorAll('.scroll')].map(s => [s.scrollWidth > s.clientWidth + 1, "
        "getComputedStyle(s.parentElement.querySelector('.more')).display != 'none', s.getBoundingClientRect().right])"
    )
    assert len(tables) > 15
    for is_wide, says_so, right in tables:
        assert is_wide == says_so
        assert right <= width


def test_the_main_table_shows_its_result_on_a_phone(page):
    page.resize(390)
    right = page.run("return document.querySelector('#table-rules tbody tr').cells[1].getBoundingClientRect().right")
    assert right <= 390


def test_the_page_is_a_fraction_of_what_it_was(page):
    page.resize(1280)
    assert page.run("return document.documentElement.scrollHeight") < 28_220 / 3
    assert page.run("return document.querySelector('.answer').getBoundingClientRect().top + scrollY") < 400
    assert len(page.pdf()) <= 37 / 3


def test_the_first_two_pages_of_paper_are_a_summary(page):
    (KEPT / "print.pdf").write_bytes(page.pdf().content)
    rest = "for (const one of document.querySelectorAll('#patients, #patients ~ section, footer, #rivals .figures')) "
    # The made-up run has no third arm, whose sentence is the longest.
    second = "const second = document.querySelectorAll('.sentences li')[1]; "
    said = page.run(f"{second} return second.textContent")
    page.run(f"{rest} one.hidden = true; {second} second.textContent = arguments[0]", "seventeen letters " * 45)
    try:
        assert len(page.pdf()) == 2
    finally:
        page.run(f"{rest} one.hidden = false; {second} second.textContent = arguments[0]", said)


def test_nothing_is_cut_on_paper(page):
    page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for broad, width in PAPER_PIXELS.items():
        page.media("print", dark=False)
        page.resize(width)
        cut = page.run(
            "return [...document.querySelectorAll('table')].filter(t => t.closest('.broad') ? arguments[0] : !arguments[0])"
            ".filter(t => t.getBoundingClientRect().right > arguments[1] + 1).map(t => t.id)",
            broad,
            width,
        )
        assert cut == []
    assert page.run(
        "return [...document.querySelectorAll('thead')].every(t => getComputedStyle(t).display == 'table-header-group')"
    )


def test_the_dark_page_has_no_white_boxes(page):
    page.resize(1280)
    page.media("", dark=True)
    page.screenshot(KEPT / "dark.png")
    with Image.open(KEPT / "dark.png") as shot:
        bright = (np.asarray(shot.convert("L")) > 235).mean()
    # Letters and the noise of the made-up slices; one white figure alone would be more.
    assert bright < 0.02


def test_another_network_is_one_click_away(page):
    shown = "return [...document.querySelectorAll('[data-network]')].filter(e => e.offsetParent).map(e => e.dataset.network)"
    first, other = page.run("return [...document.getElementById('network').options].slice(0, 2).map(o => o.value)")
    assert set(page.run(shown)) == {first}
    choose = (
        "const s = document.getElementById('network'); s.value = arguments[0]; s.dispatchEvent(new Event('change'));"
    )
    page.run(choose, other)
    assert set(page.run(shown)) == {other} and len(page.run(shown)) == 4
    page.run(choose, first)


def test_a_patient_on_the_map_leads_to_its_slices(page):
    links = page.run("return [...document.querySelectorAll('.map a')].map(a => a.getAttribute('href'))")
    assert len(set(links)) == 24
    visible = "return [...document.querySelectorAll('.card')].filter(c => c.offsetParent).map(c => '#' + c.id)"
    assert page.run(visible) == []
    page.run("location.hash = arguments[0]", links[3])
    assert page.run(visible) == [links[3]]
    assert page.run("return document.querySelectorAll('.card:target .profile rect').length") == 6


def test_the_methods_can_be_copied(page):
    assert page.run("return [...document.querySelectorAll('button.copy')].every(b => !b.hidden)")
    page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.run("document.querySelector('[data-copy=bibtex]').click()")
    assert "@article{rudnicka2025snndeep" in page.run("return getSelection().toString()")


def test_the_foot_says_when_and_with_what(page):
    text = page.run("return document.querySelector('footer').innerText")
    assert "Made on 2026-01-02 by SNNDeep 9.9, commit abababababab" in text
    assert "snakemake --cores 2 --configfile config/made_up.yaml" in text
    assert page.errors() == []


def test_contours_are_drawn_on_the_edge_of_a_region():
    grey = np.full((40, 50), 128, np.uint8)
    regions = np.zeros((40, 50), np.uint8)
    regions[10:30, 10:40] = 1
    regions[15:20, 20:30] = 2
    with Image.open(io.BytesIO(outlined(grey, regions, (1.0, 2.0), 100))) as picture:
        assert picture.size == (100, 160)  # a pixel is twice as high as wide
        colours = np.asarray(picture.convert("RGB"))
    organ, lesion = ((colours == CONTOURS[k]).all(axis=2) for k in (1, 2))
    y, x = np.nonzero(organ)
    assert abs(x.min() - 20) <= 1 and abs(x.max() - 79) <= 1 and abs(y.min() - 40) <= 1 and abs(y.max() - 119) <= 1
    assert lesion.any() and not organ[60:100, 40:60].any()
    assert re.fullmatch(r"[0-9]+", str(colours[0, 0, 0])) and abs(int(colours[0, 0, 0]) - 128) < 5
