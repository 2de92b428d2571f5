# Checks the configuration and makes the plan from it. Rules take paths, settings and provenance from here.
import contextlib
import errno
import importlib.util
import os
import sys
from itertools import chain
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod, SharedFSUsage
from snakemake.sourcecache import LocalSourceFile

# Jobs write more than they declare: a provenance beside every file, tables by case, journals that several jobs append to. What
# a storage provider carries to a job and back are declared files alone, so it would lose the rest without a word.
STORAGE = workflow.storage_settings
NEEDS_SHARED = {
    SharedFSUsage.INPUT_OUTPUT,
    SharedFSUsage.PERSISTENCE,
    SharedFSUsage.SOURCES,
}
if STORAGE.default_storage_provider or not NEEDS_SHARED <= set(STORAGE.shared_fs_usage):
    raise WorkflowError(
        "SNNDeep needs a file system that all jobs share, for the store and for this folder: jobs write provenances, tables "
        "by case and journals that no storage provider carries. Leave out --default-storage-provider, and let "
        "--shared-fs-usage hold input-output, persistence and sources."
    )

# A workflow that Snakemake reads out of a repository (github, gitlab, gitfile) comes file by file; its library is installed.
HERE = workflow.current_basedir
FETCHED = not isinstance(HERE, LocalSourceFile)


def source(path):
    """Return a file of this repository, by its path there."""
    if not FETCHED:
        return Path(HERE).parents[1] / path
    return Path(str(workflow.source_path(f"../../{path}")))


if not FETCHED:
    sys.path.insert(0, str(source("scripts")))
elif importlib.util.find_spec("snndeep") is None:
    raise WorkflowError(
        "The library of this workflow is not installed: pip install git+ADDRESS@TAG, with the address and tag of the workflow."
    )

import snndeep
from snndeep.limits import LimitSettings
from snndeep.plan.addressing import CodeBase
from snndeep.plan.command_line import as_typed, configuration_files
from snndeep.plan.configuration import complete
from snndeep.plan.configuration_file import check_file, located
from snndeep.plan.description import describe
from snndeep.plan.lost import forget_lost
from snndeep.scans.converted import RECORD
from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.errors import SNNDeepError, StorageError
from snndeep.plan.plan import Plan
from snndeep.plan.versions import Versions
from snndeep.store.files import BEGUN
from snndeep.store.folder import mark_store, refuse_other_folders
from snndeep.store.lease import RunLease, begun
from snndeep.store.locks import CheckoutLock
from snndeep.store.owner import name_account, owner_of
from snndeep.store.origin import refuse_other_origin
from snndeep.store.pruning import settle_times
from snndeep.store.publication import (
    RECORD as PUBLICATION,
    mark_of,
    origin_of,
    withdraw_false_marks,
)

LIBRARY = Path(snndeep.__file__).parents[1]
if FETCHED:
    told = source("scripts/snndeep/VERSION").read_text(encoding="utf-8").strip()
    version = (LIBRARY / "snndeep/VERSION").read_text(encoding="utf-8").strip()
    if told != version:
        raise WorkflowError(
            f"The workflow is version {told}, the installed library {version}; install the library of the same tag."
        )
    # Scripts find it in any environment, by a folder that holds nothing else.
    alone = Path(".snakemake/snndeep").absolute()
    link = alone / "snndeep"
    if workflow.is_main_process and link.resolve() != (LIBRARY / "snndeep").resolve():
        alone.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(LIBRARY / "snndeep")
    os.environ.update(PYTHONPATH=str(alone))

# A job uses as many threads as its rule declares; this limits libraries that would use more by default.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.pop(
    "MPLBACKEND", None
)  # of a notebook, whose packages the jobs need not have
name_account()


def versions_of_jobs():
    """Return where the versions of the packages that jobs use are known from: their environments, or this one."""
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        return Versions()
    names = {"analysis", "imaging", "report"}
    names |= {load_backend(name).environment for name in BACKENDS}
    versions = Versions.of_environments(
        [source(f"envs/{name}.yaml") for name in sorted(names)]
    )
    if workflow.is_main_process:
        for package in versions.mixed:
            print(
                f"The environments hold several versions of {package}", file=sys.stderr
            )
    return versions


def stop(error):
    """End the run before any work with the message of an error, without Snakemake's words around it."""
    if not workflow.is_main_process:
        raise WorkflowError(str(error)) from None
    sys.stderr.write(f"{error}\n")
    sys.exit(1)


