# Every command of the project. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The most bytes that the islands' WebAssembly and its glue may have together with brotli.
FRONT_BUDGET := 150000

front_inputs := Cargo.toml Cargo.lock .cargo/config.toml .ci/front .ci/tools/package-lock.json \
	$(wildcard app/elements/editor/*.js) \
	$(shell find app/islands app/domain app/pack -type f \( -name '*.rs' -o -name Cargo.toml \))

.PHONY: help setup serve test check content manifests front e2e bench load torture release image clean

help: ## List every command
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what serving needs, or say which commands do
	@.ci/setup serve

serve: ## Build the portal, serve it on http://127.0.0.1:3000, and again after every change
	@exec .ci/serve

test: ## Everything that must hold: style, tests, WebAssembly and its size, content, journeys in a browser
	@FRONT_BUDGET=$(FRONT_BUDGET) .ci/test

check: ## Formatting and clippy only
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p regatta-islands --features hydrate --all-targets -- -D warnings

content: ## Check content and configuration
	cargo run --quiet -p regatta -- check

manifests: ## Check what deploy/kubernetes asks of a cluster, and that the program built last takes its configuration
	@.ci/setup manifests
	@.ci/manifests

front: target/islands.stamp ## Build the islands' WebAssembly and the pipeline editor

# .ci/front leaves the files alone when the result is the same, so that the program is not built again for nothing.
target/islands.stamp: $(front_inputs)
	@.ci/front

e2e: front ## Journeys in a browser only
	cargo build --workspace --all-targets
	@.ci/e2e

bench: front ## Measure diagnostics, start, memory, pages, runs, pods and registrations of the release build
	@.ci/setup test
	cargo bench -p regatta-dialects --bench diagnostics
	cargo bench -p regatta --bench portal
	cargo bench -p regatta --bench playground
	cargo bench -p regatta --bench cluster
	cargo bench -p regatta --bench registrations

load: front ## A crowd at the door: 10,000 arrivals in a minute for 5,000 seats (DATABASE=postgres for the other engine)
	@.ci/setup test
	cargo bench -p regatta --bench load

torture: front ## Kill the portal 100 times in the middle of a crowd, and count (DATABASE=postgres for the other engine)
	@.ci/setup test
	cargo bench -p regatta --bench torture

release: ## The program with all it serves inside: target/release/regatta
	@.ci/setup release
	@FRONT_BUDGET=$(FRONT_BUDGET) .ci/front
	cargo build --release -p regatta
	@ls -lh target/release/regatta

image: ## The portal's image and the demos' tools, FROM scratch: target/image/*.tar, and how to pin them
	@.ci/setup image
	@FRONT_BUDGET=$(FRONT_BUDGET) .ci/front
	@.ci/image

clean: ## Remove everything that was built (data stays)
	rm -rf target end2end/node_modules end2end/test-results
