"""Which slices are shown, and that what is shown is the scan."""

import json

import numpy as np
import pandas as pd
import pytest
from radiomics_scans import SPACING, affine, organ, save, save_case

from snndeep.errors import InvalidInputError
from snndeep.insight.shown_slices import (
    Chosen,
    as_seen,
    choose_slices,
    highest_of_each_patient,
    judged_slices,
    neighbours_of,
    pictures_of,
    plan_of_pictures,
    samples_to_read,
    windowed,
)
from snndeep.labels import MaskLabels
from snndeep.volume.axial import AIR, read_axial_slice

KNOWN = MaskLabels()


def judged(rows):
    frame = pd.DataFrame(rows, columns=["patient", "slice", "label", "margin"])
    return frame.assign(sample=frame["patient"] + ":" + frame["slice"].astype(str))


def test_best_worst_and_uncertain():
    rows = [
        ("a", 1, 0, -3.0), ("b", 1, 0, 2.0), ("c", 1, 0, 0.1), ("d", 1, 0, -1.0),
        ("e", 1, 1, 3.0), ("f", 1, 1, -2.0), ("g", 1, 1, -0.1), ("h", 1, 1, 1.0),
    ]  # fmt: skip
    chosen = choose_slices(judged(rows))
    assert [(c.kind, c.patient) for c in chosen] == [
        ("best", "a"), ("best", "e"), ("worst", "b"), ("worst", "f"), ("uncertain", "c"), ("uncertain", "g"),
    ]  # fmt: skip


def test_a_patient_comes_once_while_there_are_others():
    rows = [("a", k, 0, -3.0 + k / 10) for k in range(5)] + [("b", 1, 0, -1.0), ("c", 1, 0, -0.5)]
    assert {c.patient for c in choose_slices(judged(rows))} == {"a", "b", "c"}


def test_few_slices_give_few_pictures_and_none_twice():
    chosen = choose_slices(judged([("a", 1, 1, 0.5), ("a", 2, 1, 0.4)]))
    assert [(c.kind, c.slice) for c in chosen] == [("best", 1), ("worst", 2)]


def test_slices_are_those_that_the_model_was_tested_on():
    samples = pd.DataFrame({"sample": list("abc"), "case": list("ppq"), "slice": [1, 2, 3], "label": [0, 1, 0]})
    rows = [("x", "patient", "a", "P", 0, -1.0), ("x", "slice", "b", "P", 1, 2.0), ("y", "patient", "c", "Q", 0, 3.0)]
    predictions = pd.DataFrame(rows, columns=["model", "protocol", "sample", "patient", "label", "margin"])
    found = judged_slices(samples, predictions, "x", "patient")
    assert found[["sample", "patient", "case", "slice", "margin"]].to_numpy().tolist() == [["a", "P", "p", 1, -1.0]]


@pytest.mark.parametrize("index", [3, 4, 5])
def test_a_slice_is_the_scan_around_the_organ(tmp_path, index):
    image, label = save_case(tmp_path)
    values, labels = organ()
    seen = read_axial_slice("a", image, label, KNOWN, index, margin=4.0)
    x, y = (np.flatnonzero(labels[:, :, index].any(axis=axis)) for axis in (1, 0))
    left, right = max(0, x[0] - 2), min(labels.shape[0], x[-1] + 3)  # 4 mm are two voxels of 2.5 and of 2 mm
    front, back = max(0, y[0] - 2), min(labels.shape[1], y[-1] + 3)
    np.testing.assert_array_equal(seen.labels, labels[left:right, front:back, index].T)
    np.testing.assert_array_equal(seen.intensity, values[left:right, front:back, index].T)
    assert seen.spacing == pytest.approx(SPACING[:2])


def test_the_orientation_of_the_file_changes_nothing(tmp_path):
    image, label = save_case(tmp_path)
    values, labels = organ()
    matrix = affine()
    matrix[:3, 3] += matrix[:3, 0] * (values.shape[0] - 1)
    matrix[:3, 0] *= -1
    turned = [
        save(tmp_path / f"turned_{name}.nii.gz", np.moveaxis(array[::-1], 2, 0).copy(), matrix[:, [2, 0, 1, 3]])
        for name, array in (("ct", values), ("mask", labels))
    ]
    one = read_axial_slice("a", image, label, KNOWN, 4, margin=5.0)
    other = read_axial_slice("a", *turned, KNOWN, 4, margin=5.0)
    np.testing.assert_array_equal(one.intensity, other.intensity)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert other.spacing == pytest.approx(one.spacing)


