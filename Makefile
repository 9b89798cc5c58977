# Everything here needs Python 3.11 or newer, pip and make. Node's npm, when it is there, gives the explorer its full page.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Installs an extra of ours unless its package is there.
extra = $(BIN)/python -c 'import $(2)' 2> /dev/null || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(1)]'
# Installs the packages of our package.json in a folder into build/NAME, from whatever registry npm is set to.
npm = mkdir -p build/$(1) && cp $(2)/package.json build/$(1) && { command -v npm > /dev/null && \
	npm install --prefix build/$(1) --no-package-lock --no-audit --no-fund --silent || \
	echo 'npm is missing or could not install the packages: what needs them is skipped'; }

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## List what can be made
	@echo 'make ...'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1@\2/p' $(MAKEFILE_LIST) | awk -F @ '{ printf "%-19s %s\n", $$1, $$2 }'
	@echo 'Another Python: make demo PYTHON=python3.12. Another port: make demo PORT=4001.'

demo: install explorer ## Run the shop: seven services, the gateway, the explorer; Ctrl-C stops all of it
	@exec $(BIN)/braid demo $(if $(PORT),--port $(PORT))

test: install ## Run every test; what this machine cannot run is skipped, with the reason
	@echo '== Testing (what is skipped is listed with its reason at the end)'
	@$(BIN)/python -m pytest -rfEs $(TESTS)

check: install ## Check style, formatting, types and the arrows between packages; all of them, even if one fails
	@failed=0; \
	run() { echo "== $$*"; $(BIN)/"$$@" || failed=1; }; \
	run ruff check; \
	run ruff format --check; \
	run pyright; \
	run lint-imports; \
	exit $$failed

explorer: install ## Build GraphiQL with npm; without npm a plain explorer page is served
	@if command -v npm > /dev/null; then $(BIN)/python -m gateway.server.explorer.build; fi

browser: install explorer ## Try both pages of the explorer in headless Chromium, with every foreign address out of reach
	@$(call extra,browser,playwright)
	@$(BIN)/python -m pytest -rfEs tests/browser

install: $(STAMP) ## Make the virtual environment, again only when pyproject.toml has changed

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Braid needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=python3.12"; exit 1; }
	@echo '== Installing Braid and its development tools into $(VENV) (a minute or two, only when they change)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

bench: install ## Measure CPU per request beside a hand-written backend; ARGS="--write" keeps the result
	@$(BIN)/python -m bench $(ARGS)

bench-inprocess: install ## CPU per request of the public workload, stage by stage; ARGS="--workload FOLDER --against CHECKOUT"
	@$(BIN)/python -m bench.inprocess $(ARGS)

bench-workload: install ## The public workload beside Apollo Gateway and Hive Gateway; ARGS="--workload FOLDER --beside all"
	@$(call npm,bench-peers,bench/peers)
	@$(BIN)/python -m bench.workload $(ARGS)

bench-short: install ## Hold the benchmark's two sides to the same answers and calls, then measure for a moment
	@$(BIN)/python -m pytest -rfEs tests/shop/test_bench.py
	@$(BIN)/python -m bench --seconds 1 --rounds 1

bench-projections: install ## Ask, follow, build and kill the read side at 1,000,000 orders; ARGS="--write" keeps the result
	@$(BIN)/python -m bench.projections $(ARGS)

bench-projections-short: install ## The same with 10,000 orders, for a moment; fails for what no machine excuses
	@$(BIN)/python -m bench.projections --short --store sqlite

bench-telemetry: install ## Measure what telemetry costs per request: CPU with none, with metrics, with traces
	@$(BIN)/python -m bench.telemetry

protocol: install ## Hold the endpoint to GraphQL over HTTP: its public audit (needs Node) and our own table
	@if command -v npm > /dev/null; then npm ci --prefix tests/unit/server/audit --no-audit --no-fund --silent; fi
	@$(BIN)/python -m pytest -rfEs tests/unit/server/test_audit.py tests/unit/server/test_endpoint.py

interop: install ## Run Braid over subgraphs of Strawberry, Ariadne, Apollo Server and graphql-yoga in one graph (Node for two)
	@$(call extra,interop,ariadne) || echo 'ariadne could not be installed: what needs it is skipped'
	@$(call npm,interop,tests/interop/servers)
	@$(BIN)/python -m pytest -rfEs tests/interop

telemetry: install ## Hold traces, metrics and logs to what docs/telemetry.md says, secrets left out
	@$(BIN)/python -m pytest -rfEs tests/unit/telemetry

isolation: install ## Ask as forty people over real sockets: nobody sees another's data, and planted mistakes are noticed
	@$(BIN)/python -m pytest -rfEs tests/isolation tests/unit/test_sharing.py

