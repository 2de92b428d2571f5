# SNNDeep with everything that a run needs, for sites that prefer a container to conda. It runs as any user.
#   docker build -t snndeep .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/study -w /study snndeep --cores 8 --configfile /opt/snndeep/config/msd.yaml
#   apptainer build snndeep.sif docker-daemon://snndeep:latest
#   apptainer run snndeep.sif --cores 8 --configfile /opt/snndeep/config/msd.yaml
# For an image that is the same at every build, give the base by its digest:  --build-arg BASE=python@sha256:...
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
COPY requirements-run.txt /opt/snndeep/
RUN pip install --no-cache-dir -r /opt/snndeep/requirements-run.txt
COPY Snakefile LICENSE README.md /opt/snndeep/
COPY config /opt/snndeep/config
COPY envs /opt/snndeep/envs
COPY profiles /opt/snndeep/profiles
COPY scripts /opt/snndeep/scripts
COPY workflow /opt/snndeep/workflow
# A user who has no entry in /etc/passwd has no name and no home, which libraries ask for; caches go where any user can write.
ENV HOME=/tmp LOGNAME=snndeep XDG_CACHE_HOME=/tmp/cache NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /tmp
ENTRYPOINT ["snakemake", "--snakefile", "/opt/snndeep/workflow/Snakefile"]
CMD ["--help"]
