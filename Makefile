# Everything runs from the virtual environment in .venv: docker/environment.sh keeps it equal to the locks.

# Test files are run side by side, each with services of its worker's own; those of integration, which are longer,
# come first.
TEST_JOBS ?= 2
SIDE_BY_SIDE := -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder
# What docker-test runs beside the compose stack: of these, the tests that need broker and registry.
DOCKER_TESTS ?= tests/integration
VENV := .venv/bin/python
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup tables develop archive pipeline table test fast lint format types check up down status clean clean-data locks lock-jars docs \
    sdk bench kills chaos image docker-offline docker-status docker-test

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s%s\n", $$1, $$2}' Makefile

setup: ## Prepare what the platform needs to run: Python packages, Java, jars, Spark
	@sh docker/environment.sh requirements.lock
	@$(VENV) docker setup

develop: tables ## Prepare what tests, linters and benchmarks need as well
	@sh docker/environment.sh requirements.lock requirements-tables.lock requirements-dev.lock

archive: setup ## Keep what Java has loaded, so that each later start of Spark, broker and registry is seconds shorter
	@$(VENV) docker archive

pipeline: BEGAN := $(shell date +%s)
pipeline: tables ## The whole pipeline, end to end, on real parts
	@$(VENV) docker pipeline --began $(BEGAN) $(if $(PRODUCT),--product $(PRODUCT))

tables: setup
	@sh docker/environment.sh requirements.lock requirements-tables.lock
	@$(VENV) docker setup --only tables

table: tables ## Put what is on the topics of make up into Iceberg tables, in build/tables: docs/table.md
	@$(VENV) -m streaming table $(if $(PRODUCT),--product $(PRODUCT)) --available-now --quick-start

test: develop archive ## The whole test suite, on real parts
	@$(VENV) -m pytest $(SIDE_BY_SIDE)

fast: develop ## The tests that need neither Java nor a broker: about a minute
	@$(VENV) -m pytest $(SIDE_BY_SIDE) tests/unit

kills: develop archive ## Kill the stream without warning, twenty times, in both its speeds
	@$(VENV) -m pytest tests/chaos/streaming/test_kill.py -s

chaos: develop archive ## Kill and starve the parts for a long time: about an hour
	@KILLS=100 MUTANTS=all $(VENV) -m pytest tests/chaos --timeout 7200

lint: develop ## Look for mistakes and for text that is not formatted
	@$(VENV) -m ruff check . && $(VENV) -m ruff format --check .

format: develop ## Format the code
	@$(VENV) -m ruff check --fix . ; $(VENV) -m ruff format .

types: develop ## Check the types
	@$(VENV) -m mypy contracts producer streaming quality docker tests

check: setup ## Lint the contracts, and hold every version against its history
	@$(VENV) -m contracts lint && $(VENV) -m contracts check

docs: setup ## Write the catalogue of the contracts, for a browser
	@$(VENV) -m contracts docs

sdk: develop ## Build the wheel of typed records and their consumer, for other teams
	@cd contracts/sdk && "$(CURDIR)/$(VENV)" -m hatchling build -t wheel -d "$(CURDIR)/build/sdk"

# A benchmark is what leaves figures.
bench: develop archive ## Measure speed; the figures go to build/bench.json, and beside their aims in a table
	@for script in $$(grep -l 'merge(' tests/bench/*/*.py) tests/bench/aims.py; do \
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

docker-test: develop archive ## Test on containers, the compose stack and all that takes broker and registry from it
	@.ci/engine sh -c '$(VENV) docker offline && REQUIRE_DOCKER=1 $(VENV) -m pytest --on-containers $(SIDE_BY_SIDE) \
	    tests/integration/docker/test_stack.py $(DOCKER_TESTS)'

docker-status: setup ## Say where the services of the compose file are and how they are
	@$(VENV) docker stack

clean-data: ## Stop them and delete their topics and schemas
	@[ ! -x $(VENV) ] || $(VENV) docker down --wipe

clean: clean-data ## Delete what was built; the download cache and .venv stay
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis spark-warehouse

LOCKING := -m uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-header
RUNS := contracts producer streaming quality embedded
locks: develop ## Make the locks of requirements anew, with hashes
	@$(VENV) $(LOCKING) $(RUNS:%=--extra %) pyproject.toml -o requirements.lock
	@$(VENV) $(LOCKING) --extra tables -c requirements.lock pyproject.toml -o requirements-tables.lock
	@$(VENV) $(LOCKING) --group dev -c requirements.lock -c requirements-tables.lock -o requirements-dev.lock

lock-jars: setup ## Make docker/jars.lock anew from the versions in docker/.env
	@$(VENV) docker lock
