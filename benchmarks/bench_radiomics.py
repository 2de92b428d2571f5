"""Radiomics of one CT against peers: time and peak memory, beside the floor of decompressing the two files.

    python benchmarks/bench_radiomics.py [--peer-python PYTHON] [--long] [--repeats N]

The CT is synthetic: 512 x 512 x 150 voxels with a liver of 1.5 litres, gzipped NIfTI. Each measurement runs in a
process of its own with one thread. "Whole case" is reading, features of all slices and features of the patient; "3D"
is the features of the patient with the scan in memory. pyradiomics is timed for its 3D extraction alone, scan in
memory, at our spacing and on the native grid; MIRP, the reference implementation of IBSI, for its 3D extraction with
reading and without morphology. Bins and range are the same. Peers are optional (benchmarks/requirements.txt);
`--peer-python` names the interpreter they are installed for. Results go to benchmarks/results/radiomics.json.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPACING = (0.7, 0.7, 1.5)
LIVER_LITRES = 1.5
PLANES, LONG_PLANES = 150, 987
DISTRIBUTIONS = {"mirp": "mirp"} | dict.fromkeys(
    ("pyradiomics_native", "pyradiomics", "pyradiomics_log", "pyradiomics_wavelet"), "pyradiomics-cuda"
)
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
                 "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")  # fmt: skip


# ---- the phantom


def write_phantom(image_path: Path, mask_path: Path, n_planes: int) -> None:
    """Write image and mask: a noisy body with an ellipsoid of liver (1) and a tumour (2) in it."""
    import nibabel
    import numpy as np

    sys.path.insert(0, str(HERE.parent / "scripts"))
    from snndeep.seeds import generator

    shape = (512, 512, n_planes)
    x, y = np.meshgrid(*(np.arange(512, dtype=np.float32),) * 2, indexing="ij", sparse=True)
    body = ((x - 256) / 230) ** 2 + ((y - 256) / 170) ** 2 < 1
    proportions = np.array([95.0, 70.0, 54.0])
    half = proportions * (LIVER_LITRES * 1e6 / (4 / 3 * np.pi * proportions.prod())) ** (1 / 3) / SPACING
    image, labels = np.empty(shape, np.int16), np.zeros(shape, np.uint8)
    for z in range(n_planes):
        rng = generator(z, "bench", "radiomics")
        height = ((z - n_planes / 2) / half[2]) ** 2
        liver = ((x - 200) / half[0]) ** 2 + ((y - 240) / half[1]) ** 2 + height < 1
        tumour = ((x - 230) / 40) ** 2 + ((y - 250) / 40) ** 2 + ((z - n_planes / 2) / 18) ** 2 < 1
        labels[:, :, z] = liver + (liver & tumour)
        mean = np.where(liver, 100, np.where(body, 30, -1000)) - 40 * (liver & tumour)
        noise = rng.standard_normal((512, 512), np.float32) * np.where(body, 15, 8)
        image[:, :, z] = np.rint(mean + noise)
    for path, voxels in zip((image_path, mask_path), (image, labels), strict=True):
        written = nibabel.Nifti1Image(voxels, np.diag([*SPACING, 1.0]))
        raw = written.to_bytes()
        with gzip.open(path, "wb", compresslevel=6) as file:
            file.write(raw)


# ---- what is measured; each returns seconds, and runs in a process of its own


def decompress_isal(image: Path, mask: Path, repeats: int) -> list[float]:
    """Decompress both files as a stream with the library that SNNDeep reads with."""
    from isal import igzip

    return _timed(lambda: [_drain(igzip.open(path, "rb")) for path in (image, mask)], repeats)


def decompress_zlib(image: Path, mask: Path, repeats: int) -> list[float]:
    """Decompress both files as a stream with the standard library."""
    return _timed(lambda: [_drain(gzip.open(path, "rb")) for path in (image, mask)], repeats)


def _drain(stream) -> None:
    buffer = bytearray(1 << 20)
    with stream:
        while stream.readinto(buffer):
            pass


def snndeep(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the whole case: reading, slices and patient."""
    return _snndeep(image, mask, repeats, True)


