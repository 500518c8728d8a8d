# Two commands are all a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench run services-test
MAKEFLAGS += --no-print-directory
# Tests start many a process: they must not compile all of Django anew each time.
unexport PYTHONDONTWRITEBYTECODE

# Any Python new enough; with none, deploy/venv.py says so. PYTHON=... chooses one.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && command -v $$p && exit; done; command -v python3)
PY := .venv/bin/python
ARGS ?=
# A process per core and one for while others wait, each with a database of its own; a file stays in one, and the long
# journeys are begun early. `make test SPREAD=` runs them one by one.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
SPREAD ?= --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name does; do printf '  make %-14s %s\n' "$$name" "$$does"; done

demo: .venv/.installed ## Play last month's roaming and keep the portal up (ONCE=1: do not stay up; PORT=…)
	@$(PY) manage.py demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT)) $(ARGS)

test: .venv/.installed-dev ## Run all tests, on a PostgreSQL of their own (ARGS="-k word": some)
	@$(PY) -m pytest $(SPREAD) $(ARGS)

lint: .venv/.installed-dev ## Check style, types, imports, templates and migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@if [ -d templates ]; then .venv/bin/djlint templates --lint --quiet; fi
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PY) manage.py check

bench: .venv/.installed ## Measure what must be fast
	@$(PY) -m benchmarks $(ARGS)

run: .venv/.installed ## Serve the portal for development, with worker and beat (PORT=8000)
	@$(PY) manage.py run --reload $(if $(PORT),--port $(PORT)) $(ARGS)

services-test: .venv/.installed-dev ## Run all tests on this machine's PostgreSQL and Redis, with real workers
	@$(PY) -m tests.services $(SPREAD) $(ARGS)

.venv/.installed: uv.lock deploy/venv.py
	@$(INSTALL) && touch $@

.venv/.installed-dev: uv.lock deploy/venv.py
	@$(INSTALL) --dev && touch .venv/.installed $@

INSTALL = python="$(PYTHON)"; test -n "$$python" || { echo "This needs Python 3.11 or newer; there is no python3." >&2; exit 1; }; \
	"$$python" deploy/venv.py
