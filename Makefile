# Works on a bare machine with Python 3.11 or newer and make: every target makes .venv first and reuses it later.
VENV := .venv
BIN := $(VENV)/bin
# Test processes at a time; each one uses a single thread.
JOBS ?= 2
PYTEST_ARGS ?=
# How long `make fuzz` goes on.
FUZZ_SECONDS ?= 600

export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help venv demo test docs fuzz lint types sbom clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

venv: ## make or repair .venv with everything that is needed
	@sh .ci/make-venv $(VENV)

demo: venv ## the main job on real structures, in a few minutes and without network
	$(BIN)/mlcluster demo --out demo-output

test: venv ## run the tests
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

docs: venv ## build the documentation site into build/docs
	rm -rf build/docs docs/generated
	$(BIN)/python -m sphinx -q -b html -W --keep-going docs build/docs

fuzz: venv ## try spoiled files and tables for FUZZ_SECONDS (600)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 MLCLUSTER_CACHE=off $(BIN)/python -W error::RuntimeWarning -m tests.fuzz.long --seconds $(FUZZ_SECONDS)

lint: venv ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv ## check the types
	$(BIN)/mypy

sbom: venv ## list what is installed, with versions and licences, as build/sbom.json (CycloneDX)
	mkdir -p build
	$(VENV)-sbom/bin/cyclonedx-py --version >/dev/null 2>&1 || { $(BIN)/python -m venv $(VENV)-sbom && $(VENV)-sbom/bin/pip install -q cyclonedx-bom; }
	$(VENV)-sbom/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --of JSON -o build/sbom.json

clean: ## remove .venv and everything made by tools; your runs and outputs stay
	rm -rf $(VENV) $(VENV)-sbom build docs/generated dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
