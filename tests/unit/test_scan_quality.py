"""The quality page of a data set: what is measured is the scan, what is shown is escaped, and it stays small."""

import re
from dataclasses import replace
from pathlib import Path

import browser
import numpy as np
import pytest
from radiomics_scans import SPACING, affine, organ, save, save_case

from snndeep.insight.scan_look import LONGEST, look_at, plane_of
from snndeep.insight.scan_quality import HISTOGRAM_HU, PLANES, Plane, ScanQuality, from_arrays, histogram, to_arrays
from snndeep.labels import ORGAN, MaskLabels
from snndeep.reporting.quality_page import quality_card, quality_page, summary
from snndeep.scans.converted import NiftiScan
from snndeep.scans.dataset import Case
from snndeep.scans.settings import Plausibility
from snndeep.store.content import content_digest
from snndeep.volume import CaseVolume
from snndeep.volume.holes import Holes

LIMITS = Plausibility(
    organ_volume=(0.0001, 6000.0), median_hu=(-1000.0, 1000.0), air_hu=3000.0, fat_hu=3000.0, in_range_share=0.0
)
KEPT = Path(__file__).parents[2] / "results" / "test-screenshots" / "quality"


def case_of(name, image, label):
    return Case(name, *(NiftiScan(path, content_digest(path)) for path in (image, label)), "x")


def scan(folder, name="a", limits=LIMITS):
    image, label = (folder / f"{name}_{part}.nii.gz" for part in ("ct", "mask"))
    if not image.exists():
        values, labels = organ()
        image, label = save(image, values, affine()), save(label, labels, affine())
    return look_at(case_of(name, image, label), MaskLabels(), (-100.0, 200.0), limits)


def test_a_card_says_what_the_scan_is(tmp_path):
    found = scan(tmp_path)
    values, labels = organ()
    assert found.facts["spacing"] == pytest.approx(list(SPACING))
    assert found.facts["shape"] == list(values.shape)
    assert found.facts["organ_ml"] == pytest.approx(np.count_nonzero(labels) * np.prod(SPACING) / 1000)
    assert found.facts["slices"] == np.count_nonzero(labels.any(axis=(0, 1)))
    np.testing.assert_allclose(found.facts["histogram"], histogram(values[labels > 0]))
    assert sum(found.facts["histogram"]) == pytest.approx(1)
    assert list(found.planes) == list(PLANES)


def test_planes_go_through_the_largest_section_of_the_organ(tmp_path):
    found = scan(tmp_path)
    labels = organ()[1] > 0
    for name, axis, spacing in (("axial", 2, (0, 1)), ("coronal", 1, (0, 2)), ("sagittal", 0, (1, 2))):
        largest = np.count_nonzero(labels, axis=tuple(k for k in range(3) if k != axis)).max()
        plane = found.planes[name]
        assert np.count_nonzero(plane.regions >= ORGAN) == largest, name
        assert plane.spacing == pytest.approx([SPACING[k] for k in spacing])


def test_values_beyond_the_window_count_in_the_outermost_bins():
    shares = histogram(np.array([-1000.0, -150.0, 0.0, 250.0, 9000.0]))
    assert shares[0] == pytest.approx(0.4) and shares[-1] == pytest.approx(0.4)
    assert shares.size == HISTOGRAM_HU.size - 1
    assert histogram(np.zeros(0)).sum() == 0


def test_planes_are_thinned_until_they_are_small():
    labels = np.zeros((4, 900, 500), np.uint8)
    labels[1:3, 100:800, 100:400] = 1
    volume = CaseVolume(
        "a", np.zeros(labels.shape, np.float32), labels, (0, 0, 0), (500, 900, 4), (0.5, 0.5, 5.0), (0.0, 1.0),
        Holes(0, 0, 0), (),
    )  # fmt: skip
    plane = plane_of(volume, "axial")
    assert max(plane.grey.shape) <= LONGEST
    assert plane.grey.shape[0] * plane.spacing[1] == pytest.approx(450)


