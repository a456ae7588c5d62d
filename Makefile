# Everything Steward does from a checkout. `make` alone lists it.
# Each target first makes what it needs: .venv is filled from the locked requirements, and again when they change.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The newest interpreter that runs, can make virtual environments, and has a wheel of the embedded database.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { command -v $$python; break; }; done)
UV ?= uv

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes $(if $(UPGRADE),--upgrade)

# WORKERS=0 runs the tests in one process, which a debugger needs. TESTS narrows them: a path, or any pytest options.
WORKERS ?= 2
TESTS ?=
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal

WORDS := -k N_ -k lazy_gettext --sort-by-file --add-location=file --no-wrap --project=Steward --copyright-holder=

.PHONY: help demo run jobs indexes test clauses bench lint format types messages lock clean

help:  ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runtime.stamp  ## Show Steward with demo data (RESET=1 starts over)
	@$(BIN)/python app.py demo $(if $(RESET),--reset)

run: .venv/runtime.stamp  ## Serve the panel, with the settings of the environment
	@$(BIN)/python app.py serve

jobs: .venv/runtime.stamp  ## Run the background jobs in a process of their own
	@$(BIN)/python app.py jobs

indexes: .venv/runtime.stamp  ## Create the indexes that the documents declare
	@$(BIN)/python app.py indexes

test: .venv/development.stamp  ## Run the tests (TESTS=tests/jobs narrows them)
	@$(PYTEST) $(TESTS)

clauses: .venv/development.stamp  ## Print which clause of the policies is proved by which test
	@rm -f artefacts/clauses.txt
	@$(PYTEST) -m clause --clauses=artefacts/clauses.txt >&2; \
		status=$$?; cat artefacts/clauses.txt && exit $$status

bench: .venv/development.stamp  ## Measure the panel beside a stock one (SIZE=small or SIZE=large)
	@SIZE="$(SIZE)" $(BIN)/python -m bench

lint: .venv/development.stamp  ## Check style and layout
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: .venv/development.stamp  ## Mend style and layout
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: .venv/development.stamp  ## Check types
	@$(BIN)/mypy

messages: .venv/development.stamp  ## Gather the words on screen for the translators
	@mkdir -p translations
	@$(BIN)/pybabel -q extract -F babel.cfg $(WORDS) -o translations/messages.pot .
	@for language in $$($(BIN)/python -c "from language.languages import Language; print(*[code for code in Language][1:])"); do \
		catalogue=translations/$$language/LC_MESSAGES/messages.po; \
		$(BIN)/pybabel -q $$(test -f $$catalogue && echo "update -N --no-wrap" || echo "init --no-wrap") \
			-i translations/messages.pot -d translations -l $$language || exit 1; \
	done

lock:  ## Compile the requirements from their .in files (UPGRADE=1 takes newer versions)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt

clean:  ## Remove what make and the tests made; the data stay
	@rm -rf .venv artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What follows talks on standard error, so that `make clauses` prints nothing but its table.

.venv/runtime.stamp: requirements.txt
	@$(MAKE_ENVIRONMENT)
	@echo "Installing what Steward runs on; the first time this takes a minute." >&2
	@$(INSTALL) -r requirements.txt >&2
	@touch $@

.venv/development.stamp: requirements.txt requirements-dev.txt
	@$(MAKE_ENVIRONMENT)
	@echo "Installing what Steward runs on and is tested with; the first time this takes a minute." >&2
	@$(INSTALL) -r requirements-dev.txt >&2
	@touch .venv/runtime.stamp $@

define MAKE_ENVIRONMENT
$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	python="$(PYTHON)"; \
	test -n "$$python" || { echo "Steward needs Python 3.11, 3.12 or 3.13 with its venv module; none is on the PATH." \
		"On Debian: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }; \
	"$$python" -m venv --clear .venv >&2; \
}
endef