def typed_configuration():
    """Return what a person wrote: the files of configuration, the later ones over the earlier ones, and `--config`."""
    given = workflow.config_settings
    own = [Path(path) for path in workflow.configfiles if path not in given.configfiles]
    return [*own, *given.configfiles], given.config_args or []


def plan_of(config):
    """Return the plan of a configuration."""
    if workflow.is_main_process:
        configuration_files(sys.argv[1:])
        for path in typed_configuration()[0]:
            check_file(path)  # again, for runs without the default profile
    completed = complete(as_typed(config, typed_configuration()[1]))
    refuse_other_folders(Path(completed["store"]), Path.cwd())
    code = CodeBase(LIBRARY, lambda name: source(f"scripts/{name}"))
    return Plan(completed, code, versions_of_jobs())


try:
    PLAN = plan_of(config)
    RESULTS = f"results/{PLAN.config['run']}"
    if workflow.is_main_process:
        published = origin_of(Path(RESULTS, PUBLICATION))
        refuse_other_origin(Path(RESULTS), published, PLAN.scans.origin)
        withdraw_false_marks(Path(RESULTS))
except SNNDeepError as error:
    stop(located(error, *typed_configuration()))
# By address, of the run's scans and of an external test set.
FEATURE_BATCHES = {
    address: batch
    for scans in PLAN.scan_plans
    for address, batch in scans.feature_batches.items()
}
CONVERSIONS = {
    address: conversion
    for scans in PLAN.scan_plans
    for address, conversion in scans.conversions.items()
}
LOCK = CheckoutLock(Path(".snakemake/run.lock"))
LEASE = RunLease(PLAN.store, Path.cwd(), PLAN.config["run"])


def kept_out(value):
    """Return a parameter that does not change results, such as a path or a share of the work.

    Snakemake does not record a function of the output, so a changed value does not re-run the job.
    """
    return lambda wildcards, output: value(wildcards) if callable(value) else value


def growing(amount, most=sys.maxsize):
    """Return a resource that grows with each attempt, up to `most`: a job that ran out of it gets more the next time."""
    return lambda wildcards, attempt: max(amount, min(amount * attempt, most))


# Few sites let a job run longer than two days.
TWO_DAYS = 2880


def announce():
    """Record in the store what this run uses, so that `prune` keeps it."""
    mark_store(PLAN.store)
    LEASE.take(PLAN.live())


def begin_run():
    """Lock this folder against other runs and replace the lease of the previous run."""
    if PLAN.scans.chosen:
        print(PLAN.scans.chosen, file=sys.stderr)
    try:
        LOCK.acquire()
        announce()
        LEASE.begin_work()
        settle_times(PLAN.store, PLAN.live())
    except StorageError as error:
        # If the disk is full, `prune` must be able to start; a job that needs to write reports it.
        if error.__cause__.errno not in (errno.ENOSPC, errno.EDQUOT):
            stop(error)
    except SNNDeepError as error:
        stop(error)


# This comes before the run looks for existing files. Jobs read this file too; only the main process is the run. A dry run may
# be unable to write; a real run reports that when it starts.
if workflow.is_main_process:
    with contextlib.suppress(StorageError):
        announce()
        forget_lost(
            PLAN.scans,
            read=Path(PLAN.samples.path("samples.parquet")).exists(),
            shown=Path(PLAN.pictures.folder).exists(),
        )
        if PLAN.outside:
            scored = Path(PLAN.external.folder).exists()
            forget_lost(PLAN.outside.scans, read=scored, shown=True)
    os.environ[BEGUN] = str(LEASE.began)
elif BEGUN not in os.environ:  # on another machine
    os.environ[BEGUN] = str(begun(PLAN.store, LEASE.owner))


onstart:
    begin_run()


# Snakemake passes over the `onstart` of a module. A workflow that uses this one and has its own replaces this.
if not workflow.modifier.is_main_snakefile():
    workflow._onstart = lambda log: begin_run()


# The address of a database may contain a password. The environment reaches the scripts and is not stored anywhere.
os.environ.update(
    SNNDEEP_TUNING_STORAGE=PLAN.config["tuning"]["storage"],
    SNNDEEP_DURABLE=str(int(PLAN.config["durable"])),
    **LimitSettings.from_mapping(PLAN.config["limits"]).to_environment(),
)


wildcard_constraints:
    address="[0-9a-f]{12}",
    backend="|".join(sorted({*PLAN.backends, *dict(PLAN.searchers)})),
    rule="|".join(PLAN.rules),
    encoder="|".join(PLAN.encoders),
    batch="[A-Za-z0-9_.-]+",
    worker="[0-9]+-of-[0-9]+",


