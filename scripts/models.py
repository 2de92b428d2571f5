"""Write every model to a file that contains everything a prediction needs."""

from pathlib import Path

from snndeep.console import stage
from snndeep.deployment.assembly import TrainingData, TrainingOutputs, calibrate_protocols, make_member, make_reference
from snndeep.deployment.model_file import ModelFile, write_model
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.preprocessing import read_preprocessing
from snndeep.samples.settings import SampleSettings
from snndeep.samples.split import Split
from snndeep.scans.settings import Plausibility
from snndeep.store.files import check, read_json, read_npz
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    record, files = snakemake.params.stage, snakemake.input
    config = record["config"]
    data = TrainingData(read_table(Path(files.samples), "samples"), read_table(Path(files.cases), "samples"))
    splits = [Split.from_json(values) for values in read_json(Path(files.splits), "splits")]
    fitted = read_preprocessing(read_json(Path(files.preprocessing), "preprocessing"))
    references = {split.name: make_reference(data, split, fitted[split.name]) for split in splits}
    evaluation = EvaluationSettings.from_mapping(config["evaluation"])
    columns = (files.model, files.scores, files.record, snakemake.output.models)
    for (backend, rule), *paths in zip(config["models"], *columns, strict=True):
        model, scores, outcome, target = (Path(path) for path in paths)
        trained = TrainingOutputs(read_npz(model, "train"), read_npz(scores, "train"), read_json(outcome, "train"))
        encoder = config["encoders"][rule]
        made = [
            make_member(data, split, fitted[split.name], references[split.name], trained, evaluation.top_share)
            for split in splits
        ]
        members, validation = zip(*made, strict=True)
        calibration, validated = calibrate_protocols(members, validation, evaluation.bootstrap, evaluation.seed)
        write_model(
            target,
            ModelFile(
                backend=backend,
                rule=rule,
                features=FeatureSettings.from_mapping(config["features"]),
                labels=MaskLabels.from_mapping(config["labels"]),
                samples=SampleSettings.from_mapping(config["samples"]),
                encoder=encoder["name"],
                encoder_settings=encoder["settings"],
                seed=config["seed"],
                members=members,
                calibration=calibration,
                validated=validated,
                provenance=record,
                versions=check(model, "train")["versions"],
                plausibility=Plausibility.from_mapping(config["plausibility"]),
            ),
        )
    log.info("wrote %d model files", len(config["models"]))