def test_a_scan_comes_back_as_it_was_stored(tmp_path):
    found = scan(tmp_path)
    again = from_arrays(found.facts, to_arrays(found, 3), 3)
    assert again.facts == found.facts
    for name in PLANES:
        np.testing.assert_array_equal(again.planes[name].grey, found.planes[name].grey)
        np.testing.assert_array_equal(again.planes[name].regions, found.planes[name].regions)
        assert again.planes[name].spacing == found.planes[name].spacing


def test_a_scan_that_cannot_be_used_has_a_card_and_stops_nothing(tmp_path):
    image, label = save_case(tmp_path, "b")
    image.write_bytes(image.read_bytes()[:200])
    broken = look_at(case_of("b", image, label), MaskLabels(), None, LIMITS)
    assert broken.facts["error"] and not broken.planes
    page = quality_page("x", [scan(tmp_path), broken])
    assert "Cannot be used" in page
    assert summary([scan(tmp_path), broken]).startswith("2 scans: 1 cannot be used, 0 are implausible")


def test_limits_that_are_broken_come_first_and_are_named(tmp_path):
    good, bad = scan(tmp_path), scan(tmp_path, "z", replace(LIMITS, organ_volume=(5000.0, 6000.0)))
    assert any("organ_volume" in expected for *_, expected in bad.facts["flags"])
    page = quality_page("x", [good, bad])
    names = re.findall(r"<h2>(\w)", page)
    assert names == ["z", "a"]
    assert "organ_volume" in page
    assert quality_card(bad).order["flags"] >= 100 > quality_card(good).order["flags"]


def test_names_are_escaped(tmp_path):
    hostile = scan(tmp_path)
    hostile = replace(hostile, facts={**hostile.facts, "case": "<script>alert(1)</script>", "patient": '"><img src=x>'})
    page = quality_page("<b>x</b>", [hostile])
    assert page.count("<script") == 1 and "<b>x" not in page and "<img src=x" not in page


def test_the_page_of_the_decathlon_is_small_enough():
    """131 scans of the size of real ones, of noise, which compresses worse than anatomy."""
    rng = np.random.default_rng(0)
    regions = np.zeros((LONGEST, LONGEST), np.uint8)
    regions[20:150, 20:150] = 1
    facts = {
        "patient": "p", "spacing": [0.7, 0.7, 1.0], "shape": [512, 512, 500], "organ_ml": 1500.0, "lesion_ml": 20.0,
        "slices": 200, "median_hu": 100.0, "iqr_hu": 30.0, "flags": [],
        "histogram": histogram(rng.normal(100, 30, 1000)).tolist(),
    }  # fmt: skip
    scans = [
        ScanQuality(
            {**facts, "case": f"liver_{k}"},
            {n: Plane(rng.integers(0, 255, regions.shape).astype(np.uint8), regions, (1.5, 1.5)) for n in PLANES},
        )
        for k in range(131)
    ]
    assert len(quality_page("x", scans).encode()) < 30e6


@pytest.mark.slow
def test_cards_are_sorted_and_filtered_in_a_browser(tmp_path):
    good, bad = scan(tmp_path), scan(tmp_path, "z", replace(LIMITS, organ_volume=(5000.0, 6000.0)))
    good = replace(good, facts={**good.facts, "flags": []})
    path = tmp_path / "qc.html"
    path.write_text(quality_page("x", [good, bad]), encoding="utf-8")
    with browser.opened(path, tmp_path / "profile") as page:
        names = "return [...document.querySelectorAll('.scan')].filter(c => c.offsetParent).map(c => c.dataset.case)"
        assert page.run(names) == ["z", "a"]
        choose = (
            "const s = document.getElementById(arguments[0]); s.value = arguments[1]; "
            "s.dispatchEvent(new Event('change'));"
        )
        page.run(choose, "order", "case")
        assert page.run(names) == ["a", "z"]
        page.run(choose, "shown", "flagged")
        assert page.run(names) == ["z"]
        for width in (390, 1280):
            page.resize(width)
            assert page.run("return document.documentElement.scrollWidth") <= width
            page.screenshot(KEPT / f"{width}.png")
        assert page.errors() == []
