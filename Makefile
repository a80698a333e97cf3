# The ways into the project; `make help` lists them. Each is a script under scripts/ that can be run by hand.
.PHONY: help demo demo-stop demo-restart build test check bench bench-web schemathesis torture

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

demo: ## a server with sample runs, and the address of its page
	@scripts/demo.sh start

demo-restart: ## kill -9 the demo's server in mid-run and start it again: page and runs go on
	@scripts/demo.sh restart

demo-stop: ## end the demo's server and its sample runs
	@scripts/demo.sh stop

build: ## the binary, optimised, with its page: target/release/telltale
	@scripts/setup.sh build
	@scripts/web.sh
	cargo build --release --locked

test: ## all tests: PostgreSQL, Docker and a browser for real
	@scripts/test.sh

check: ## format, lints, documentation, licences
	@scripts/check.sh

bench: ## the benchmarks' table, beside its ceilings (a few minutes)
	@scripts/setup.sh demo
	cargo bench --locked --bench telltale

torture: ## everything fails under load, and nothing acknowledged may be lost (20 minutes; TORTURE_MINUTES=, SEED=)
	@scripts/torture.sh

bench-web: ## what the page costs in a real browser, beside its targets (minutes)
	@scripts/bench-web.sh

schemathesis: ## requests made from the API's description, and every answer held against it (minutes)
	@scripts/schemathesis.sh
