# Fairhold on a bare Python 3.11, pip and make. `make help` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

V := .venv
BIN := $(V)/bin
# Absolute, because servers that a test starts run in folders of their own.
export PYTHONPATH := $(CURDIR)/src
# Named by the caller, or found: the first Python that is 3.11 or newer and has pip.
PY ?=
# pip from outside: the environment needs no ensurepip, and a system that guards its own packages
# is left alone.
PIP = $$python -m pip --python $(BIN)/python install -q --disable-pip-version-check \
	--no-input --require-hashes
FAIRHOLD := $(BIN)/python -m fairhold

.PHONY: help run replay prove sim bench test check format-check lint types imports templates \
	locks tidy docs-check fmt cover docs golden messages lock clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Use it
run: $(V)/.run ## Start Fairhold with a sample market (HOST=127.0.0.1 PORT=8000)
	@$(FAIRHOLD) serve

replay: $(V)/.run ## Play the stories against a private server (STORY="liu li")
	@$(FAIRHOLD) replay $(STORY)

prove: $(V)/.run ## Walk every state that a deal can reach and check the invariants
	@$(FAIRHOLD) prove

sim: $(V)/.run ## Simulate people, failures and time (SEED=123 repeats one run)
	@$(FAIRHOLD) sim $(if $(SEED),--seed $(SEED))

bench: $(V)/.dev ## Measure durable deal commands a second beside baselines
	@$(FAIRHOLD) bench

##@ Work on it
test: $(V)/.dev ## Run the tests (T=tests/engine narrows them)
	@scripts/ensure-browser
	$(BIN)/python -m pytest -q -n 2 $(T)

check: format-check lint types imports templates locks tidy docs-check ## All that can be checked without running it
	@echo "All checks passed."

fmt: $(V)/.dev ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

cover: $(V)/.dev ## Run the tests and report the branches they never took
	$(BIN)/python -m coverage run -m pytest -q -n 0 $(T)
	$(BIN)/python -m coverage report

##@ Keep it
docs: $(V)/.dev ## Write the generated pages
	$(BIN)/python -m fairhold.lab.docs

golden: $(V)/.dev ## Write the golden files anew and show what changed
	FAIRHOLD_GOLDEN=write $(BIN)/python -m pytest -q -p no:randomly tests/domain/test_grid.py tests/codec
	git --no-pager diff --stat -- tests/golden

messages: $(V)/.dev ## Collect the words to translate
	mkdir -p build src/fairhold/web/locale
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --omit-header -o build/messages.pot .
	$(BIN)/pybabel -q update -D fairhold --init-missing -l zh --ignore-obsolete --no-fuzzy-matching \
		-i build/messages.pot -d src/fairhold/web/locale

lock: ## Pin and hash everything again after a change in pyproject.toml
	scripts/lock $(PY)

clean: ## Remove what the tools made (var/ with its deals stays)
	rm -rf $(V) .lockenv build .coverage .djlint_cache .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the parts of `make check` ---------------------------------------------------------------------

format-check: $(V)/.dev
	$(BIN)/ruff format --check .

lint: $(V)/.dev
	$(BIN)/ruff check .

types: $(V)/.dev
	$(BIN)/mypy

imports: $(V)/.dev
	$(BIN)/lint-imports --no-logo

templates: $(V)/.dev
	@if [ -z "$$(find src -name '*.html' -print -quit)" ]; then echo "No templates yet."; \
	else set -x; $(BIN)/djlint --quiet --lint src; fi

locks:
	@if grep -nE '://|file:|--(extra-)?index-url|--find-links|--trusted-host' requirements*.txt; \
	then echo "A lock holds an address: run make lock." >&2; exit 1; fi

tidy: $(V)/.dev
	$(BIN)/python scripts/tidy.py

docs-check: $(V)/.dev
	$(BIN)/python -m fairhold.lab.docs --check

# -- the environment -------------------------------------------------------------------------------

$(V)/.run: requirements.txt requirements-nodeps.txt
	@python=$$(scripts/find-python $(PY)) && \
	{ $(BIN)/python -c '' 2>/dev/null || $$python -m venv --clear --without-pip $(V); } && \
	echo "Installing what Fairhold runs on ..." && \
	$(PIP) -r requirements.txt && \
	$(PIP) --no-deps -r requirements-nodeps.txt && \
	touch $@

$(V)/.dev: requirements-dev.txt $(V)/.run
	@python=$$(scripts/find-python $(PY)) && \
	echo "Installing what its tests and checks need ..." && \
	$(PIP) -r requirements-dev.txt && \
	touch $@
