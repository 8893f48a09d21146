# make run | demo | test | lint | bench | clean. Everything is installed into .venv; data lies in var/.

.PHONY: run demo test lint bench clean
.DEFAULT_GOAL := run

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --no-compile

# What is imported is compiled once, also where the shell forbids to keep that: else each of the portal's
# processes, and each that a test starts, compiles it anew.
export PYTHONDONTWRITEBYTECODE :=

# The newest known-good interpreter wins over an old `python3`.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)

# Named after what they stand for: a changed requirement is a stamp that does not exist.
INSTALLED := $(VENV)/.installed-$(shell cat requirements.txt | cksum | tr ' ' '-')
INSTALLED_DEMO := $(VENV)/.installed-demo-$(shell cat requirements.txt requirements-demo.txt | cksum | tr ' ' '-')
INSTALLED_DEV := $(VENV)/.installed-dev-$(shell cat requirements*.txt | cksum | tr ' ' '-')

# PORT=8000; OPS_ADMIN_PASSWORD, DATABASE_URL, REDIS_URL and the rest: see .env.example.
run: $(INSTALLED)
	@exec $(PY) -m ops_portal.supervisor --prepare --with-parent

# Plays a product in the portal that `make run` serves on PORT; SCENARIO=healthy|regression|slow|outage.
demo: $(INSTALLED_DEMO)
	@$(PY) -m demo $(SCENARIO)

# ARGS="tests/rollout -k phase" narrows it.
test: $(INSTALLED_DEV)
	@$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

lint: $(INSTALLED_DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	@if [ -n "$$(find templates -name '*.html' 2>/dev/null)" ]; then $(VENV)/bin/djhtml --check --tabwidth 2 templates; fi
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m tests.upgrades.lint
	$(PY) manage.py check --fail-level WARNING

bench: $(INSTALLED_DEV)
	@$(PY) -m tests.bench $(ARGS)

# Leaves var/ alone: the portal's data is not a build product.
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED):
	@if [ -z "$(PYTHON)" ]; then \
		echo "The portal needs Python 3.11 or newer; 'python3 --version' says: $$(python3 --version 2>&1)." >&2; \
		echo "Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$(PYTHON) cannot make virtual environments: install its venv package" >&2; \
		echo "(Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; fi
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) -r requirements.txt
	@touch $@

$(INSTALLED_DEMO): | $(INSTALLED)
	@echo "Installing what the demo needs ..."
	@$(PIP) -r requirements-demo.txt
	@rm -f $(VENV)/.installed-demo-*
	@touch $@

$(INSTALLED_DEV): | $(INSTALLED)
	@echo "Installing what tests and linters need ..."
	@$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.installed-dev-*
	@touch $@
