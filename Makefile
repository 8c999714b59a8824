# `make help` lists what there is. Settings: environment LIANDONG_… or liandong.toml (`.venv/bin/liandong --help`).
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON_FILES := $(wildcard backend tiles tests bench)
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	--no-emit-index-url --no-header --no-python-downloads
HOME_FOLDER := .venv/bin/python -c "from backend import home, settings; print(home.resolve(settings.Settings().home)[0])"

.PHONY: help run test test-fast lint bench bench-position bench-wall bench-identity bench-history bench-avl chaos fuzz tiles docs lock clean

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do \
		printf '  make %-16s %s\n' "$$name" "$$words"; done

run: ## set everything up if needed, start it, print the link (Ctrl-C stops it)
	@scripts/setup run
	@exec .venv/bin/liandong up

test: ## set everything up if needed; all checks and all tests, a browser included
	@scripts/setup test
	@$(MAKE) --no-print-directory lint
	@scripts/npm run --silent test
	@.venv/bin/pytest -n 2

test-fast: ## tests without the slow ones and the browser
	@scripts/setup test
	@scripts/npm run --silent test
	@.venv/bin/pytest -n 2 -q -m "not slow and not e2e"

lint: ## style, types and arrows of the backend; style and types of the pages
	@.venv/bin/ruff check $(PYTHON_FILES)
	@.venv/bin/ruff format --check $(PYTHON_FILES)
	@.venv/bin/mypy $(PYTHON_FILES)
	@.venv/bin/lint-imports
	@scripts/npm run --silent lint
	@scripts/npm run --silent types

bench: bench-position bench-wall bench-identity bench-history bench-avl ## all figures of the README, into bench/results.json

bench-position: ## figures of positions: device to screen, rates, viewers
	@scripts/setup test
	@.venv/bin/python -m bench.position

bench-wall: ## figures of the map wall: frames, first load, memory over ten minutes
	@scripts/setup test
	@.venv/bin/python -m bench.wall

bench-identity: ## figures of rights and log-in, with 5 000 people
	@scripts/setup test
	@.venv/bin/python -m bench.identity

bench-history: ## figures of tracks among 10 million rows (ROWS=…)
	@scripts/setup test
	@.venv/bin/python -m bench.avl_history

bench-avl: ## figures of ingest: JT/T 808 terminals against the whole program
	@scripts/setup test
	@.venv/bin/python -m bench.avl

chaos: ## five minutes of load while the database, ingest, recorder and bus are killed in turn
	@scripts/setup test
	@.venv/bin/pytest -n 0 -m chaos

fuzz: ## throw rubbish at every decoder for some minutes
	@scripts/setup test
	@.venv/bin/pytest -n 2 --dist=load --timeout 1800 --hypothesis-profile fuzz -k "no_bytes or other_bytes" tests/avl

tiles: ## build your own city's map: make tiles OSM=city.osm.pbf (AREAS=… NAME=… NAME_EN=…), see docs/map.md
	@[[ -n "$(OSM)" ]] || { echo 'which extract? make tiles OSM=city.osm.pbf' >&2; exit 1; }
	@scripts/setup run
	@.venv/bin/python -m tiles "$(OSM)" --out "$$($(HOME_FOLDER))/map" \
		$(if $(AREAS),--areas "$(AREAS)") $(if $(NAME),--name "$(NAME)") $(if $(NAME_EN),--name-en "$(NAME_EN)")
	@echo '    restart Liandong to show it'

docs: ## make docs/protocols.md anew from the table of protocols
	@.venv/bin/liandong protocols > docs/protocols.md

lock: ## renew the lock files from requirements*.in (pinned, hashed, no registry's name)
	@$(LOCK) requirements-build.in -o requirements-build.lock
	@$(LOCK) requirements.in -o requirements.lock
	@$(LOCK) -c requirements.lock -c requirements-build.lock requirements-dev.in -o requirements-dev.lock
	@$(LOCK) requirements-node.in -o requirements-node.lock

clean: ## remove what setup and builds made (not the data in ./var)
	rm -rf .venv .venv-uv frontend/node_modules frontend/dist *.egg-info build test-results tiles/built
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
