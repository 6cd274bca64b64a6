# Everything a developer types. Needs git, make and a Python 3.12 or newer; installs the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
ARGS ?=
# The machine's own certificates: many organisations inspect their traffic with one of theirs.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Kept inside what they stand for, so that whoever removes that removes them too.
INSTALLED := .venv/installed node_modules/.installed

.PHONY: help demo test check test-services bench crashes mutants screenshots guides messages install clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: install ## set up everything and run the whole portal on this machine
	@$(PYTHON) manage.py demo $(ARGS)

test: install ## run every test, the browser ones too (ARGS="-k name" for some)
	@CHROMIUM="$$(sh devtools/bootstrap/chromium.sh)" && export CHROMIUM && $(PYTHON) -m pytest $(ARGS)

check: install ## lint, types, import contracts, migrations, translations
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m devtools.environment $(PYTHON) -m mypy .
	.venv/bin/lint-imports
	$(PYTHON) -m devtools.environment $(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m devtools.messages check

test-services: install ## the same tests on this machine's PostgreSQL, with Redis and with RabbitMQ
	@CHROMIUM="$$(sh devtools/bootstrap/chromium.sh)" && export CHROMIUM && \
		sh devtools/bootstrap/services.sh $(ARGS)

bench: install ## time a sign-in (ARGS="--runs 50"), or what ARGS names: same-answer-time, stale-links, import, administration, audit-verify, audit-export, audit-search
	@case " $(ARGS) " in *" import "*) UV="$$(sh devtools/bootstrap/uv.sh)" && \
		UV_PYTHON="$$(sh devtools/bootstrap/python.sh)" && \
		{ [ -z "$$UV_PYTHON" ] || export UV_PYTHON; } && \
		"$$UV" sync --locked --inexact --group import-bench --quiet;; esac
	@$(PYTHON) -m devtools.bench $(ARGS)

crashes: install ## kill -9 at each step of a mail's way, 50 times each; most of an hour (ARGS="--runs 5")
	@$(PYTHON) -m devtools.crashes $(ARGS)

mutants: install ## change the protocol checks one by one, to see a test go red (takes minutes)
	@UV="$$(sh devtools/bootstrap/uv.sh)" && UV_PYTHON="$$(sh devtools/bootstrap/python.sh)" && \
		{ [ -z "$$UV_PYTHON" ] || export UV_PYTHON; } && \
		"$$UV" sync --locked --inexact --group mutants --quiet && $(PYTHON) -m devtools.mutants $(ARGS)

screenshots: install ## make the README's pictures anew
	@CHROMIUM="$$(sh devtools/bootstrap/chromium.sh)" && export CHROMIUM && \
		$(PYTHON) -m devtools.screenshots

guides: install ## make the user guide anew: its pictures and PDFs
	@CHROMIUM="$$(sh devtools/bootstrap/chromium.sh)" && export CHROMIUM && \
		$(PYTHON) -m devtools.environment $(PYTHON) -m devtools.guides

messages: install ## bring the translations up to date with the texts
	$(PYTHON) -m devtools.messages extract
	$(PYTHON) -m devtools.messages compile

install: $(INSTALLED)
	@$(PYTHON) -m devtools.messages compile

.venv/installed: pyproject.toml uv.lock
	@mkdir -p .tools
	@UV="$$(sh devtools/bootstrap/uv.sh)" && UV_PYTHON="$$(sh devtools/bootstrap/python.sh)" && \
		{ [ -z "$$UV_PYTHON" ] || export UV_PYTHON; } && "$$UV" sync --locked --quiet
	@touch $@

node_modules/.installed: package.json package-lock.json .venv/installed
	@UV="$$(sh devtools/bootstrap/uv.sh)" && sh devtools/bootstrap/node.sh "$$UV"
	@touch $@

clean: ## remove what was installed and made here, the demo's data too
	rm -rf .venv .tools node_modules .data staticfiles
