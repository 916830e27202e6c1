# Siskin from its sources. `make` alone lists what there is.

CARGO_TARGET_DIR ?= target
# Absolute, also where it has spaces.
override CARGO_TARGET_DIR := $(if $(filter /%,$(CARGO_TARGET_DIR)),$(CARGO_TARGET_DIR),$(CURDIR)/$(CARGO_TARGET_DIR))
export CARGO_TARGET_DIR

# What cargo leaves and what `make build` hands over. The tests start these two and no others.
export SISKIN_SERVER_BIN := $(CARGO_TARGET_DIR)/release/siskin-server
export SISKIN_AGENT_BIN := $(CARGO_TARGET_DIR)/agent/siskin-agent

DASHBOARD_SOURCES := $(shell find dashboard -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help deps build dashboard run test lint bench-store bench-retention bench-agent fuzz long clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

deps: ## install the system packages that are missing (Debian, Ubuntu, macOS)
	@deploy/dev/deps.sh install

build: dashboard ## dashboard, server and agent into $CARGO_TARGET_DIR/release/
	@deploy/dev/build.sh

run: ## build, start a server and an agent here, print the dashboard's address
	@deploy/dev/deps.sh check build
	@$(MAKE) --no-print-directory build
	@deploy/dev/run.sh

test: ## every test: Rust, end to end, dashboard, browser
	@deploy/dev/deps.sh check test
	@$(MAKE) --no-print-directory build
	@deploy/dev/test.sh

lint: dashboard ## formatting, clippy, the dashboard's lint, the shell scripts'
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cd dashboard && npm run --silent lint
	@deploy/dev/lint_shell.sh

bench-store: build ## measure what a history costs, beside VictoriaMetrics (10 minutes); ARGS="--help" lists sizes
	@deploy/dev/bench.sh store $(ARGS)

bench-retention: build ## measure a long history under limits (12 minutes); ARGS="--help" lists sizes
	@deploy/dev/bench.sh retention $(ARGS)

bench-agent: ## measure the agent's footprint beside its peers' (7 minutes); ARGS="--help" lists sizes
	@deploy/dev/bench.sh agent $(ARGS)

fuzz: ## foreign bytes for every parser, a minute each; ARGS="--help" tells how to choose
	@deploy/dev/fuzz.sh $(ARGS)

long: build ## the tests that take minutes: six hours without a server, a day of samples, 100 kills in upkeep
	SISKIN_TEST_SAMPLES=86400 cargo test --release -p siskin-agent --lib -- --nocapture a_day_of_samples
	cargo test --release -p siskin-tests --test e2e -- --ignored --nocapture six_hours
	SISKIN_TEST_KILLS=100 cargo test --release -p siskin-tests --test e2e -- --nocapture upkeep

clean: ## remove what was built; ./data stays
	rm -rf dashboard/dist dashboard/node_modules
	cargo clean

# npm's packages come when package-lock.json changed; the page is built when one of its sources did.
dashboard: dashboard/dist/index.html

dashboard/node_modules/.siskin-lock: dashboard/package-lock.json
	@deploy/dev/deps.sh check build
	@echo "dashboard: fetching its packages"
	@cd dashboard && npm ci --no-audit --no-fund --loglevel=error
	@cp dashboard/package-lock.json $@

dashboard/dist/index.html: dashboard/node_modules/.siskin-lock $(DASHBOARD_SOURCES)
	@echo "dashboard: building the page (seconds)"
	@cd dashboard && npm run --silent build
	@touch $@
