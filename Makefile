# Everything runs from the virtual environment in .venv, which `make setup` keeps equal to requirements.lock.

PYTHON ?= python3
# Who names no Python keeps the environment, whichever Python made it.
PYTHON_IS_CHOSEN := $(filter-out file,$(firstword $(origin PYTHON)))
# Test files are run side by side, each with services of its worker's own; those of integration, which are longer,
# come first.
TEST_JOBS ?= 2
SIDE_BY_SIDE := -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder
# What docker-test runs beside the compose stack: of these, the tests that need broker and registry.
DOCKER_TESTS ?= tests/integration
VENV := .venv/bin/python
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup pipeline test fast lint format types check up down status clean clean-data locks lock-jars docs sdk bench kills chaos \
    image docker-offline docker-status docker-test

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s%s\n", $$1, $$2}' Makefile

setup: ## Prepare everything: virtual environment, Java, jars, Spark
	@own="$$($(VENV) -V 2>/dev/null)"; python="$(PYTHON)"; \
	if [ -z "$(PYTHON_IS_CHOSEN)" ] && [ -n "$$own" ]; then python=$(VENV); fi; \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
	    echo "error: Python 3.10 or newer is needed and $$python is not: install one, or run make PYTHON=/path/to/it." >&2; \
	    exit 7; }; \
	version="$$($$python -V)"; stamp="$$(cat requirements.lock pyproject.toml | cksum) $$version $(CURDIR)"; \
	if [ "$$(cat .venv/complete 2>/dev/null)" != "$$stamp" ]; then \
	    $$python -c 'import venv, ensurepip' 2>/dev/null || { \
	        echo "error: $$python lacks its venv module: install it (on Debian: apt-get install python3-venv)." >&2; exit 7; }; \
	    [ "$$own" = "$$version" ] || rm -rf .venv; \
	    rm -f .venv/complete; \
	    $$python -m venv .venv && \
	    $(VENV) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(VENV) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . || { \
	        echo "error: the Python packages could not be installed; pip says why above: mend it and run make setup again." >&2; \
	        exit 5; }; \
	    printf '%s\n' "$$stamp" > .venv/complete; \
	fi
	@$(VENV) docker setup

pipeline: BEGAN := $(shell date +%s)
pipeline: setup ## The whole pipeline, end to end, on real parts
	@$(VENV) docker pipeline --began $(BEGAN) $(if $(PRODUCT),--product $(PRODUCT))

test: setup ## The whole test suite, on real parts
	@$(VENV) -m pytest $(SIDE_BY_SIDE)

fast: setup ## The tests that need neither Java nor a broker: about a minute
	@$(VENV) -m pytest $(SIDE_BY_SIDE) tests/unit

kills: setup ## Kill the stream without warning, twenty times, in both its speeds
	@$(VENV) -m pytest tests/chaos/streaming/test_kill.py -s

chaos: setup ## Kill and starve the parts for a long time: about an hour
	@KILLS=100 MUTANTS=all $(VENV) -m pytest tests/chaos --timeout 7200

lint: setup ## Look for mistakes and for text that is not formatted
	@$(VENV) -m ruff check . && $(VENV) -m ruff format --check .

format: setup ## Format the code
	@$(VENV) -m ruff check --fix . ; $(VENV) -m ruff format .

types: setup ## Check the types
	@$(VENV) -m mypy contracts producer streaming quality docker tests

check: setup ## Lint the contracts, and hold every version against its history
	@$(VENV) -m contracts lint && $(VENV) -m contracts check

docs: setup ## Write the catalogue of the contracts, for a browser
	@$(VENV) -m contracts docs

sdk: setup ## Build the wheel of typed records and their consumer, for other teams
	@cd contracts/sdk && "$(CURDIR)/$(VENV)" -m hatchling build -t wheel -d "$(CURDIR)/build/sdk"

bench: setup ## Measure speed; the figures go to build/bench.json
	@for script in tests/bench/*/*.py; do \
	    PYTHONPATH=.:docker $(VENV) -m "$$(echo "$${script%.py}" | tr / .)" || exit; done

up: setup ## Start broker and registry and leave them running
	@$(VENV) docker up

down: ## Stop them
	@[ ! -x $(VENV) ] || $(VENV) docker down

status: ## Say where they are and whether they answer
	@[ -x $(VENV) ] || { echo "nothing is set up yet: run make up." >&2; exit 1; }
	@$(VENV) docker status

image: setup ## Build the project's image for the compose file, and say its size
	@$(VENV) docker image

docker-offline: setup ## Build every image without an image registry, from Debian and what is locked
	@$(VENV) docker offline

docker-test: setup ## Test on containers, the compose stack and all that takes broker and registry from it
	@.ci/engine sh -c '$(VENV) docker offline && REQUIRE_DOCKER=1 $(VENV) -m pytest --on-containers $(SIDE_BY_SIDE) \
	    tests/integration/docker/test_stack.py $(DOCKER_TESTS)'

docker-status: setup ## Say where the services of the compose file are and how they are
	@$(VENV) docker stack

clean-data: ## Stop them and delete their topics and schemas
	@[ ! -x $(VENV) ] || $(VENV) docker down --wipe

clean: clean-data ## Delete what was built; the download cache and .venv stay
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis spark-warehouse

locks: setup ## Make requirements.lock anew, with hashes
	@$(VENV) -m uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-header \
	    --all-extras --group dev pyproject.toml -o requirements.lock

lock-jars: setup ## Make docker/jars.lock anew from the versions in docker/.env
	@$(VENV) docker lock