def current(stage, wildcards):
    """Return a stage of the plan; the run stops if the requested address is not that of the stage."""
    if stage.address != wildcards.address:
        raise WorkflowError(
            f"{stage.name}/{wildcards.address} belongs to another configuration, state of the code or version of a package "
            f"({', '.join(f'{name} {version}' for name, version in stage.versions.items())}); "
            f"with the current ones, this file is in {stage.id}."
        )
    return stage


def scans_of(batch):
    """Return the files that must exist before the scans of a batch can be read."""
    if (
        batch.stage.address not in PLAN.scans.feature_batches
    ):  # of the external test set
        return [] if Path(batch.manifest).exists() else batch.records
    if not PLAN.scans.in_place:
        return PLAN.scans.data_manifests(batch.cases)
    # The survey comes before long jobs. If this job is done, a new survey (because of another scan) must not repeat it.
    return [] if Path(batch.manifest).exists() else [*batch.records, *surveyed()]


def surveyed():
    """Return the output of the check of a user's whole data set, if the scans are the user's files."""
    return [PLAN.scans.survey.path("survey.json")] if PLAN.scans.in_place else []


def scans_to_look_at(batch):
    """Return the files that must exist before the scans of a batch can be looked at, which no survey precedes."""
    if PLAN.scans.in_place:
        return batch.records
    return PLAN.scans.data_manifests(batch.cases)


def scans_to_show():
    """Return the files that must exist before scans can be shown."""
    if PLAN.scans.in_place:
        return [conversion.record for conversion in PLAN.scans.conversions.values()]
    return [
        manifest
        for cases in PLAN.scans.data_batches.values()
        for manifest in PLAN.scans.data_manifests(cases)
    ]


def inspected():
    """Return the inspection of every model, in the order of `PLAN.models`."""
    return [
        PLAN.insight(backend, rule).path(f"{backend}.{rule}.insight.json")
        for backend, rule in PLAN.models
    ]


def archive_for(wildcards):
    """Return the index of the archive, unless the case was already extracted: a new index must not repeat that."""
    index, manifest = (
        PLAN.scans.archive.path("index.json"),
        PLAN.scans.data.path(f"{wildcards.case}.json"),
    )
    return [] if Path(index).exists() and Path(manifest).exists() else index


def trained(file):
    """Return one file of every model, in the order of `PLAN.models`."""
    return [
        PLAN.train(backend, rule).path(f"{backend}.{rule}.{file}")
        for backend, rule in PLAN.models
    ]


def trained_apart():
    """Return the scores of the models that are also trained in the third arm."""
    return [
        stage.path(f"{'.'.join(model.split('/'))}.scores.npz")
        for model, stage in PLAN.third_arms().items()
    ]


def searched():
    """Return the outcome of the search that serves each model, in the order of `PLAN.models`."""
    return [PLAN.tuned(backend, rule) for backend, rule in PLAN.models]


def journal_of(wildcards):
    """Return the path of the journal of a model's studies, which is used unless a database is configured."""
    return PLAN.study(wildcards.backend, wildcards.rule).path(
        f"{wildcards.backend}.{wildcards.rule}.journal"
    )


def searched_by_workers(wildcards):
    """Return what the workers of a model's search write; nothing if the search is done, however it was shared."""
    model = f"{wildcards.backend}.{wildcards.rule}"
    stage = PLAN.tune(wildcards.backend, wildcards.rule)
    if Path(stage.path(f"{model}.json")).exists():
        return []
    return [stage.path(f"{model}.{worker}.json") for worker in PLAN.tune_shares()]


def record_of_tune(wildcards):
    """Return the record of a model's search."""
    return current(PLAN.tune(wildcards.backend, wildcards.rule), wildcards).record()


# Once all of it is published, times do not count: an address has only one content, so if another checkout wrote it again there
# is nothing new to publish. Before that they do: Snakemake does not look for missing outputs of a job behind ancient inputs if
# anything before them is made again.
EXTERNAL = ("external.json", "external_patients.csv")
PUBLISHED = [
    f"{RESULTS}/{name}"
    for name in (
        "report.html",
        "figures",
        "tables",
        "metrics.json",
        "models.csv",
        "folds.csv",
        "patients.csv",
        "comparisons.csv",
        "cost.csv",
        "predictions.parquet",
        "samples.parquet",
        "cases.parquet",
        "models",
        "run.json",
        "provenance.json",
        *(EXTERNAL if PLAN.external else ()),
        mark_of(PLAN.live()),
    )
]


def to_publish(paths):
    """Return inputs of `publish`."""
    return ancient(paths) if all(Path(path).exists() for path in PUBLISHED) else paths
