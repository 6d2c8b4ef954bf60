# Each target works alone on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run demo test check lock clean
.DEFAULT_GOAL := run

run: .venv/.runtime
	$(BIN)/flask monitor migrate
	$(BIN)/gunicorn wsgi:app

demo: .venv/.runtime
	$(BIN)/python -m benchmarks.demo

# Two workers; the tests of whole services take turns in one of them.
test: .venv/.development
	sh scripts/tools.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/docs $(ARGS)

.venv/bin/python:
	sh scripts/venv.sh $(PYTHON)

.venv/.runtime: .venv/bin/python requirements.txt
	sh scripts/install.sh requirements.txt
	touch $@

.venv/.development: .venv/bin/python requirements-dev.txt
	sh scripts/install.sh requirements-dev.txt
	touch $@ .venv/.runtime

# Writes both files anew from pyproject.toml; needs uv.
lock:
	uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header pyproject.toml -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header --group dev pyproject.toml -o requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
