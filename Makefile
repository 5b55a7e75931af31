# Lintas. `make` lists what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo demo-postgres run test lint fmt docs simulate simulate-year bench package setup

TARGET := $(or $(CARGO_TARGET_DIR),target)
SEEDS ?= 1000
SEED ?= 1
NODES ?= 650
COMPLAINTS ?= 3500

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup build ## build, run a whole federation on this machine, and check its books
	@$(TARGET)/debug/lintas-demo

demo-postgres: setup build ## the same with the hub's database on a PostgreSQL server, started and ended for it
	@$(TARGET)/debug/lintas-demo --postgres

run: setup build ## the federation of the demo, kept running, with what to try
	@$(TARGET)/debug/lintas-demo --keep-running

test: setup ## format, lints and every test; the last line counts them
	@bash tests/suite.sh

lint: setup ## format and lints only
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

fmt: ## format the sources
	cargo fmt --all

docs: setup build ## write docs/CLI.md as both command lines say it
	@$(TARGET)/debug/lintas-docs

simulate: setup ## simulate a federation on a bad network: make simulate SEEDS=1000
	@cargo test --quiet --locked -p lintas-tests --test it -- --list simulation | grep -q ': test$$' \
		|| { echo "there is no simulation test" >&2; exit 1; }
	LINTAS_SIM_SEEDS=$(SEEDS) cargo test --locked -p lintas-tests --test it simulation -- --nocapture

simulate-year: setup ## simulate the nation over a year: make simulate-year SEED=1 NODES=650
	LINTAS_NATION_SEED=$(SEED) LINTAS_NATION_NODES=$(NODES) LINTAS_NATION_COMPLAINTS=$(COMPLAINTS) LINTAS_NATION_DAYS=365 \
		cargo test --locked --config 'profile.dev.package.lintas.opt-level=2' -p lintas-tests --test it \
		nation::complaint_has_no_custodian_in_a_year -- --exact --nocapture

bench: setup ## measure, beside PostgreSQL: make bench, or BENCH="--events 20000 --runs 1"
	@cargo build --locked --workspace --release
	@$(TARGET)/release/lintas-bench $(BENCH)

# Times in the packages are those of the last commit, and no path of this machine goes into the programs.
package: setup ## build the Debian packages of hub and node, with cargo-deb, into target/debian
	@bash deploy/debian/build.sh

setup: ## install what building and testing need, if it is missing
	@bash tests/setup.sh

.PHONY: build
build:
	@cargo build --locked --workspace
