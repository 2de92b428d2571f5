"""Put every model into a file of its own that holds all a prediction needs."""

from pathlib import Path

from snndeep.console import stage
from snndeep.deployment.assembly import Known, Trained, calibrate_protocols, make_member
from snndeep.deployment.model_file import ModelFile, write_model
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.settings import SampleSettings
from snndeep.samples.split import Split
from snndeep.scans.settings import Plausibility
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.store.files import check, read_json, read_npz, read_table

with stage(snakemake.log[0]) as log:
    params, files = snakemake.params, snakemake.input
    known = Known(read_table(Path(files.samples)), read_table(Path(files.cases)))
    splits = [Split.from_json(values) for values in read_json(Path(files.splits))]
    fitted = {
        encoder: [
            Preprocessing.from_json(EncodedSplit.from_arrays(read_npz(Path(path))).preprocessing) for path in paths
        ]
        for encoder, paths in params.spikes.items()
    }
    columns = (files.model, files.scores, files.record, snakemake.output.models)
    for (backend, rule), *paths in zip(params.models, *columns, strict=True):
        model, scores, record, target = (Path(path) for path in paths)
        trained, encoder = Trained(read_npz(model), read_npz(scores), read_json(record)), params.encoders[rule]
        made = [
            make_member(known, split, preprocessing, trained, params.evaluation["top_slices"])
            for split, preprocessing in zip(splits, fitted[encoder["name"]], strict=True)
        ]
        members, validation = zip(*made, strict=True)
        calibration, validated = calibrate_protocols(members, validation, params.evaluation["bootstrap"], params.seed)
        write_model(
            target,
            ModelFile(
                backend=backend,
                rule=rule,
                features=FeatureSettings(**params.features),
                labels=MaskLabels(**params.labels),
                samples=SampleSettings(**params.samples),
                encoder=encoder["name"],
                encoder_settings=encoder["settings"],
                seed=params.seed,
                members=members,
                calibration=calibration,
                validated=validated,
                provenance=params.provenance,
                versions=check(model)["versions"],
                plausibility=Plausibility(**params.plausibility),
            ),
        )
    log.info("wrote %d model files", len(params.models))
