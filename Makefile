# run: serve on this machine · test: everything · lint · bench · lock · clean
# bundle: an archive for machines without a network · bundle-check: install it · audit · kills
# Recipes are plain POSIX sh. Only Python 3.11 or newer has to be there; uv is used where present.

PORT ?= 8050
HOST ?= 127.0.0.1
#: Test processes; "auto" is one a core.
WORKERS ?= auto
BENCH_ARGS ?=
#: How often `make kills` kills a write, on both databases together.
KILLS ?= 500

VENV := .venv
PY := $(VENV)/bin/python
PYTHON := $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
CODE := app.py bench callbacks components data deploy pages tests

# Compiled at once: the start of the program is then three times as fast.
ifeq ($(UV),uv)
INSTALL := uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes
else
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
endif

.PHONY: run test lint bench bundle bundle-check audit kills lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.runtime
	@exec env PYTHONDONTWRITEBYTECODE= WEIPIAN_HOST=$(HOST) WEIPIAN_PORT=$(PORT) $(PY) -m deploy.run

test: $(VENV)/.development
	@sh tests/packages.sh
	$(PY) -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup

lint: $(VENV)/.development
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m mypy $(CODE)
	$(VENV)/bin/lint-imports

bench: $(VENV)/.development
	$(PY) -m bench $(BENCH_ARGS)

bundle: $(VENV)/.runtime
	$(PY) -m deploy.bundle

bundle-check: $(VENV)/.runtime
	$(PY) -m deploy.bundle --check "$$(ls -t dist/weipian-*.tar | head -1)"

audit: $(VENV)/.development
	$(PY) -m deploy.audit

kills: $(VENV)/.development
	$(PY) -m tests.data.store.kills --kills $(KILLS)

lock:
	uv pip compile requirements.in --python-version 3.11 --universal --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements.txt
	uv pip compile requirements-dev.in --python-version 3.11 --universal --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements-dev.txt

# The store in data/local stays.
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis tests/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本。/ Python 3.11 or newer is needed." >&2; exit 1; }
ifeq ($(UV),uv)
	uv venv --quiet --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# The stamps are younger than the lists from which they were installed, so a second start is fast.
$(VENV)/.runtime: requirements.txt | $(PY)
	@echo "安装依赖……/ Installing what the product needs" >&2
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	$(INSTALL) -r requirements-dev.txt
	@touch $@
