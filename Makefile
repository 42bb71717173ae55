# Two commands matter: `make app` runs the studio, `make test` checks everything. Each installs what it needs.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
HOST ?= localhost
PORT ?= 8501

.PHONY: app test lint types unit bench bench-lime bench-loop bench-examples bench-ranking bench-storage bench-fit bench-faithful bench-uploads clean

app: $(READY)
	MALLOC_ARENA_MAX=2 $(BIN)/streamlit run server.py --server.address $(HOST) --server.port $(PORT)

test: lint types unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Every benchmark prints a table and writes benchmarks/results/NAME.json.
bench: bench-lime bench-loop bench-storage bench-fit

bench-lime bench-loop bench-examples bench-ranking bench-storage bench-fit bench-faithful bench-uploads: $(READY)
	$(BIN)/python -m benchmarks.$(subst -,_,$@)

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $(READY)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
