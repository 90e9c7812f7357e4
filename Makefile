# Every target sets up what it needs: Python 3.11 or newer is enough to begin.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

CHOSEN = $(if $(ONLY),$(if $(wildcard $(firstword $(subst ::, ,$(ONLY)))),$(ONLY),-k '$(ONLY)'))

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format simulate endurance bench profile constraints clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready ## make the virtual environment

$(VENV)/.ready: constraints.txt pyproject.toml
	@echo "Setting up $(VENV) (once)…" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.ready ## watch a room converge: no account, no network
	@$(BIN)/reconciler demo

test: $(if $(ONLY),$(VENV)/.ready,check) ## check, then run every test; ONLY=PATH or a -k expression runs some, unchecked
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal --durations 20 $(or $(CHOSEN),--cov --cov-report=)

check: $(VENV)/.ready ## format, lint, types and floors
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: $(VENV)/.ready ## put the code in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

simulate: $(VENV)/.ready ## play seeds against faults: SEEDS=10000, or SEED=7 to replay one
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),10000) --jobs $(or $(JOBS),2))

endurance: $(VENV)/.ready ## a day of the daemon on virtual time: SEED=1 HOURS=24
	@$(BIN)/python -m tests.endurance --seed $(or $(SEED),1) --hours $(or $(HOURS),24)

bench: $(VENV)/.ready ## measure against others: NAMES="checks files", JSON=PATH
	@$(BIN)/python -m benchmarks $(NAMES) $(if $(JSON),--json $(JSON))

profile: $(VENV)/.ready ## where the time of an unchanged check goes
	@$(BIN)/python -m benchmarks.hotspots

constraints: ## pin anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--group test --group check --group bench pyproject.toml -o constraints.txt

clean: ## remove what was built
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
