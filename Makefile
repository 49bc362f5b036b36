# Each target is a script in scripts/, which first installs what is missing.
.DEFAULT_GOAL := help
.PHONY: help run build check test fuzz bench

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

run: ## install what is missing, build, set up var/ with two example phones, and start Warden
	@scripts/run.sh

build: ## the program, in target/release/warden
	@scripts/build.sh

check: ## format, clippy, tidy, documentation, licences, shell scripts
	@scripts/check.sh

test: ## every test
	@scripts/test.sh

fuzz: ## every fuzz target for ten minutes; scripts/fuzz.sh takes seconds and names
	@scripts/fuzz.sh

bench: ## the benchmarks
	@scripts/bench.sh
