# Two commands matter: `make app` runs the studio, `make test` checks everything. Each installs what it needs, exactly the
# versions of the lock: `requirements.lock` for the app, `requirements-dev.lock` for tests, documentation and benchmarks too.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
HOST ?= localhost
PORT ?= 8501
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

BENCHES := bench-lime bench-loop bench-examples bench-ranking bench-storage bench-load bench-fit bench-faithful bench-uploads bench-transfer bench-because

.PHONY: app test lint types unit docs test-all lock bench clean $(BENCHES)

app: $(VENV)/ready-app
	MALLOC_ARENA_MAX=2 $(BIN)/streamlit run server.py --server.address $(HOST) --server.port $(PORT)

test: lint types docs unit

lint: $(VENV)/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-test
	$(BIN)/mypy

unit: $(VENV)/ready-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Written to docs/site; a warning is an error.
docs: $(VENV)/ready-test
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/site

# The tests once more with every Python that is at hand, each in an environment of its own.
test-all:
	@for python in python3.11 python3.12 python3.13; do \
		if $$python -c '' 2>/dev/null; then $(MAKE) unit VENV=.venv-$$python PYTHON=$$python || exit 1; fi; \
	done

# Adds what pyproject.toml newly names to the lock; `make lock UPGRADE=--upgrade` takes the newest version of everything.
LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)

lock: $(VENV)/ready-test
	$(LOCK) --extra dev --output-file requirements-dev.lock
	$(LOCK) --extra app --constraint requirements-dev.lock --output-file requirements.lock

# Every benchmark prints a table and writes benchmarks/results/NAME.json.
bench: bench-lime bench-loop bench-storage bench-fit

$(BENCHES): $(VENV)/ready-test
	$(BIN)/python -m benchmarks.$(subst -,_,$@)

# A changed lock begins with an empty environment, so that nothing of the former one is left in it.
$(VENV)/ready-app: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --requirement requirements.lock
	touch $@

$(VENV)/ready-test: requirements-dev.lock $(VENV)/ready-app
	$(INSTALL) --requirement requirements-dev.lock
	touch $@

clean:
	rm -rf .venv .venv-* docs/site .pytest_cache .mypy_cache .ruff_cache
