# Galen's commands. `make` lists them; each makes or updates the environment first if there is something to do.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV := $(or $(GALEN_VENV),.venv)
BIN := $(VENV)/bin
# One pytest worker a core; a file's tests stay together and share its fixtures; slow files come first (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

.PHONY: help setup run test flink run-flink test-flink sdist lint format types layers check bench lock docs \
	image test-image clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the environment, or bring it up to date
	@GALEN_VENV="$(VENV)" sh scripts/setup.sh

run: setup ## records, images and notes from data to models
	@$(BIN)/galen demo

test: setup ## run the tests
	@$(PYTEST)

flink: setup ## fetch Flink and Beam's job server into .flink/ (Java and Maven are needed)
	@$(BIN)/python scripts/flink.py setup

run-flink: setup ## diabetes_progression on a Flink cluster that is started on this machine for it
	@$(BIN)/python scripts/flink.py run diabetes_progression

test-flink: flink ## the tests on Flink alone
	@$(BIN)/python -m pytest -q -m flink

sdist: setup ## Galen's source distribution, for workers, in dist/
	@$(BIN)/python -m build --sdist --no-isolation --outdir dist . >/dev/null && ls dist/galen-*.tar.gz

lint: setup ## style (ruff)
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . && echo "lint: ok"

format: setup ## let ruff mend style
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

types: setup ## types (mypy, strict)
	@$(BIN)/mypy --no-error-summary && echo "types: ok"

layers: setup ## which package may import which (import-linter)
	@out=$$($(BIN)/lint-imports --no-cache --no-logo 2>&1) || { echo "$$out"; exit 1; }; echo "layers: ok"

check: lint types layers ## lint, types and layers

bench: setup ## measure speed and memory against plain TFX
	@$(BIN)/python -m benchmarks

lock: setup ## compile the locks from setup.py (UPGRADE=1: the newest versions)
	@$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

docs: setup ## write the generated pages of docs/
	@$(BIN)/python -m pipelines.docgen

image: ## build the container image (TARGET=gpu, TAG=, BASE=, OPTIONS= for the tool that builds it)
	@sh scripts/image.sh --target "$(or $(TARGET),cpu)" $(if $(TAG),--tag "$(TAG)") $(if $(BASE),--base "$(BASE)") \
		-- $(OPTIONS)

test-image: setup $(if $(IMAGE),,image) ## build the image (or name one: IMAGE=) and run it as a cluster would
	@GALEN_IMAGE="$(or $(IMAGE),$(TAG),yes)" GALEN_TARGET="$(or $(TARGET),cpu)" $(BIN)/python -m pytest -q -m image tests/deploy

clean: ## remove caches and builds (runs and the environment stay)
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
