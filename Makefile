# Every target makes its own .venv first; PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test chaos tampering lint format types bench catalogues lock clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/earshot demo $(ARGS)

# Many tests wait for a process or a clock, so a third worker keeps two cores busy.
test: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

# Seeded random faults for SECONDS, from SEED (drawn and printed if none is given).
SECONDS ?= 600
chaos: $(STAMP)
	CHAOS_SECONDS=$(SECONDS) CHAOS_SEED=$(SEED) $(BIN)/python -m pytest -q -s tests/chaos $(ARGS)

# Random changes of bags and of archives, CHANGES in all, drawn from SEED: each must be caught and named.
CHANGES ?= 1000
tampering: $(STAMP)
	TAMPER_CHANGES=$(CHANGES) TAMPER_SEED=$(SEED) $(BIN)/python -m pytest -q -s tests/integrity/test_tampering.py $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	for name in ingest backfill latency matching hostile forms places search backtest export log stories outbox; do \
		echo "== $$name"; PYTHONPATH=.:tests/notify $(BIN)/python bench/$$name.py || exit 1; done

catalogues: $(STAMP)
	$(BIN)/python tools/catalogues.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --all-extras --group dev pyproject.toml build-requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
