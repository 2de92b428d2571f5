# SNNDeep with everything that it needs, for sites that prefer a container to conda.
#   docker build -t snndeep .
#   docker run --rm -v "$PWD":/study -w /study snndeep --cores 8 --configfile /opt/snndeep/config/msd.yaml
# With apptainer:  apptainer build snndeep.sif docker-daemon://snndeep:latest
FROM python:3.11-slim-bookworm
COPY requirements.txt /opt/snndeep/
RUN pip install --no-cache-dir -r /opt/snndeep/requirements.txt
COPY Snakefile LICENSE README.md /opt/snndeep/
COPY config /opt/snndeep/config
COPY envs /opt/snndeep/envs
COPY profiles /opt/snndeep/profiles
COPY scripts /opt/snndeep/scripts
COPY workflow /opt/snndeep/workflow
# Compiled kernels and fonts are cached where any user can write.
ENV NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["snakemake", "--snakefile", "/opt/snndeep/Snakefile"]
CMD ["--help"]
