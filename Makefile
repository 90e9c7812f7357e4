# Every target sets up what it needs: Python 3.11 or newer is enough to begin.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PINNED := --no-deps --require-hashes --requirement

# $(call install,PYTHON,WHAT). uv takes a tenth of the time of pip, and is told pip's
# index, of which the last counts: the environment's. Where it fails, as other settings
# of pip are needed, pip installs.
INDEX = $$($(PIP) config list | sed 's/^:env:/~/' | LC_ALL=C sort | sed -n "s/.*\.index-url='\(..*\)'/\1/p" | tail -n 1)
install = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$(INDEX)}" \
	$(BIN)/uv pip install --quiet --system-certs --python $(1) $(2) || \
	{ echo "uv failed: falling back to pip" >&2; $(PIP) --python $(1) install --quiet --no-compile $(2); }
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' reconciler/__init__.py)
ENGINE ?= $(shell command -v podman || echo docker)

CHOSEN = $(if $(ONLY),$(if $(wildcard $(firstword $(subst ::, ,$(ONLY)))),$(ONLY),-k '$(ONLY)'))

path = $(firstword $(subst ::, ,$(1)))
MISSING := $(strip $(foreach each,$(sort $(firstword $(ONLY)) $(filter tests/%,$(ONLY))),$(if $(findstring /,$(call path,$(each))),$(if $(wildcard $(call path,$(each))),,$(each)))))
ifneq ($(MISSING),)
$(error ONLY: there is no $(MISSING))
endif

# Compiled once: each process that a test starts imports all of it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup prepared demo pictures prism test thorough coverage checked tested check format simulate upgrade-check scale-check orders endurance bench profile dist dist-check chart sdks sbom licenses docs lint-image image constraints clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready ## make the virtual environment, with all that tests and benchmarks need

$(VENV)/.runtime: constraints/runtime.txt constraints/install.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "Setting up $(VENV) (once): $$(grep -c == $<) packages…" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --quiet --no-compile $(PINNED) constraints/install.txt || true
	@$(call install,$(BIN)/python,$(PINNED) $<)
	@touch $@

$(VENV)/.ready: $(VENV)/.runtime constraints.txt pyproject.toml
	@echo "Adding what tests, checks and benchmarks need (once): $$(grep -c == constraints.txt) packages…" >&2
	@$(call install,$(BIN)/python,$(PINNED) constraints.txt)
	@$(call install,$(BIN)/python,--no-deps --no-build-isolation --editable .)
	@touch $@

# The shell is Chromium without windows: the tests of the page take half the time in it.
APT := apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=30
BROWSER = command -v chromium-headless-shell || command -v chromium
build/.browser:
	@command -v chromium-headless-shell >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Chromium for the tests of the page (once)…" >&2 && export DEBIAN_FRONTEND=noninteractive && $(APT) update && \
		{ $(APT) install -y --no-install-recommends chromium-headless-shell || $(APT) install -y --no-install-recommends chromium; } >/dev/null; } || \
		{ $(BROWSER); } >/dev/null || \
		echo "Chromium is not installed: the tests of the page in a browser will fail. To install: apt-get install chromium-headless-shell" >&2
	@if { $(BROWSER); } >/dev/null; then mkdir -p build && touch $@; fi

# Node.js and Prism of the registries, and the package that has Twilio's OpenAPI document.
build/prism/.ready: constraints/prism.txt tests/prism/package.json tests/prism/package-lock.json | $(VENV)/.runtime
	@echo "Installing Prism for the tests by Twilio's OpenAPI document (once)…" >&2
	@$(PYTHON) -m venv --clear --without-pip build/prism
	@cp tests/prism/package.json tests/prism/package-lock.json build/prism
	@{ { $(call install,build/prism/bin/python,$(PINNED) $<); } && \
		cd build/prism && export PATH="$$PWD/bin:$$PATH" && \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && \
		npm pack --loglevel=error @twilio/cli-core@9.0.0 >/dev/null && touch .ready; } || \
		echo "Prism is not installed: tests/prism will fail. To install: make prism" >&2