def test_nan_outside_the_organ_is_shown_as_air(tmp_path):
    values, labels = organ()
    values = values.astype(np.float32)
    values[labels == 0] = np.nan
    image = save(tmp_path / "ct.nii.gz", values, affine())
    label = save(tmp_path / "mask.nii.gz", labels, affine())
    seen = read_axial_slice("a", image, label, KNOWN, 4, margin=10.0)
    assert (seen.intensity[seen.labels == 0] == AIR).all()


@pytest.mark.parametrize("index", [0, 8, 99])
def test_a_slice_without_organ_is_refused(tmp_path, index):
    image, label = save_case(tmp_path)
    with pytest.raises(InvalidInputError, match=f"slice {index}"):
        read_axial_slice("a", image, label, KNOWN, index, margin=4.0)


def test_the_window_is_fixed():
    np.testing.assert_array_equal(windowed(np.array([-1000.0, -150, 50, 250, 3000])), [0, 0, 128, 255, 255])


def test_pictures_are_seen_from_the_feet():
    intensity = np.array([[0.0, 250.0], [-150.0, -150.0]])  # the brightest voxel: right and at the back
    labels = np.array([[1, 2], [0, 0]])
    grey, regions = as_seen(intensity, labels)
    assert grey[1, 0] == 255, "the patient's right is left, the back is below"
    np.testing.assert_array_equal(regions, [[0, 0], [2, 1]])


SAMPLES = pd.DataFrame(
    {
        "sample": [f"{case}:{k:04d}" for case in "pq" for k in range(4)],
        "case": [case for case in "pq" for _ in range(4)],
        "slice": [k for _ in "pq" for k in range(4)],
        "label": [0] * 4 + [1] * 4,
    }
)


def predictions(model, margins):
    return SAMPLES.assign(model=model, protocol="patient", patient=SAMPLES["case"].str.upper(), margin=margins).drop(
        columns=["case", "slice"]
    )


def test_neighbours_are_the_judged_slices_above_and_below():
    rows = [("a", k, 0, -1.0 + k) for k in (1, 2, 4)]
    one = judged(rows).assign(case="a")
    one["sample"] = "a:" + one["slice"].astype(str)
    own = {k: Chosen("best", f"a:{k}", "a", k, 0, -1.0) for k in (1, 2, 4)}
    assert [(c.kind, c.slice) for c in neighbours_of(one, own[2])] == [("below", 1)]
    assert [(c.kind, c.slice, c.margin) for c in neighbours_of(one, own[1])] == [("above", 2, 1.0)]
    assert neighbours_of(one, own[4]) == []


def test_every_patient_has_the_slice_with_its_highest_score():
    found = highest_of_each_patient(judged([("b", 1, 0, 0.5), ("a", 1, 1, 0.2), ("a", 2, 1, 0.9), ("b", 2, 0, 0.1)]))
    assert [(c.patient, c.slice, c.kind) for c in found] == [("a", 2, "patient"), ("b", 1, "patient")]


def test_pictures_come_back_as_they_were_planned():
    table = pd.concat([predictions("x/a", [-3, -2, 0.5, -1, 2, 1, -0.2, 3]), predictions("x/b", np.arange(8.0))])
    words = plan_of_pictures(SAMPLES, table, ["x/a", "x/b"], "patient")
    wanted = samples_to_read(words)
    assert list(wanted) == ["p", "q"] and wanted["p"] == {k: f"p:{k:04d}" for k in range(4)}
    names = [sample for own in wanted.values() for sample in own.values()]
    stored = json.loads(json.dumps({"words": words, "spacings": [[name, 1.0, 2.0] for name in names]}))
    arrays = {f"{k}/{part}": np.full((2, 3), k, np.uint8) for k in range(len(names)) for part in ("grey", "regions")}
    shown = pictures_of(stored, arrays)
    assert list(shown.slices) == ["x/a", "x/b"]
    best = shown.slices["x/a"][0]
    assert best.chosen == Chosen("best", "p:0000", "P", 0, 0, -3.0) and best.right and best.spacing == (1, 2)
    assert [near.chosen.sample for near in best.neighbours] == ["p:0001"]
    assert int(best.neighbours[0].grey[0, 0]) == names.index("p:0001")
    assert [(one.chosen.patient, one.chosen.sample) for one in shown.patients] == [("P", "p:0002"), ("Q", "q:0003")]
