# Two commands: `make run` and `make test`; each sets up what it needs. The rest: make help.
.DEFAULT_GOAL := help
.PHONY: help setup run up test lint soak gpu bench lock step-versions clean

PYTHON ?= $(firstword $(foreach v,3.11 3.12 3.13,$(shell command -v python$(v))) python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# For an NVIDIA GPU, with Unsloth: requirements-gpu.lock.
LOCK ?= requirements.lock
RUN_ARGS ?=
UP_ARGS ?=
BENCH ?=

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## make .venv with all that is needed: packages, NER model, WordNet, demo model

$(READY): pyproject.toml $(LOCK)
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "langkah needs Python 3.11, 3.12 or 3.13, got " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing packages (a few minutes the first time) ..."
	$(PIP) --constraint $(LOCK) torch
	$(PIP) --no-deps --requirement $(LOCK)
	$(PIP) --no-deps --no-build-isolation --editable .
	@echo "Fetching WordNet, converting the demo model ..."
	$(BIN)/python -m langkah.evaluation.wordnet
	$(BIN)/python -c 'from langkah.models.bundled import bundled_model; bundled_model()'
	$(BIN)/langkah doctor
	@touch $@

run: $(READY) ## the whole pipeline on the sample data, on this machine
	$(BIN)/langkah run --config deployments/runs/cpu_demo.yaml --data examples/shop-faq-en.jsonl --data examples/shop-faq-broken.jsonl $(RUN_ARGS)

up: $(READY) ## Prefect server, deployments, worker and review pages on this machine, until Ctrl-C
	$(BIN)/langkah up $(UP_ARGS)

test: $(READY) lint ## every check that fits 20 minutes
	@$(BIN)/python tests/services/debian_packages.py
	OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY) ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

soak: $(READY) ## the long ones: fault matrix, fuzzing, load
	OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false $(BIN)/python -m pytest -m soak --override-ini=addopts=--import-mode=importlib

gpu: $(READY) ## what needs an NVIDIA GPU
	TOKENIZERS_PARALLELISM=false $(BIN)/python -m pytest --override-ini=addopts=--import-mode=importlib -m gpu tests/gpu

bench: $(READY) ## a table: how many times as fast as the plain way, in one run
	$(BIN)/python benchmarks/table.py $(BENCH)

lock: ## write the lock file from what is installed
	@{ echo '# Exact versions that were installed together. Made by `make lock`; installed with --no-deps.'; \
	$(BIN)/python -m pip freeze --all --exclude-editable --exclude langkah --exclude pip --exclude wheel | sed -E 's/^(torch==[0-9.]+).*/\1/; s/^([^ ]+) @ .*/\1/'; } > $(LOCK).new
	@mv $(LOCK).new $(LOCK)

step-versions: $(READY) ## record the code of each step with its version (a test compares them)
	$(BIN)/python tests/layout/step_versions.py $(if $(SAME_WORK),--same-work)

clean: ## remove what was made here, the workspace apart
	rm -rf $(VENV) *.egg-info .pytest_cache .ruff_cache .import_linter_cache
