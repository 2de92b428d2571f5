"""The first half of a plan: from the scans to one table of samples.

    archive -> data -> features -> samples        convert -> features        survey

A run has those of these stages that its scans need; `snndeep.plan.plan` continues from the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from snndeep.errors import DatasetError, InvalidInputError
from snndeep.labels import MaskLabels
from snndeep.limits import require_rows
from snndeep.phantom.settings import case_id
from snndeep.plan.addressing import LENGTH, FileDigests, digest, module_file
from snndeep.plan.own_cases import find_own_cases
from snndeep.plan.stages import Batch, CaseBatch, Conversion, Stage, StageMaker
from snndeep.radiomics.families import FAMILIES
from snndeep.radiomics.filters.registry import FILTERS
from snndeep.radiomics.settings import FeatureSettings
from snndeep.scans.converted import NiftiScan
from snndeep.scans.dataset import Case, check_labelled
from snndeep.scans.formats import FORMATS
from snndeep.scans.msd import CASES, archive_cases, chosen_names, diseased_by_list, unpacked_cases
from snndeep.scans.settings import DicomSettings
from snndeep.store.origin import Origin

CONVERSION_FILES = ("convert.py", *map(module_file, FORMATS.values()))


class ScanPlan:
    """The stages up to the table of samples.

    Args:
        config: The complete and valid configuration, see `snndeep.plan.configuration`.
        maker: Makes the stages.

    Attributes:
        config: The configuration.
        store: The store's folder.
        conversions: The scans that are converted to NIfTI first, by address of the conversion.
        cases: All cases of the run.

    Raises:
        DatasetError: If the data set cannot be used.
    """

    def __init__(self, config: Mapping[str, Any], maker: StageMaker):
        self.config = config
        self.store = maker.store
        self._maker = maker
        labels = MaskLabels.from_mapping(config["dataset"]["labels"])
        self.conversions: dict[str, Conversion] = {}
        self.cases = self._find_cases()
        check_labelled(self.cases, labels)

    def check_enough(self, folds: int) -> None:
        """Check that there is a patient for each fold.

        Raises:
            DatasetError: If there is not.
        """
        patients = {case.patient for case in self.cases}
        if len(patients) < folds:
            raise DatasetError(
                "There are fewer patients than folds.",
                where="splits.folds",
                found=f"{len(patients)} patients, {folds} folds",
                expected="at least one patient of each class for each fold",
                remedy="Lower splits.folds or add patients.",
            )

    @property
    def source(self) -> str:
        """Where the scans come from: phantom, directory or msd."""
        return str(self.config["dataset"]["source"])

    @property
    def in_place(self) -> bool:
        """Whether the scans are the user's files, read where they are: a directory, or an unpacked Task03_Liver."""
        path = self.config["dataset"]["path"]
        return self.source == "directory" or (self.source == "msd" and bool(path) and Path(path).is_dir())

    @cached_property
    def archive(self) -> Stage:
        """The archive of Task03_Liver. Its checksum fixes its content, so the address does not depend on how it is fetched."""
        return self._published("archive", [])

    @property
    def whole_archive(self) -> bool:
        """Whether all cases of Task03_Liver are used, so that the archive is fetched as a whole."""
        return len(chosen_names(self.config["dataset"])) == len(CASES)

    @property
    def by_ranges(self) -> bool:
        """Whether cases of Task03_Liver are fetched one by one, so that the archive's checksum is never compared."""
        return self.source == "msd" and not self.config["dataset"]["path"] and not self.whole_archive

    def _published(self, name: str, inputs: Sequence[Stage], unchecked: bool = False) -> Stage:
        """Return a stage that only fetches published bytes, which neither code nor the choice of server can change.

        Args:
            name: Name of the stage.
            inputs: Inputs of the stage.
            unchecked: Whether the bytes are not compared with the published checksum, which gives them another address.
        """
        config = {"md5": self.config["dataset"]["msd"]["md5"], **({"by_ranges": True} if unchecked else {})}
        return self._maker.stage(name, config, [], inputs)

    @cached_property
    def checked_data(self) -> Stage:
        """Cases of Task03_Liver from an archive that was compared with its published checksum."""
        return self._published("data", [self.archive])

    @cached_property
    def unchecked_data(self) -> Stage:
        """Cases of Task03_Liver fetched one by one, see `by_ranges`."""
        return self._published("data", [self.archive], unchecked=True)

    @cached_property
    def data(self) -> Stage:
        """The stage that makes or fetches the scans.

        Raises:
            InvalidInputError: If the scans are read in place, so that there is no such stage.
        """
        if self.in_place:
            raise InvalidInputError(
                "Scans that are read in place have no stage of data.",
                where="ScanPlan.data",
                found=f"dataset.source {self.source}",
                expected="scans that are made or fetched",
            )
        dataset = self.config["dataset"]
        if self.source == "msd":
            return self.unchecked_data if self.by_ranges else self.checked_data
        recipe = {key: value for key, value in dataset["phantom"].items() if key != "patients"}
        recipe["seed"] = self.config["seed"]
        return self._maker.stage("data", recipe, ["data_phantom.py"], [])

    @property
    def twin(self) -> Stage:
        """The stage of the same cases of Task03_Liver, fetched in the other way (see `by_ranges`)."""
        return self.checked_data if self.by_ranges else self.unchecked_data

    def _find_cases(self) -> tuple[Case, ...]:
        dataset = self.config["dataset"]
        if self.source == "directory":
            table = Path(dataset["path"])
            if table.exists() and not table.is_dir():
                require_rows(table, self.config["limits"]["table_rows"])
            own, self.conversions = find_own_cases(
                Path(dataset["path"]),
                FileDigests(self.store / "digests.json"),
                MaskLabels.from_mapping(dataset["labels"]),
                DicomSettings.from_mapping(dataset["dicom"]),
                lambda config, inputs: self._maker.stage("convert", config, CONVERSION_FILES, inputs),
            )
            return own
        if self.source == "msd" and self.in_place:
            digests = FileDigests(self.store / "digests.json")
            cases = unpacked_cases(Path(dataset["path"]), chosen_names(dataset), digests.of)
            digests.save()
            return tuple(cases)
        root = Path(self.data.path(""))
        if self.source == "msd":
            if dataset["path"] and not Path(dataset["path"]).is_file():
                raise DatasetError(
                    "The archive does not exist.",
                    where="dataset.path",
                    found=dataset["path"],
                    expected="Task03_Liver.tar, the folder it was unpacked to, or nothing to fetch it",
                )
            return tuple(archive_cases(root, chosen_names(dataset), self.data.address))
        names = [case_id(k) for k in range(dataset["phantom"]["patients"])]
        return tuple(
            Case(
                n,
                NiftiScan(root / f"imagesTr/{n}.nii.gz"),
                NiftiScan(root / f"labelsTr/{n}.nii.gz"),
                f"{self.data.address}/{n}",
            )
            for n in names
        )

    @property
    def origin(self) -> Origin:
        """Where the scans come from, for the record of published results."""
        if self.source != "directory":
            return Origin(self.source)
        scans = {text for case in self.cases for text in (case.name, digest(case.leaf)[:LENGTH])}
        return Origin(self.source, str(self.config["dataset"]["path"]), tuple(sorted(scans)))

    @property
    def cohort(self) -> dict[str, Any]:
        """The patients and what the data set says about them; see `snndeep.samples.table.Cohort`."""
        return {
            "patients": {case.name: case.patient for case in self.cases},
            "diseased": {case.patient: case.diseased for case in self.cases},
            "weak": not self.config["dataset"]["labels"]["lesion"],
            "extra": {case.name: dict(case.extra) for case in self.cases if case.extra},
        }

    @cached_property
    def data_batches(self) -> dict[str, tuple[Case, ...]]:
        """Cases by batch name. A batch holds consecutive cases of the phantom, so its first and last identify it."""
        chunks = _chunks(self.cases, self.config["dataset"]["cases_per_job"])
        return {_batch_name(chunk): chunk for chunk in chunks}

    def data_manifests(self, cases: Sequence[Case]) -> list[str]:
        """Return the manifests of the scans of a batch: one per batch for the phantom, one per case for the Decathlon."""
        names = [_batch_name(cases)] if self.source == "phantom" else [case.name for case in cases]
        return [self.data.path(f"{name}.json") for name in names]

    @property
    def chosen(self) -> str:
        """Which cases `dataset.first` chose, in a sentence; empty where it is not in use."""
        if self.source != "msd" or not self.config["dataset"]["first"]:
            return ""
        names = [case.name for case in self.cases]
        free = [name for name in names if not diseased_by_list(name)]
        return f"dataset.first chose {', '.join(names)}; without tumour by the published lists: {', '.join(free) or 'none'}."

    @property
    def _judged_by(self) -> dict[str, Any]:
        """The settings that decide which cases are used."""
        return {key: self.config["dataset"][key] for key in ("plausibility", "on_bad_case")}

    @cached_property
    def survey(self) -> Stage:
        """The check of a user's whole data set before any long job."""
        config = {
            **self._judged_by,
            "labels": self.config["dataset"]["labels"],
            "features": self.config["features"],
            "samples": self.config["samples"],
            "splits": {**self.config["splits"], "seed": self.config["seed"]},
            "cohort": self.cohort,
        }
        return self._maker.stage("survey", config, ["survey.py"], [case.leaf for case in self.cases])

    @cached_property
    def _extraction_files(self) -> list[str]:
        """The code of the extraction: the script, and the families and filters that are on."""
        settings = FeatureSettings.from_mapping(self.config["features"]).resolved()
        members = {FAMILIES[name] for name in settings.families}
        members |= {FILTERS[str(image_filter.to_mapping()["filter"])] for image_filter in settings.image_filters}
        return ["features.py", *sorted(module_file(member) for member in members)]

    @cached_property
    def feature_stages(self) -> dict[str, Stage]:
        """The feature extraction of every case, by case name. A replaced scan changes only its own address."""
        settings = {"features": self.config["features"], "labels": self.config["dataset"]["labels"]}
        files = self._extraction_files
        return {case.name: self._maker.stage("features", settings, files, [case.leaf]) for case in self.cases}

    @cached_property
    def feature_batches(self) -> dict[str, Batch]:
        """The extraction jobs by address."""
        batches: dict[str, Batch] = {}
        for chunk in _chunks(self.cases, self.config["dataset"]["cases_per_job"]):
            stages = tuple(self.feature_stages[case.name] for case in chunk)
            stage = self._maker.stage(
                "features_batch",
                {**self._judged_by, "cases": [case.name for case in chunk]},
                self._extraction_files,
                stages,
            )
            batches[stage.address] = Batch(stage, chunk, stages)
        return batches

    @cached_property
    def quality_batches(self) -> dict[str, CaseBatch]:
        """The jobs that look at the scans for the quality page, by address; no run needs them."""
        settings = {
            "labels": self.config["dataset"]["labels"],
            "plausibility": self.config["dataset"]["plausibility"],
            "resegmentation": self.config["features"]["resegmentation"],
        }
        batches: dict[str, CaseBatch] = {}
        for chunk in _chunks(self.cases, self.config["dataset"]["cases_per_job"]):
            config = {**settings, "cases": [case.name for case in chunk]}
            stage = self._maker.stage("quality", config, ["quality.py"], [case.leaf for case in chunk])
            batches[stage.address] = CaseBatch(stage, chunk)
        return batches

    @cached_property
    def samples(self) -> Stage:
        """One table of all slices."""
        config = {**self._judged_by, "samples": self.config["samples"], "cohort": self.cohort}
        return self._maker.stage("samples", config, ["samples.py"], list(self.feature_stages.values()))

    def extracting(self) -> list[Stage]:
        """Return the stages that extract features, with the conversions before them."""
        stages = [conversion.stage for conversion in self.conversions.values()]
        stages += self.feature_stages.values()
        return [*stages, *(batch.stage for batch in self.feature_batches.values())]

    def stages(self) -> list[Stage]:
        """Return the stages that the run's scans need, in the order of execution."""
        stages = [self.survey] if self.in_place else [self.data]
        stages += [self.archive] if self.source == "msd" and not self.in_place else []
        return [*stages, *self.extracting(), self.samples]


def _batch_name(cases: Sequence[Case]) -> str:
    return f"{cases[0].name}-{cases[-1].name}"


def _chunks(cases: Sequence[Case], size: int) -> list[tuple[Case, ...]]:
    return [tuple(cases[start : start + size]) for start in range(0, len(cases), size)]