# The browser and Prism are installed while the virtual environment is made.
prepared:
	@$(MAKE) --no-print-directory --jobs=3 build/.browser build/prism/.ready $(VENV)/.ready

demo: $(VENV)/.runtime ## watch a room converge: no account, no network
	@$(BIN)/python -m reconciler demo

test: prepared ## check, and run every test; ONLY=PATH or a -k expression runs some, unchecked
	@$(MAKE) --no-print-directory --keep-going --jobs=2 $(if $(ONLY),,checked) tested MEASURED='$(MEASURED)'; \
		ended=$$?; $(if $(ONLY),,cat build/check.log;) exit $$ended

# A check is one process: beside tests, which take both cores, it makes nobody wait.
checked: $(VENV)/.ready
	@mkdir -p build
	@$(MAKE) --no-print-directory check >build/check.log 2>&1

tested: $(VENV)/.ready
	@env -u MAKEFLAGS $(BIN)/python -m pytest -p tests.run_again --numprocesses auto --dist worksteal --durations 20 $(CHOSEN) $(MEASURED)

thorough: export SAMPLES := whole
thorough: test ## test with the whole of each sample, where test takes a part

coverage: MEASURED = --cov --cov-report= $(if $(ONLY),--cov-fail-under=0)
coverage: test ## test, and fail below the floor of coverage (of the whole, so not with ONLY): takes twice the time

check: $(VENV)/.ready ## format, lint, types and floors
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: $(VENV)/.ready ## put the code in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

pictures: prepared ## make the pictures of docs/page.md, in Chromium
	@$(BIN)/python -m tests.page.pictures

simulate: $(VENV)/.ready ## play seeds against faults: SEEDS=10000, SEED=7 to see one, FAMILY=swarm for a kind of seeds alone, WORKERS=3 for several daemons
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),10000) --jobs $(or $(JOBS),2) $(if $(FAMILY),--family $(FAMILY)) $(if $(LEDGER),--ledger)) $(if $(WORKERS),--workers $(WORKERS))

upgrade-check: $(VENV)/.ready ## daemons of an older build beside this one, on one PostgreSQL: AGAINST=COMMIT
	@$(BIN)/python -m tests.cluster.upgrade $(AGAINST)

scale-check: $(VENV)/.ready ## four daemons on one PostgreSQL: kills, joins, webhooks at the wrong one, restarts
	@$(BIN)/python -m tests.cluster.figures

orders: $(VENV)/.ready ## random rosters whose edits are made in several orders: SEEDS=1000
	@$(BIN)/python -m tests.planning.orders --seeds $(or $(SEEDS),1000)

endurance: $(VENV)/.ready ## a day of the daemon on virtual time: SEED=1 HOURS=24
	@$(BIN)/python -m tests.endurance --seed $(or $(SEED),1) --hours $(or $(HOURS),24)

bench: $(VENV)/.ready ## measure against others: NAMES="checks files", JSON=PATH, AGAINST=COMMIT for an older build beside this one, ROOMS=10000 for the family scale
	@$(BIN)/python -m benchmarks $(NAMES) $(if $(ROOMS),--rooms $(ROOMS)) $(if $(JSON),--json $(JSON)) $(if $(AGAINST),--against $(AGAINST))

profile: $(VENV)/.ready ## where the time of an unchanged check goes: WHAT=look, correction, start, plan, status, sync, idle, memory … for that
	@$(BIN)/python -m benchmarks.hotspots $(WHAT)

