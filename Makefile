# Two commands set everything up: `make demo` and `make test`. Both make the environment first when it is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test whole fuzz check bench lab lock clean

demo: $(READY)
	$(BIN)/perfkit demo

# What measures time or loads the machine comes last and has the machine to itself. Tests that failed are run once more, one after
# another: a defect fails again, a moment in which the machine was busy does not.
AGAIN := $(BIN)/pytest --last-failed --last-failed-no-failures none --maxfail 1
test: $(READY)
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not alone and not whole" || $(AGAIN) -m "not alone and not whole"
	$(BIN)/pytest -m alone || $(AGAIN) -m alone

# The longer workflows, from their first step to their report, and the demo twice.
whole: $(READY)
	$(BIN)/pytest -m whole

# What properties hold for, with twenty times the examples of `make test`.
fuzz: $(READY)
	$(BIN)/pytest -n 2 --dist loadscope --hypothesis-profile fuzz tests/readers tests/stats tests/report tests/test_units.py -m "not alone and not whole"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m benchmarks

lab: $(READY)
	$(BIN)/perfkit lab

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "perfkit needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Pins every package with its hashes; names no index and no host.
lock:
	$(PYTHON) -m pip install --quiet uv
	$(PYTHON) -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) data reports/notebooks .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
