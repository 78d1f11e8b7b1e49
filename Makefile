# One command for each thing that a person does here; `make` alone lists them.

VENV := .venv
NEWEST := .venv-newest
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Booting hosts needs root; a machine without sudo runs all the rest and says what it skipped.
SUDO := $(if $(filter 0,$(shell id -u)),,$(shell command -v sudo >/dev/null && echo sudo --preserve-env))

export PYTHON

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(VENV)/installed ## a virtual environment in .venv with llamafleet and all that its tests need

# Python is looked for again once it has been installed: a recipe is read after what it waits for.
# Whatever is installed is known by its hash, and nothing is built but llamafleet itself.
$(VENV)/installed: pyproject.toml requirements.txt | python
	@test -n "$(PYTHON)" || { echo "llamafleet needs Python 3.11 or newer, and found none" >&2; exit 1; }
	@echo "installing llamafleet and its tools into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --only-binary :all: --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-index --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: lock
lock: | python ## renew what `make install` and rollouts install: the newest of all, with hashes
	@tools/lock.sh

.PHONY: python
python:
	@tools/install-system.sh python

.PHONY: system
system: ## the system packages that lab, demo and tests need (apt, with sudo if necessary)
	@tools/install-system.sh

.PHONY: test
test: system install lint ## everything: style, types, all tests, also those on booted hosts
	$(BIN)/pytest -m "not lab and not builds"
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/pytest -m lab -p no:cacheprovider

.PHONY: check
check: install lint ## the quick part of `make test`: no root, no hosts, no network
	$(BIN)/pytest -m "not lab and not builds"

.PHONY: test-builds
test-builds: system install ## compile llama.cpp for every backend on booted hosts, and record it: hours
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/pytest -m builds -p no:cacheprovider tests/builds

.PHONY: test-newest
test-newest: | python ## the quick part with the newest packages instead of the locked ones
	@$(PYTHON) -m venv --clear $(NEWEST)
	@$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade setuptools \
		--editable '.[dev]'
	@$(NEWEST)/bin/python tools/newer.py requirements.txt
	$(NEWEST)/bin/ruff check .
	$(NEWEST)/bin/mypy
	$(NEWEST)/bin/pytest -m "not lab and not builds"

.PHONY: drift
drift: install ## compare the tables of llama.cpp with the newest build on the package index
	$(BIN)/python -m tools.drift $(if $(SERVER),--server $(SERVER))

.PHONY: fuzz
fuzz: install ## 100,000 malformed inputs for every reader: hours; the tests try a few hundred
	$(BIN)/python -m tests.fuzz --inputs 100000

.PHONY: lint
lint: install ## style and types only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: format
format: install ## put the Python files into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lab
lab: install ## boot two real systemd hosts on this machine to play with
	@tools/install-system.sh python lab
	@$(SUDO) $(BIN)/python -m tests.lab up

.PHONY: demo
demo: install ## the whole rollout on one sandbox host: boot, roll out, send a prompt, print commands to try
	@test "$$(id -u)" -ne 0 || tools/install-system.sh lab || true
	@$(BIN)/python -m tools.demo

.PHONY: dist
dist: install ## the wheel and the source archive, in dist/
	$(BIN)/python tools/dist.py

.PHONY: clean
clean: ## remove the virtual environment and the caches in this directory
	rm -rf $(VENV) $(NEWEST) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
