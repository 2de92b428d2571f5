# The configuration, checked, and the plan made from it. Rules take paths, settings and provenance from here.
import errno
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Beside this file, wherever the workflow is used from: as it is, or as a module of another one.
SCRIPTS = Path(workflow.current_basedir).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from snndeep.plan.configuration import complete
from snndeep.scans.converted import RECORD
from snndeep.errors import SNNDeepError, StorageError
from snndeep.plan.plan import Plan
from snndeep.store.folder import mark_store, refuse_other_folders
from snndeep.store.lease import RunLease
from snndeep.store.locks import CheckoutLock
from snndeep.store.owner import owner_of
from snndeep.store.pruning import settle_times

# A job has the threads that its rule says; libraries that would take more on their own are told so.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def plan_of(config):
    """Return the plan of a configuration; what is wrong with it ends the run before any work."""
    try:
        completed = complete(config)
        refuse_other_folders(Path(completed["store"]), Path.cwd())
        return Plan(completed, SCRIPTS)
    except SNNDeepError as error:
        raise WorkflowError(str(error)) from None


PLAN = plan_of(config)
RESULTS = f"results/{PLAN.config['run']}"
LOCK = CheckoutLock(Path(".snakemake/run.lock"))
LEASE = RunLease(PLAN.store, Path.cwd(), PLAN.config["run"])


def kept_out(value):
    """Return a parameter that says where something is or who works on it, which changes no result.

    A function of the output is not recorded by Snakemake and so is no reason to run a job again.
    """
    return lambda wildcards, output: value(wildcards) if callable(value) else value


def growing(amount):
    """Return a resource that grows with each attempt: a job that ended for want of it gets more the next time."""
    return lambda wildcards, attempt: amount * attempt


def end_unless_full(error):
    """End the run with a refusal of the store's. Where its disk is full, a job that has to write says so, and `prune` must
    be able to begin."""
    if error.__cause__.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise WorkflowError(str(error)) from None


def announce():
    """Tell those who prune the store what this run reaches, before it looks at what is there."""
    try:
        mark_store(PLAN.store)
        LEASE.take(PLAN.live())
    except StorageError as error:
        if not workflow.dryrun:
            end_unless_full(error)


def begin_run():
    """Keep other runs out of this folder, and let the lease of this one take the place of the last one's."""
    try:
        LOCK.acquire()
        LEASE.begin_work()
        settle_times(PLAN.store, PLAN.live())
    except StorageError as error:
        end_unless_full(error)
    except SNNDeepError as error:
        raise WorkflowError(str(error)) from None


# Jobs read this file too; the run is the process that hands them out.
if workflow.is_main_process:
    announce()


onstart:
    begin_run()


# The address of a database may hold a password. The environment reaches the scripts and is not written anywhere.
os.environ.update(
    SNNDEEP_TUNING_STORAGE=PLAN.config["tuning"]["storage"],
    SNNDEEP_DURABLE=str(int(PLAN.config["durable"])),
)


wildcard_constraints:
    address="[0-9a-f]{12}",
    backend="|".join(PLAN.backends),
    rule="|".join(PLAN.rules),
    encoder="|".join(PLAN.encoders),
    batch="[A-Za-z0-9_.-]+",
    worker="[0-9]+-of-[0-9]+",


def current(stage, wildcards):
    """Return a stage of the plan, refusing to make anything under an address that is not the plan's."""
    if stage.address != wildcards.address:
        raise WorkflowError(
            f"{stage.name}/{wildcards.address} belongs to another configuration or another state of the code; "
            f"with the present one this file is {stage.id}."
        )
    return stage


def scans_of(batch):
    """Return what must be there before the scans of a batch can be read."""
    if not PLAN.scans.in_place:
        return PLAN.scans.data_manifests(batch.cases)
    # The survey guards long work. Where the work is done, a new survey (another scan was replaced) is no reason to redo it.
    return [] if Path(batch.manifest).exists() else [*batch.records, *surveyed()]


def surveyed():
    """Return the check of a user's data set as a whole, where there is one."""
    return [PLAN.scans.survey.path("survey.json")] if PLAN.scans.in_place else []


def scans_to_show():
    """Return what must be there before scans can be shown."""
    if PLAN.scans.in_place:
        return [conversion.record for conversion in PLAN.scans.conversions.values()]
    return [
        manifest
        for cases in PLAN.scans.data_batches.values()
        for manifest in PLAN.scans.data_manifests(cases)
    ]


def looked_into(file):
    """Return one file of the model that the report looks into."""
    backend, rule = PLAN.raster_model
    return PLAN.train(backend, rule).path(f"{backend}.{rule}.{file}")


def archive_for(wildcards):
    """Return the index of the archive, unless the case was taken from it already: a new index is no reason to redo it."""
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


def searched():
    """Return the outcome of every model's search, in the order of `PLAN.models`."""
    return [
        PLAN.tune(backend, rule).path(f"{backend}.{rule}.json")
        for backend, rule in PLAN.models
    ]


def journal_of(wildcards):
    """Return the journal that holds a model's studies, unless it has a database."""
    return PLAN.study(wildcards.backend, wildcards.rule).path(
        f"{wildcards.backend}.{wildcards.rule}.journal"
    )


def record_of_tune(wildcards):
    """Return the record of a model's search."""
    return current(PLAN.tune(wildcards.backend, wildcards.rule), wildcards).record()
