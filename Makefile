# SNNDeep. Most people need only `make demo` and `make test`; both set up .venv first.
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin

.PHONY: demo test test-fast coverage lint unit workflow cluster test-envs bench-engine bench-jobs bench-modes bench-networks bench-radiomics bench-reruns torture reference lock clean help

help:
	@echo "make demo             synthetic scans to report, about four minutes"
	@echo "make test             all checks"
	@echo "make test-fast        the quick checks, for use while you work"
	@echo "make coverage         unit tests and the lines that they do not run (htmlcov/)"
	@echo "make lint unit workflow cluster   the checks one by one"
	@echo "make test-envs        create every environment in envs/ and use it; takes long"
	@echo "make bench-engine bench-jobs bench-radiomics   speed compared with other libraries"
	@echo "make bench-modes      the gain of native over parity mode"
	@echo "make bench-networks   networks and classical models on raw and relative features"
	@echo "make bench-reruns     what typical edits re-run, and how long it takes"
	@echo "make torture          faults, hostile input and damage by the thousand; LENGTH=10 for a night"
	@echo "make reference        write the schema and the page of the configuration from the code"
	@echo "make lock             resolve requirements.in and write requirements.txt"

demo: .venv/ready
	$(BIN)/snakemake --cores $(CORES)
	@echo "The report: results/demo/report.html"

test: lint unit workflow cluster

test-fast: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/pytest tests/unit -n $(CORES) -q -m "not slow"

coverage: .venv/ready
	$(BIN)/pytest tests/unit -n $(CORES) -q --cov --cov-report term --cov-report html:htmlcov

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

unit: .venv/ready
	$(BIN)/pytest tests/unit -n 2 -q

workflow: .venv/ready
	$(BIN)/pytest tests/workflow -n 2 -q

cluster: .venv/ready
	$(BIN)/pytest tests/slurm -q

test-envs: .venv/ready
	$(BIN)/python tests/environments.py

bench-engine: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bench_engine.py

bench-jobs: .venv/ready
	$(BIN)/python benchmarks/bench_jobs.py

bench-modes: .venv/ready
	$(BIN)/python benchmarks/bench_modes.py

bench-networks: .venv/ready
	$(BIN)/python benchmarks/bench_networks.py

bench-radiomics: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bench_radiomics.py

bench-reruns: .venv/ready
	$(BIN)/python benchmarks/bench_reruns.py

.venv/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SNNDeep needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

torture: .venv/ready
	LENGTH=$(LENGTH) $(BIN)/python tests/torture

reference: .venv/ready
	$(BIN)/python scripts/reference.py

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --disable-pip-version-check -r requirements.in
	{ echo "# Made by make lock from requirements.in."; .venv-lock/bin/pip freeze --disable-pip-version-check | sed 's/+cpu//'; } > requirements.txt
	rm -rf .venv-lock

clean:
	rm -rf work results logs .snakemake