secrets: install ## Plant secrets everywhere and look for them in logs, traces, metrics, answers and refusals to start
	@$(BIN)/python -m pytest -rfEs tests/secrets

commands: install ## Try the commands: check, services, compose, show, contracts, demo
	@$(BIN)/python -m pytest -rfEs tests/unit/cli

stranger: install ## Walk the tutorial and the how-tos literally; run the image's steps in a clean environment
	@$(BIN)/python -m pytest -rfEs tests/docs tests/unit/test_docs.py tests/shop/test_eighth_service.py

contracts: install ## Hold the shop's services to their OpenAPI documents and to what the graph needs of them
	@$(BIN)/python -m pytest tests/contracts

services-postgres: install ## Run the services' tests on PostgreSQL (BRAID_TEST_POSTGRES, or the one on this machine)
	@$(BIN)/python -m pytest -rfEs -m postgresql tests/shop_services tests/shop

attacks: install ## Send 200 hostile requests in every way, and measure CPU, memory and growth; ARGS="laughs" for some
	@$(BIN)/python -m tests.hostile.attacks $(ARGS)

chaos: install ## Disturb each service in each of 19 ways while 20 clients ask: 5 minutes; ARGS="-k 'reset and orders'"
	@$(BIN)/python -m pytest -rfEsx --ignore=tests/chaos/test_soak.py --ignore=tests/chaos/ledger tests/chaos $(ARGS)

ledger: install ## Kill, pause and restart the read side in 200 random ways: nothing lost or doubled; ARGS="--schedules 1000"
	@$(BIN)/python -m tests.chaos.ledger $(ARGS)

ledger-short: install ## Twenty of these ways, and that the ledger finds what is planted
	@$(BIN)/python -m pytest -rfEs tests/chaos/ledger
	@$(BIN)/python -m tests.chaos.ledger --schedules 20 --on-one-stage 5 $(ARGS)

soak: install ## Ask 110,000 times, as good and bad clients do, and count what is left of it; a quarter of an hour
	@$(BIN)/python -m tests.chaos.soak $(ARGS)

soak-short: install ## A tenth of it: two minutes
	@$(BIN)/python -m pytest -rfEs tests/chaos/test_soak.py
	@$(BIN)/python -m tests.chaos.soak --requests 10000 $(ARGS)

docs: install ## Build these pages as a site into build/site, offline; a warning is a failure
	@$(call extra,docs,zensical)
	@PYTHONPATH=. $(BIN)/python docs/site/cli_reference.py | diff docs/cli.md - || \
		{ echo 'docs/cli.md is not what the commands say: PYTHONPATH=. $(BIN)/python docs/site/cli_reference.py > docs/cli.md'; exit 1; }
	@$(BIN)/python docs/site/build.py

overload: install ## Offer twice the capacity for 30 s, then 80 % of it ten times: goodput, refusals, times; ARGS="--runs 3"
	@$(BIN)/python -m tests.chaos.overload $(ARGS)

raw-http: install ## Send raw, malformed and slow HTTP: no second answer to one request, slow clients gone in 15 s
	@$(BIN)/python -m pytest -rfEs tests/hostile/test_raw_http.py tests/hostile/test_slow_clients.py

gateway-oracle: install ## Ask Braid and npm's @apollo/gateway 2,000 random questions: same data, no more fetches; ARGS="--seed 7"
	@$(call npm,gateway-oracle,tests/oracle)
	@$(BIN)/python -m tests.oracle $(ARGS)

planning: install ## Measure what planning costs: cold plans, a graph of 1,000 types, a flood of 10,000 operations; ARGS="--flood 500"
	@$(BIN)/python -m tests.planning_cost $(ARGS)

random-graphs: install ## Compare 5,000 random questions to random graphs with one schema's answers; ARGS="--seed 7"
	@$(BIN)/python -m tests.random_graphs --cases 5000 $(ARGS)

random-graphs-long: install ## The same with 100,000: two hours on two cores; ARGS="--seed 7"
	@$(BIN)/python -m tests.random_graphs --cases 100000 $(ARGS)

composition-oracle: install ## Compose hundreds of graphs twice, by Braid and by npm's composer (needs Node); ARGS="--damages 20"
	@mkdir -p build/composition-oracle && cp tests/composition_oracle/package.json build/composition-oracle/
	@npm install --prefix build/composition-oracle --no-audit --no-fund --silent
	@$(BIN)/python -m tests.composition_oracle $(ARGS)

clean: ## Remove the shop's data, caches and builds
	rm -rf .braid build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache gateway/server/explorer/built
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## Also remove the virtual environment and what npm downloaded
	rm -rf $(VENV)
	find . -name node_modules -type d -prune -exec rm -rf {} +