dist: export REPOSITORY := $(REPOSITORY)
dist: $(VENV)/.ready ## build the wheel and the source archive into dist/; REPOSITORY=https://… is where they are from
	@rm -f dist/*.whl dist/*.tar.gz
	@$(BIN)/python -m hatchling build --directory dist

dist-check: dist ## install the wheel into an empty environment, then as README.md says, and run the demo
	@$(PYTHON) -m venv --clear build/dist
	@build/dist/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints/runtime.txt
	@build/dist/bin/pip install --quiet --disable-pip-version-check --no-index dist/*.whl
	@build/dist/bin/pip install --quiet --disable-pip-version-check twine
	@build/dist/bin/twine check --strict dist/*.whl dist/*.tar.gz
	@cd build/dist && bin/reconciler version && bin/reconciler demo
	@$(BIN)/python -m tests.distribution.readme_install build/readme

prism: $(VENV)/.ready build/prism/.ready ## check client and simulator by Twilio's OpenAPI document, with Prism as mock and as proxy
	@$(BIN)/python -m pytest tests/prism

sdks: $(VENV)/.ready ## drive the simulator with Twilio's SDKs: NAMES="python python-async node go java" (needs their tools, and the network once)
	@$(BIN)/python -m tests.sdks $(NAMES)

chart: $(VENV)/.ready ## check the Helm chart (needs Go, and the network once); UPDATE=--update writes the golden files
	@$(BIN)/python -m tests.chart $(UPDATE)

# Environments beside that of the tests, each with the pins of its name.
build/image/.ready build/sbom/.ready build/docs/.ready build/lint-image/.ready: build/%/.ready: constraints/%.txt | $(VENV)/.runtime
	@$(PYTHON) -m venv --clear --without-pip build/$*
	@$(call install,build/$*/bin/python,$(PINNED) $<)
	@touch $@

sbom: build/image/.ready build/sbom/.ready ## write dist/sbom.cdx.json: what the image contains, with licenses
	@mkdir -p dist
	@cp LICENSE README.md build/sbom
	@sed 's/^dynamic = .*/version = "$(VERSION)"/' pyproject.toml > build/sbom/pyproject.toml
	@build/sbom/bin/cyclonedx-py environment --output-reproducible --gather-license-texts \
		--pyproject build/sbom/pyproject.toml --output-format JSON --output-file dist/sbom.cdx.json build/image

licenses: build/image/.ready build/sbom/.ready ## write docs/licenses.md: the license of each package of the image
	@build/sbom/bin/pip-licenses --python build/image/bin/python --from mixed --format markdown --no-version --output-file docs/licenses.md

docs: $(VENV)/.ready build/docs/.ready ## build the documentation site into build/site/html; a warning is an error
	@$(BIN)/python -m tests.site build/docs/bin/mkdocs

lint-image: build/lint-image/.ready ## lint the Containerfile
	@build/lint-image/bin/hadolint deploy/Containerfile

image: ## build the container image: BASE=python:3.13-slim@sha256:…; TARGET=simulator for that of the simulator
	@BUILDAH_FORMAT=docker $(ENGINE) build --file deploy/Containerfile --build-arg BASE_IMAGE='$(BASE)' \
		--build-arg VERSION=$(VERSION) $(if $(TARGET),--target $(TARGET)) \
		--tag conference-reconciler$(if $(TARGET),-$(TARGET)) .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
constraints: $(VENV)/.runtime ## update all pins; UPGRADE=--upgrade takes newer ones
	@$(COMPILE) $(UPGRADE) --group test --group check --group bench pyproject.toml -o constraints.txt
	@$(COMPILE) --constraint constraints.txt --extra postgres pyproject.toml -o constraints/runtime.txt
	@$(COMPILE) --constraint constraints.txt --all-extras pyproject.toml -o constraints/image.txt
	@$(COMPILE) --constraint constraints.txt --group build -o constraints/build.txt
	@$(COMPILE) $(UPGRADE) --constraint constraints.txt --group sbom -o constraints/sbom.txt
	@$(COMPILE) $(UPGRADE) --constraint constraints.txt --group docs -o constraints/docs.txt
	@$(COMPILE) $(UPGRADE) --group lint-image -o constraints/lint-image.txt
	@$(COMPILE) $(UPGRADE) --group prism -o constraints/prism.txt
	@$(COMPILE) $(UPGRADE) --group install -o constraints/install.txt

clean: ## remove what was built
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