def snndeep_slices(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the slices only."""
    return _snndeep(image, mask, repeats, False)


def _snndeep(image: Path, mask: Path, repeats: int, patient: bool) -> list[float]:
    sys.path.insert(0, str(HERE.parent / "scripts"))
    from snndeep.radiomics.extract import extract_case
    from snndeep.radiomics.settings import FeatureSettings

    settings = FeatureSettings(patient_features=patient)
    # The first round loads the compiled kernels; it is reported apart from the others.
    return _timed(lambda: extract_case("bench", image, mask, settings), repeats + 1)


def snndeep_3d(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the features of the volume, scan and mask in memory."""
    sys.path.insert(0, str(HERE.parent / "scripts"))
    import numpy as np

    from snndeep.labels import MaskLabels
    from snndeep.radiomics.extract import patient_features
    from snndeep.radiomics.settings import FeatureSettings
    from snndeep.volume import read_case

    volume = read_case("bench", image, mask, MaskLabels())
    region = (volume.labels > 0).view(np.uint8)
    return _timed(lambda: patient_features(volume, region, FeatureSettings(), "bench"), repeats + 1)


def pyradiomics(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract features of the volume at 2 mm, scan and mask in memory; a single round, it takes long."""
    return _pyradiomics(image, mask, [2, 2, 2])


def pyradiomics_native(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract features of the volume on its native grid, without resampling."""
    return _pyradiomics(image, mask, None)


def _pyradiomics(
    image: Path, mask: Path, spacing: list[int] | None, filters: dict[str, dict] | None = None
) -> list[float]:
    import logging

    import SimpleITK as sitk
    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    extractor = featureextractor.RadiomicsFeatureExtractor(
        binWidth=25, resampledPixelSpacing=spacing, interpolator="sitkLinear", resegmentRange=[-150, 250]
    )
    extractor.disableAllFeatures()
    shape = () if filters else ("shape",)
    for family in (*shape, "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"):
        extractor.enableFeatureClassByName(family)
    if filters:
        extractor.disableAllImageTypes()
        for name, arguments in filters.items():
            extractor.enableImageTypeByName(name, customArgs=arguments)
    scan = sitk.ReadImage(str(image))
    region = sitk.Cast(sitk.ReadImage(str(mask)) > 0, sitk.sitkUInt8)
    return _timed(lambda: extractor.execute(scan, region), 1)


def mirp(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract features of the volume, reading included; a single round, it takes long."""
    import itk
    import numpy as np
    from mirp import extract_features

    labels = itk.imread(str(mask))
    region = itk.image_from_array((itk.array_view_from_image(labels) > 0).astype(np.uint8))
    region.CopyInformation(labels)
    merged = mask.with_name("region.nii.gz")
    itk.imwrite(region, str(merged))

    def extract() -> None:
        extract_features(
            image=str(image),
            mask=str(merged),
            image_modality="ct",
            new_spacing=2.0,
            resegmentation_intensity_range=[-150.0, 250.0],
            base_discretisation_method="fixed_bin_size",
            base_discretisation_bin_width=25.0,
            base_feature_families=["statistics", "ih", "cm", "rlm", "szm", "ngtdm", "ngldm"],
            glcm_spatial_method="3d_volume_merge",
            glrlm_spatial_method="3d_volume_merge",
        )

    return _timed(extract, 1)


LOG = [{"filter": "log", "sigma": sigma} for sigma in (2.0, 3.0, 4.0, 5.0)]
WAVELET = [{"filter": "wavelet", "wavelet": "coif1", "band": a + b + c} for a in "LH" for b in "LH" for c in "LH"]


def snndeep_log(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract 3D features of four Laplacians of Gaussians, without those of the image itself."""
    return _snndeep_filters(image, mask, repeats, LOG)


def snndeep_wavelet(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract 3D features of the eight bands of a wavelet, without those of the image itself."""
    return _snndeep_filters(image, mask, repeats, WAVELET)


def _snndeep_filters(image: Path, mask: Path, repeats: int, filters: list[dict]) -> list[float]:
    sys.path.insert(0, str(HERE.parent / "scripts"))
    import numpy as np

    from snndeep.labels import MaskLabels
    from snndeep.radiomics.extract import filtered_region, patient_region, read_volume
    from snndeep.radiomics.families import volume_features
    from snndeep.radiomics.settings import FeatureSettings

    families = ("intensity_statistics", "glcm", "glrlm", "glszm", "ngtdm", "ngldm")
    settings = FeatureSettings(filters=filters, families=families, feature_set="all")
    volume = read_volume("bench", image, mask, settings, MaskLabels())
    region = (volume.labels > 0).view(np.uint8)

    def extract() -> None:
        base = patient_region(volume, region, settings, "bench")
        for image_filter in settings.image_filters:
            volume_features(filtered_region(base, image_filter, settings), families, "all", ("3d",))

    return _timed(extract, repeats + 1)


def snndeep_all(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the whole case with every family and feature."""
    sys.path.insert(0, str(HERE.parent / "scripts"))
    from snndeep.radiomics.extract import extract_case
    from snndeep.radiomics.families import FAMILIES
    from snndeep.radiomics.settings import FeatureSettings

    settings = FeatureSettings(families=tuple(FAMILIES), feature_set="all", patient_dimensions=("2d", "2.5d", "3d"))
    return _timed(lambda: extract_case("bench", image, mask, settings), repeats + 1)


def snndeep_growth(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract 3D features of the image and of a Laplacian of Gaussian for livers of 0.4, 0.8, 1.5 and 3 litres."""
    sys.path.insert(0, str(HERE.parent / "scripts"))
    import numpy as np

    from snndeep.radiomics.extract import patient_features
    from snndeep.radiomics.settings import FeatureSettings
    from snndeep.seeds import generator
    from snndeep.volume import CaseVolume

    settings = FeatureSettings(filters=LOG[:1])
    seconds = []
    for litres in (0.4, 0.8, 1.5, 3.0):
        half = np.array([95.0, 70.0, 54.0]) * (litres * 1e6 / (4 / 3 * np.pi * 95 * 70 * 54)) ** (1 / 3) / SPACING
        size = tuple(int(2 * extent) + 40 for extent in half)
        grid = np.meshgrid(*(np.arange(n) - n / 2 for n in size), indexing="ij", sparse=True)
        inside = sum((line / extent) ** 2 for line, extent in zip(grid, half, strict=True)) < 1
        rng = generator(int(10 * litres), "bench", "growth")
        values = (100 + 15 * rng.standard_normal(size, np.float32)).round().transpose(2, 1, 0).copy()
        labels = inside.transpose(2, 1, 0).astype(np.uint8)
        lines = [np.flatnonzero(labels.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        margins = tuple((int(line[0]), int(n - 1 - line[-1])) for line, n in zip(lines, labels.shape, strict=True))
        volume = CaseVolume("bench", values, labels, (0, 0, 0), size, SPACING, margins, 0, 0, ())
        patient_features(volume, labels, settings, "bench")
        seconds.append(min(_timed(lambda: patient_features(volume, labels, settings, "bench"), repeats)))  # noqa: B023
    return seconds


def pyradiomics_log(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the same features of the same filters at 2 mm; a single round, it takes long."""
    return _pyradiomics(image, mask, [2, 2, 2], {"LoG": {"sigma": [2.0, 3.0, 4.0, 5.0]}})


def pyradiomics_wavelet(image: Path, mask: Path, repeats: int) -> list[float]:
    """Extract the same features of the eight bands of the same wavelet at 2 mm."""
    return _pyradiomics(image, mask, [2, 2, 2], {"Wavelet": {}})


def write(image: Path, mask: Path, repeats: int) -> list[float]:
    """Write the phantom; `repeats` is its number of planes. In a process of its own, whose memory ends with it."""
    return _timed(lambda: write_phantom(image, mask, repeats), 1)


def _timed(work: Callable[[], object], repeats: int) -> list[float]:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


WORKERS = {
    worker.__name__: worker
    for worker in (
        write,
        decompress_isal,
        decompress_zlib,
        snndeep,
        snndeep_slices,
        snndeep_3d,
        snndeep_all,
        snndeep_log,
        snndeep_wavelet,
        snndeep_growth,
        pyradiomics,
        pyradiomics_log,
        pyradiomics_wavelet,
        pyradiomics_native,
        mirp,
    )
}


# ---- running and reporting


def measure(worker: str, paths: tuple[Path, Path], repeats: int, python: str = sys.executable) -> dict | None:
    """Run one worker in a process of its own; None where the peer is not installed."""
    command = [python, str(Path(__file__).resolve()), "--worker", worker, *map(str, paths), "--repeats", str(repeats)]
    done = subprocess.run(
        command, env=os.environ | dict.fromkeys(THREAD_LIMITS, "1"), capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if "ModuleNotFoundError" in done.stderr:
        return None
    raise RuntimeError(f"{worker} failed:\n{done.stderr[-3000:]}")


def report(rows: list[dict]) -> None:
    """Print the table and write benchmarks/results/radiomics.json."""
    header = f"{'work':<58} {'ours_s':>8} {'peer':<26} {'peer_s':>8} {'ratio':>7}  goal"
    print(header, "-" * len(header), sep="\n")
    for row in rows:
        numbers = [f"{row[key]:.3f}" if row[key] is not None else "-" for key in ("ours_s", "peer_s", "ratio")]
        print(f"{row['work']:<58} {numbers[0]:>8} {row['peer']:<26} {numbers[1]:>8} {numbers[2]:>7}  {row['goal']}")
    target = HERE / "results" / "radiomics.json"
    target.parent.mkdir(exist_ok=True)
    temporary = target.with_suffix(".tmp")
    temporary.write_text(json.dumps(rows, indent=1) + "\n")
    temporary.replace(target)
    print(f"\nwritten: {target}")


def row(work: str, ours: float | None, peer: str, peer_s: float | None, ratio: float | None, goal: str) -> dict:
    """Return one row of the table; memory rows hold MB in the places of seconds and say so."""
    return {"work": work, "ours_s": ours, "peer": peer, "peer_s": peer_s, "ratio": ratio, "goal": goal}


def make_paths(folder: Path, n_planes: int) -> tuple[Path, Path]:
    """Write a phantom and return its image and mask."""
    paths = folder / f"ct_{n_planes}.nii.gz", folder / f"mask_{n_planes}.nii.gz"
    measure("write", paths, n_planes)
    return paths


def peer_rows(
    size: str, paths: tuple[Path, Path], ours: dict[str, dict], name: str, what: str, python: str, goal: str
) -> list[dict]:
    """Return the rows of one peer, against each of our measurements in `ours`."""
    peer = measure(name, paths, 1, python)
    if peer is None:
        print(f"{name} is missing: pip install -r benchmarks/requirements.txt, or name --peer-python\n")
        return [
            row(f"{size}: {part} / {what}", warm(measured), f"{name} (missing)", None, None, goal)
            for part, measured in ours.items()
        ]
    label, peer_s, peer_mb = f"{name} {peer['version']}", peer["seconds"][0], peer["peak_mb"]
    rows = [
        row(f"{size}: {part} / {what}", warm(measured), label, peer_s, peer_s / warm(measured), goal)
        for part, measured in ours.items()
    ]
    peak = ours["whole case"]["peak_mb"]
    return [*rows, row(f"{size}: peak memory, MB", peak, label, peer_mb, peer_mb / peak, "")]


def filter_rows(size: str, paths: tuple[Path, Path], repeats: int, python: str) -> list[dict]:
    """Return the rows of filters, of everything at once and of growth with the liver."""
    everything = measure("snndeep_all", paths, 1)
    rows = [
        row(f"{size}: every family and feature, peak memory, MB", everything["peak_mb"], "", None, None, "ours <= 700")
    ]
    for kind, what in (("log", "four Laplacians of Gaussians"), ("wavelet", "eight bands of coif1")):
        ours, peer = measure(f"snndeep_{kind}", paths, repeats), measure(f"pyradiomics_{kind}", paths, 1, python)
        peer_s = peer["seconds"][0] if peer else None
        label = f"pyradiomics {peer['version']}" if peer else "pyradiomics (missing)"
        ratio = peer_s / warm(ours) if peer_s else None
        rows.append(row(f"{size}: 3D at 2 mm of {what}", warm(ours), label, peer_s, ratio, ">= 10"))
    growth = measure("snndeep_growth", paths, repeats)["seconds"]
    for litres, seconds in zip((0.4, 0.8, 1.5, 3.0), growth, strict=True):
        ratio = seconds / litres / (growth[0] / 0.4)
        rows.append(
            row(f"3D and one filter, {litres} litres", seconds, "per litre, of 0.4 litres", None, ratio, "about 1")
        )
    return rows


def warm(measured: dict) -> float:
    """Return the fastest round after the first, which loads the compiled kernels."""
    return min(measured["seconds"][1:])


def compare(folder: Path, repeats: int, peer_python: str, long: bool) -> list[dict]:
    """Measure all and return the rows of the table."""
    paths = make_paths(folder, PLANES)
    size = f"512 x 512 x {PLANES}"
    whole, slices = measure("snndeep", paths, repeats), measure("snndeep_slices", paths, repeats)
    volume = measure("snndeep_3d", paths, repeats)
    floor, floor_zlib = measure("decompress_isal", paths, repeats), measure("decompress_zlib", paths, repeats)
    isal, zlib = "decompression, isal", "decompression, zlib"
    first, whole_s, slices_s = whole["seconds"][0], warm(whole), warm(slices)
    isal_s, zlib_s = min(floor["seconds"]), min(floor_zlib["seconds"])
    peak, floor_peak = whole["peak_mb"], floor["peak_mb"]
    both = {"3D": volume, "whole case": whole}
    rows = [
        row(f"{size}: whole case, kernels loaded", whole_s, isal, isal_s, whole_s / isal_s, "<= 3"),
        row(f"{size}: whole case, first in a process", first, isal, isal_s, first / isal_s, "<= 6"),
        row(f"{size}: whole case, kernels loaded", whole_s, zlib, zlib_s, whole_s / zlib_s, "<= 3"),
        row(f"{size}: slices only, kernels loaded", slices_s, isal, isal_s, slices_s / isal_s, ""),
        row(f"{size}: peak memory, MB", peak, isal, floor_peak, peak / floor_peak, "ours <= 700"),
        *peer_rows(size, paths, both, "pyradiomics", "3D at 2 mm", peer_python, ">= 30"),
        *peer_rows(size, paths, {"whole case": whole}, "pyradiomics_native", "3D, native grid", peer_python, ""),
        *peer_rows(size, paths, {"whole case": whole}, "mirp", "3D at 2 mm with reading", peer_python, ""),
    ]
    rows += filter_rows(size, paths, repeats, peer_python)
    if long:
        paths = make_paths(folder, LONG_PLANES)
        size = f"512 x 512 x {LONG_PLANES}"
        ours, floor = measure("snndeep", paths, 1), measure("decompress_isal", paths, 1)
        ours_s, isal_s = warm(ours), floor["seconds"][0]
        rows.append(row(f"{size}: whole case", ours_s, isal, isal_s, ours_s / isal_s, "<= 3"))
        rows.append(
            row(f"{size}: peak memory, MB", ours["peak_mb"], "decompression, isal", floor["peak_mb"],
                ours["peak_mb"] / floor["peak_mb"], "ours <= 1000")
        )  # fmt: skip
    return rows


def main() -> None:
    """Run one worker, or all measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers installed")
    parser.add_argument("--long", action="store_true", help=f"measure {LONG_PLANES} planes too (a minute more)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--worker", nargs=3, metavar=("NAME", "IMAGE", "MASK"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        name, image, mask = arguments.worker
        seconds = WORKERS[name](Path(image), Path(mask), arguments.repeats)
        result = {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if name in DISTRIBUTIONS:
            result["version"] = version(DISTRIBUTIONS[name])
        print(json.dumps(result))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(compare(Path(folder), arguments.repeats, arguments.peer_python, arguments.long))


if __name__ == "__main__":
    main()
