# make run   sets everything up and runs the main job        make test      sets everything up and tests it
# make check lints and type-checks                           make lock      renews the lock files
# make test-triton tests with a real Triton server, which runs without a GPU
# make test-dicom  tests DICOM reports with dcmtk, which it installs as root
# make test-training tests the recipe of the model with PyTorch, on synthetic data
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
TRITON_VENV := .venv-triton
TRITON_PYTHON ?= $(PYTHON)
TRAINING_VENV := .venv-training
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NPM := PYTHON=$(CURDIR)/$(BIN)/python sh pwa/scripts/npm.sh
# Some machines forbid Python to keep what it compiled; every start would take seconds longer.
export PYTHONDONTWRITEBYTECODE :=
PWA_SOURCES := $(shell find pwa -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/generated/*' 2>/dev/null)

.PHONY: run serve pwa test test-browser test-triton test-dicom test-training check format lock benchmark clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime pwa/dist/.built
	@$(BIN)/python -m api demo

serve: $(VENV)/.runtime pwa/dist/.built
	@$(BIN)/python -m api serve

pwa: pwa/dist/.built

test: $(VENV)/.test pwa/dist/.built
	$(BIN)/python -m pytest -m "not browser and not triton and not dicom"
	$(NPM) run --silent test

test-browser: $(VENV)/.test pwa/dist/.built
	$(BIN)/python -m pytest -m browser tests/pwa

test-triton: $(VENV)/.test $(TRITON_VENV)/.ready
	$(BIN)/python -m pytest -m triton tests/triton tests/contracts/test_predictor.py

test-dicom: $(VENV)/.test
	$(BIN)/python -m pytest -m dicom tests/dicom

test-training: $(TRAINING_VENV)/.ready
	$(TRAINING_VENV)/bin/python -m pytest tests/triton_models

check: $(VENV)/.test pwa/node_modules/.package-lock.json
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(NPM) run check

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(VENV)/.test pwa/dist/.built
	$(BIN)/python -m tests.benchmarks

# Locks hold hashes and no addresses, so that any registry with the same files will do.
lock: $(VENV)/.runtime
	$(PIP) install uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		-o requirements.lock pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra test -c requirements.lock -o tests/requirements.lock pyproject.toml
	$(BIN)/uv pip compile -q --universal --no-deps --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		-o tests/triton/requirements.lock tests/triton/requirements.in

clean:
	rm -rf $(VENV) $(TRITON_VENV) $(TRAINING_VENV) pwa/node_modules pwa/dist .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Hilum needs Python 3.11 to 3.13; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Install the venv module: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing Python packages (once) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@printf '#!/bin/sh\nPYTHONPATH="%s$${PYTHONPATH:+:$$PYTHONPATH}" exec "%s/python" -m api "$$@"\n' \
		"$(CURDIR)" "$(CURDIR)/$(BIN)" > $(BIN)/hilum
	@chmod +x $(BIN)/hilum
	@touch $@

$(VENV)/.test: tests/requirements.lock $(VENV)/.runtime
	@echo "Installing test packages (once) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r tests/requirements.lock
	@touch $@

# The server of the wheel wants numpy 1, so it has a virtual environment of its own; nothing in it is downloaded twice.
$(TRITON_VENV)/.ready: tests/triton/requirements.lock tests/triton/machine.sh
	@TRITON_VENV=$(TRITON_VENV) TRITON_PYTHON="$(TRITON_PYTHON)" sh tests/triton/machine.sh
	@touch $@

# PyTorch is large and only the recipe needs it: beside it this environment takes what the other one has.
$(TRAINING_VENV)/.ready: triton_models/lung_nodule/training/requirements.txt $(VENV)/.test
	@echo "Installing PyTorch (once) ..."
	@$(PYTHON) -m venv $(TRAINING_VENV)
	@$(TRAINING_VENV)/bin/python -c 'import pathlib, sysconfig; p = pathlib.Path(sysconfig.get_path("purelib")); \
		(p / "product.pth").write_text(str("$(CURDIR)/$(VENV)" / p.relative_to(pathlib.Path("$(TRAINING_VENV)").absolute())))'
	@$(TRAINING_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --only-binary :all: \
		-r triton_models/lung_nodule/training/requirements.txt
	@touch $@

# The PWA is built with the system's node where it is new enough, else with one from a wheel.
$(VENV)/.node: pwa/requirements.lock | $(BIN)/python
	@$(NPM) --version > /dev/null 2>&1 || $(PIP) install --require-hashes --only-binary :all: -r pwa/requirements.lock
	@touch $@

pwa/node_modules/.package-lock.json: pwa/package-lock.json pwa/.npmrc | $(VENV)/.node
	@echo "Installing the PWA's packages (once) ..."
	@$(NPM) ci --silent
	@touch $@

pwa/dist/.built: pwa/node_modules/.package-lock.json schema/schema.graphql $(PWA_SOURCES)
	@echo "Building the PWA ..."
	@$(NPM) run --silent build
	@touch $@
