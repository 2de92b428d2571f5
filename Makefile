# SNNDeep. Most people need only `make demo` and `make test`; both set up .venv first.
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
# Where pip finds torch before it asks the package index. On Linux the index has torch with 5.3 GB of CUDA for NVIDIA cards;
# PyTorch's own index has it for processors alone:  make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

.PHONY: demo demo-light site bench test test-fast coverage lint unit workflow cluster test-envs bench-engine bench-jobs bench-modes bench-networks bench-radiomics bench-reruns bench-scale picture torture reference lock clean help

help:
	@echo "make demo             synthetic scans to report, about four minutes"
	@echo "make demo-light       the custom backend alone, without torch: less than 600 MB of packages"
	@echo "make test             all checks"
	@echo "make test-fast        the quick checks, for use while you work"
	@echo "make coverage         unit tests and the lines that they do not run (htmlcov/)"
	@echo "make lint unit workflow cluster   the checks one by one"
	@echo "make site             the documents as a site, with the report of the demo"
	@echo "make picture          the picture in the README, from the report of the demo"
	@echo "make bench            measure the speed that the documents name, and write it there"
	@echo "make test-envs        create every environment in envs/ and use it; takes long"
	@echo "make bench-engine bench-jobs bench-radiomics   speed compared with other libraries"
	@echo "make bench-modes      the gain of native over parity mode"
	@echo "make bench-networks   networks and classical models on raw and relative features"
	@echo "make bench-reruns     what typical edits re-run, and how long it takes"
	@echo "make bench-scale      how long the study takes on 1 to 1,000 cores"
	@echo "make torture          faults, hostile input and damage by the thousand; LENGTH=10 for a night"
	@echo "make reference        write the schema and the page of the configuration from the code"
	@echo "make lock             resolve requirements.in and write requirements.txt, requirements-run.txt and envs/"

demo: .venv/ready
	$(BIN)/snakemake --cores $(CORES)
	@echo "The report: results/demo/report.html"

demo-light: .venv-light/ready
	PYTHONDONTWRITEBYTECODE=1 .venv-light/bin/python -m snakemake --cores $(CORES) --config run=light 'models={backends: [custom]}'
	@echo "The report: results/light/report.html"

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
	$(BIN)/pytest tests/workflow -n 2 --dist loadgroup -q

cluster: .venv/ready
	$(BIN)/pytest tests/slurm -q

test-envs: .venv/ready
	$(BIN)/python tests/environments.py

picture: .venv/ready results/demo/report.html
	$(BIN)/python tests/picture.py results/demo/report.html docs/report.png

site: .venv/ready results/demo/report.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "The site: site/index.html"

results/demo/report.html:
	$(MAKE) demo

# The speed that the documents name (docs/speed.json and the sentences made from it).
bench: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bench_engine.py --only rivals
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bench_radiomics.py
	$(BIN)/python benchmarks/speed.py

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

bench-scale: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bench_scale.py

.venv/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SNNDeep needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(BIN)/pip install --quiet --disable-pip-version-check --index-url $(TORCH_INDEX) $$(grep -E '^torch(|audio|vision)==' requirements.txt))
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# Half of what these packages bring is never read here: compiled copies of modules, tests, headers, debug symbols, solvers and
# cloud storage.
UNREAD := -name tests -o -name __pycache__ -o -name solverdir -o -name '*.hpp' -o -name 'libarrow_flight*' -o -name '_flight*' \
	-o -name 'libarrow_s3*' -o -name '_s3fs*' -o -name '*.h' -o -name '*.c' -o -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd'
.venv-light/ready: requirements-light.txt requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SNNDeep needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv-light
	.venv-light/bin/pip install --quiet --disable-pip-version-check --no-compile -r requirements-light.txt -c requirements.txt
	find .venv-light/lib -depth \( $(UNREAD) \) -exec rm -rf {} +
	-strip .venv-light/lib/python3*/site-packages/llvmlite/binding/libllvmlite.so
	.venv-light/bin/python -m pip uninstall --quiet --yes setuptools pip
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
	.venv-lock/bin/python .ci/runtime_lock.py
	rm -rf .venv-lock

clean:
	rm -rf work results logs .snakemake
