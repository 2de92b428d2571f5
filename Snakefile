# SNNDeep: from liver CT scans to a study of spiking neural networks.
#
#   data -> features -> samples -> splits -> preprocessing -> spikes -> tune -> train -> evaluate -> report
#                                                                                  |---> insight, pictures ---^
#                                                                                  '---> models
#
# There is one file per stage in workflow/rules; a rule, its script, its log and its benchmark have the same name.
from pathlib import Path


include: "workflow/rules/screen.smk"


# The configuration in the working directory or, if there is none, the one that comes with the workflow.
CONFIGS = [
    Path("config/config.yaml"),
    Path(workflow.current_basedir) / "config/config.yaml",
]


configfile: str(next(path for path in CONFIGS if path.exists()))


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/qc.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/samples.smk"
include: "workflow/rules/splits.smk"
include: "workflow/rules/preprocessing.smk"
include: "workflow/rules/spikes.smk"
include: "workflow/rules/tune.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/third_arm.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/external.smk"
include: "workflow/rules/insight.smk"
include: "workflow/rules/pictures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/store.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        # After an edit, results at new addresses are computed and published; a missing published file is restored.
        rules.publish.input,
        rules.publish.output,
