# Everything is set up in .venv, from PyPI alone; `make` without a target says what there is.
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
RUN := $(VENV)/bin/
UV_VERSION := 0.13.9
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Empty is unset: without bytecode every process would compile what it imports again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test check unit engine lock bench bench-data bench-engine bench-gates clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 16

$(VENV)/.complete: pyproject.toml
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(RUN)python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@$(UV) sync --quiet --group dev --python $(RUN)python
	@touch $@

demo: $(VENV)/.complete  ## the full pipeline on sample_project; on Dagger if an engine answers, else here
	@$(RUN)python scripts/demo.py

test: $(VENV)/.complete check engine unit  ## every check and every test

check: $(VENV)/.complete  ## linters, types, the wall between the packages, workflows, lock files
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports
	$(RUN)zizmor --offline --no-progress .github/workflows/*.yml examples/github/*.yml
	$(RUN)check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/github/*.yml
	$(RUN)python scripts/lock.py --check

unit: $(VENV)/.complete  ## unit, local-runner and module tests, with branch coverage of ml_steps as a gate
	$(RUN)pytest tests/unit tests/local tests/module --cov --cov-report=term:skip-covered --cov-fail-under=90

engine: $(VENV)/.complete  ## tests on a real Dagger engine; skipped, with the reason, where none answers
	$(RUN)pytest tests/engine

lock: $(VENV)/.complete  ## export the hashed requirements that the containers install
	$(RUN)python scripts/lock.py

bench: $(VENV)/.complete  ## start-up time of the command line, beside a bare Python
	$(RUN)python -m benchmarks.startup

bench-engine: $(VENV)/.complete  ## the module beside one written the straight way, on the same engine
	$(RUN)python -m benchmarks.engine

bench-data: $(VENV)/.complete  ## validation of large files beside Great Expectations, pandera and pointblank
	$(RUN)python -m benchmarks.data

bench-gates: $(VENV)/.complete  ## simulated releases: does the gate decide rightly, and how fast
	$(RUN)python -m benchmarks.gates

clean:  ## remove what make made
	rm -rf $(VENV) .venv-bench report .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
