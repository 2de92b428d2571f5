"""Generation of one case of the synthetic data set from the settings and an index, in memory or as NIfTI files."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snndeep.phantom.acquisition import Acquisition, Bias, white_noise
from snndeep.phantom.anatomy import Torso
from snndeep.phantom.findings import Finding, FindingPainter, sample_confounders, sample_lesions
from snndeep.phantom.geometry import SmoothField, VoxelGrid, Window, membership
from snndeep.phantom.liver import LiverShape, Parenchyma
from snndeep.phantom.nifti import write_nifti
from snndeep.phantom.placement import LiverSurvey
from snndeep.phantom.settings import PhantomSettings, case_id, check_index, is_diseased
from snndeep.seeds import generator

HU_RANGE = (-1024, 3071)


@dataclass(frozen=True)
class PhantomCase:
    """One synthetic scan.

    Attributes:
        image: CT in HU, int16, [x, y, z].
        label: 0 background, 1 liver, 2 lesion, uint8, [x, y, z].
        spacing: Voxel size along x, y and z in mm.
    """

    image: np.ndarray
    label: np.ndarray
    spacing: tuple[float, float, float]


@dataclass(frozen=True)
class Patient:
    """Everything random about one case except its noise.

    Attributes:
        acquisition: Parameters of the scan.
        grid: Voxel centres.
        torso: The body.
        shape: Outline of the liver.
        window: Part of the axial planes that can contain liver.
        parenchyma: Tissue of the liver.
        findings: Confounders, then lesions.
        outline: Random field that makes the outlines of the findings irregular.
        bias: Slow errors of the HU scale.
    """

    acquisition: Acquisition
    grid: VoxelGrid
    torso: Torso
    shape: LiverShape
    window: Window
    parenchyma: Parenchyma
    findings: tuple[Finding, ...]
    outline: SmoothField
    bias: Bias


def sample_patient(settings: PhantomSettings, index: int) -> Patient:
    """Draw the patient of a case.

    Each part has its own random generator, so that a change in one part does not change the others.

    Raises:
        ConfigError: If the data set has no such index.
    """
    index = check_index(settings, index)

    def stream(name: str) -> np.random.Generator:
        return generator(settings.seed, "phantom", index, name)

    acquisition = Acquisition.sample(stream("acquisition"), settings.acquisition_spread)
    grid = acquisition.grid(settings.shape)
    body = stream("body")
    half_height = float(body.uniform(62, 84))
    centre_z = float(body.uniform(0.02, 0.1) * acquisition.coverage)
    torso = Torso.sample(body, grid, acquisition.field_of_view, half_height, centre_z)
    shape = LiverShape.sample(stream("liver"), torso, half_height, centre_z)
    parenchyma = Parenchyma.sample(stream("parenchyma"), shape, settings.acquisition_spread)
    survey = LiverSurvey.of(shape, grid)
    findings = sample_confounders(stream("confounders"), survey.place, parenchyma.attenuation, settings.confounder_rate)
    if is_diseased(settings, index):
        findings += sample_lesions(
            stream("lesions"),
            survey.place,
            parenchyma.attenuation,
            settings.lesion_contrast,
            settings.lesion_burden,
        )
    extent = (110 * torso.scale, 110 * torso.scale, half_height + 10)
    return Patient(
        acquisition=acquisition,
        grid=grid,
        torso=torso,
        shape=shape,
        window=survey.window,
        parenchyma=parenchyma,
        findings=findings,
        outline=SmoothField.sample(stream("outlines"), 8.0, extent, (45 * torso.scale, 0.0, centre_z)),
        bias=Bias.sample(stream("bias"), acquisition, grid),
    )


def generate_case(settings: PhantomSettings, index: int) -> PhantomCase:
    """Make one case, slice by slice.

    The image is K(patient + bias + noise) in whole HU, where K is the patient's reconstruction kernel.

    Args:
        settings: Recipe of the data set.
        index: Number of the case, from 0.

    Raises:
        ConfigError: If the data set has no such index.
    """
    patient = sample_patient(settings, index)
    grid, acquisition = patient.grid, patient.acquisition
    # NIfTI stores x fastest: in Fortran order an axial plane is one block of memory.
    image = np.empty(grid.shape, np.int16, order="F")
    label = np.zeros(grid.shape, np.uint8, order="F")
    noise = white_noise(
        generator(settings.seed, "phantom", operator.index(index), "noise"),
        grid.shape,
        acquisition.noise_correlation,
    )
    gain = acquisition.noise / acquisition.kernel.noise_gain
    for k, (z, white) in enumerate(zip(grid.z.tolist(), noise, strict=True)):
        depth = patient.torso.depth(z)
        hu = patient.torso.plane(z, depth)
        label[(*patient.window, k)] = _paint_liver(patient, z, depth, hu)
        inside = np.clip(depth, 0, 1)
        hu += patient.bias.plane(grid, inside, z)
        # X-rays through the middle of the body are attenuated most.
        hu += white * (np.float32(0.75 * gain) + np.float32(0.4 * gain) * inside)
        image[:, :, k] = np.rint(np.clip(acquisition.kernel.apply(hu), *HU_RANGE))
    return PhantomCase(image, label, grid.spacing)


def _paint_liver(patient: Patient, z: float, depth: np.ndarray, hu: np.ndarray) -> np.ndarray:
    """Paint the liver into a plane of HU in place and return the label in the patient's window, [x, y]."""
    window, grid = patient.window, patient.grid
    edge = 0.5 * (grid.spacing[0] + 0.5 * grid.spacing[2])
    distance = patient.shape.distance(grid, z, depth, window)
    # As human readers do, the label is drawn just inside the organ: its outermost voxels are half fat or lung.
    label = (distance < -0.5 * grid.spacing[0]).astype(np.uint8)
    if not label.any():
        return label
    tissue = patient.parenchyma.plane(grid, z, window)
    painter = FindingPainter(grid, patient.outline, patient.parenchyma.attenuation)
    for finding in patient.findings:
        painter.draw(finding, z, tissue, label, window)
    around = hu[window]
    around += membership(distance, edge) * (tissue - around)
    return label


def write_case(settings: PhantomSettings, index: int, image_path: Path, label_path: Path) -> None:
    """Make one case and write it atomically as two `.nii.gz` files.

    The same settings and index give the same bytes.

    Raises:
        ConfigError: If the data set has no such index.
    """
    case = generate_case(settings, index)
    write_nifti(image_path, case.image, case.spacing)
    write_nifti(label_path, case.label, case.spacing)


def dataset_description(settings: PhantomSettings) -> dict[str, Any]:
    """Return the content of `dataset.json` in the layout of the Medical Segmentation Decathlon."""
    names = [f"{case_id(index)}.nii.gz" for index in range(settings.patients)]
    return {
        "name": "SNNDeep phantom",
        "description": "SYNTHETIC abdominal CT with liver and lesion labels. It shows no real patient.",
        "reference": "SNNDeep",
        "licence": "CC0-1.0",
        "release": "1.0",
        "tensorImageSize": "3D",
        "modality": {"0": "CT"},
        "labels": {"0": "background", "1": "liver", "2": "lesion"},
        "numTraining": len(names),
        "numTest": 0,
        "training": [{"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"} for name in names],
        "test": [],
    }
