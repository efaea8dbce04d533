# The entry point for people and for CI. `make help` lists the targets.

PYTHON     ?= python3
PORT       ?= 4566
CONSOLE_PORT ?= 4580
WATCH_PORT ?= 9000
ARCH       ?= arm64
STACK      ?=
REGION     ?=
PARAMETERS ?= infra/parameters$(if $(STACK),.$(STACK)).yaml
SAM_FLAGS  ?=
FILTER     ?=
CHAOS      ?=
BENCH_FLAGS ?=
MUTANTS_FLAGS ?=
SET        ?=
ADD        ?=
NO_CHECK   ?=
TARGET     ?=
KEEP       ?=
# `?=` does not work here, because the shell has its own variable SECONDS.
ifneq ($(origin SECONDS),command line)
SECONDS := 60
endif
#? PORT=4566            port of the local stack on loopback; 0: any free one
#? CONSOLE_PORT=4580    port of the console on loopback
#? WATCH_PORT=9000      port of `make watch` on loopback
#? ARCH=arm64           processor of the release build: arm64 or x86_64
#? STACK=NAME           name of the deployment's stack; `make deploy` asks once for each PARAMETERS
#? REGION=NAME          region of the stack; the same
#? PARAMETERS=FILE      settings of the stack (infra/parameters.yaml, with STACK infra/parameters.STACK.yaml)
#? TARGET=NAME          target of `make fuzz`; all targets by default
#? SECONDS=60           duration of `make fuzz` for each target
#? KEEP=1               `make fuzz` adds inputs that reach new code to tests/corpus
#? FILTER=REGEX         cases that `make bench` measures one by one
#? BENCH_FLAGS=...      flags of the benchmark of whole functions, such as --quick or --help
#? MUTANTS_FLAGS=...    flags of cargo mutants, such as --re src/secrets.rs or --shard 0/8
#? CHAOS="--seed 7"     flags of `make chaos`; CHAOS=--help lists them
#? SAM_FLAGS=...        additional flags of sam deploy, such as --no-confirm-changeset
#? NO_CHECK=1           `make deploy` sends no test webhook to the routes

UV_VERSION         := 0.13.8
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.2
CARGO_BLOAT_VERSION := 0.12.1
CARGO_MUTANTS_VERSION := 27.1.0
CHECKOV_VERSION    := 3.3.30
MOTO_VERSION       := 5.2.5
MOTO_PACKAGE       := moto[server,dynamodb,s3,sqs]==$(MOTO_VERSION)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# cargo finds its lambda and deny subcommands here.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# The paths below need this folder, so your own setting is overridden.
export CARGO_TARGET_DIR := $(CURDIR)/target

VENV    := .venv/bin
TOOLS   := .venv/tools-installed
LAMBDA  := .venv/cargo-lambda-installed
BROWSER := tests/console/node_modules/.package-lock.json
DENY    := .venv/cargo-deny-$(CARGO_DENY_VERSION)
FUZZ    := .venv/cargo-fuzz-$(CARGO_FUZZ_VERSION)
BLOAT   := .venv/cargo-bloat-$(CARGO_BLOAT_VERSION)
MUTANTS := .venv/cargo-mutants-$(CARGO_MUTANTS_VERSION)
CHECKOV := .venv/checkov/$(CHECKOV_VERSION)
MOTO    := .venv/moto/$(MOTO_VERSION)
CLI     := target/debug/crm-events
STACK_FILE := target/stack/stack.json
DEPLOY  = $(VENV)/python infra/deploy.py --parameters $(PARAMETERS) --stack "$(STACK)" --region "$(REGION)" --cli $(CLI)
SCHEMA  := shared/event/schema
INGEST  := $(filter-out consumer,$(patsubst functions/%/Cargo.toml,%,$(wildcard functions/*/Cargo.toml)))
ZIP      = --output-format zip $(if $(filter x86_64,$(ARCH)),--x86-64,--arm64)
# npm writes this file at the end of an installation.
NODE    := tests/node/node_modules/.package-lock.json

##@ Try it

.PHONY: run
run: ## Build, deploy to a local AWS emulator, post every sample, serve until Ctrl-C
	@$(MAKE) -j2 $(TOOLS) local-binaries
	@$(VENV)/python infra/local.py up --port $(PORT) --console-port $(CONSOLE_PORT)

.PHONY: send
send: $(CLI) ## Post one sample to the running stack: VENDOR=... CASE=...
	@$(call need,VENDOR CASE)
	@$(CLI) send --stack $(STACK_FILE) $(VENDOR) $(CASE)

.PHONY: tail
tail: $(CLI) ## Print the events of the running stack as they arrive
	@$(CLI) tail --stack $(STACK_FILE)

.PHONY: logs
logs: $(TOOLS) ## Print what the functions of the running stack logged
	@$(VENV)/python infra/local.py logs

.PHONY: watch
watch: $(LAMBDA) ## Run the functions from source, rebuilt on change, beside a running stack
	@$(VENV)/python infra/local.py watch --port $(WATCH_PORT)

.PHONY: invoke
invoke: $(LAMBDA) $(CLI) ## Pass one sample to a function under `make watch`: VENDOR=... CASE=...
	@$(call need,VENDOR CASE)
	@$(CLI) invoke-event $(VENDOR) $(CASE) > target/invoke-event.json
	@cargo lambda invoke $(VENDOR) --invoke-address 127.0.0.1 --invoke-port $(WATCH_PORT) --data-file target/invoke-event.json

.PHONY: cli
cli: ## Build the command line tool alone: target/debug/crm-events
	cargo build --workspace --bin crm-events

##@ Change it

.PHONY: test
test: $(TOOLS) $(LAMBDA) $(NODE) $(BROWSER) ## Run all tests, including the end-to-end test on its own local stack
	cargo build --workspace --all-targets
	@$(MAKE) -j2 cargo-tests other-tests

.PHONY: cargo-tests
cargo-tests:
	+cargo test --workspace

# Both wait most of the time, so they run side by side. The output of these comes at their end, in one piece.
.PHONY: other-tests
other-tests:
	@$(MAKE) schema-test node-tests python-tests > target/other-tests.log 2>&1 && cat target/other-tests.log || { cat target/other-tests.log >&2; exit 1; }

.PHONY: schema-test
schema-test:
	@$(call write-schema,target/schema)
	@diff --recursive $(SCHEMA) target/schema || { echo "$(SCHEMA) is not what the types say: make schema" >&2; exit 1; }

.PHONY: node-tests
node-tests:
	node --test tests/node/*.test.mjs
	node --test tests/console/
	node --test infra/tests/*/*.test.js

.PHONY: python-tests
python-tests:
	$(VENV)/python -m unittest discover --start-directory infra/tests

.PHONY: check
check: $(TOOLS) $(DENY) ## Check format, lints, documentation, template, licences and sources
	cargo fetch --locked
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked
	cfn-lint infra/template.yaml infra/fan-out.yaml infra/event-bus.yaml
	cargo deny --locked check bans licenses sources

.PHONY: scan
scan: $(TOOLS) $(CHECKOV) ## Look for weaknesses in the templates with checkov; infra/checkov.yaml justifies the accepted findings
	@mkdir -p target/scan
	@$(VENV)/python infra/expand.py Vendors=heffl QuietVendors=heffl SampleConsumer=true IdempotencyRecords=true > target/scan/template.json
	@.venv/checkov/bin/checkov --config-file infra/checkov.yaml --file target/scan/template.json infra/fan-out.yaml infra/event-bus.yaml

.PHONY: moto
moto: $(TOOLS) $(MOTO) local-binaries ## Run functions and consumer against moto's server, a second AWS emulator
	@.venv/moto/bin/python infra/tests/moto/run.py

.PHONY: screenshots
screenshots: $(TOOLS) $(BROWSER) ## Take the README's screenshots of the console again
	cargo build --workspace
	node tests/console/screenshots.mjs

.PHONY: advisories
advisories: $(DENY) ## Check the dependencies against the RustSec database (on GitHub)
	cargo deny --locked check advisories

.PHONY: bench
bench: $(TOOLS) ## Measure every case in the process, then whole functions and references; write BENCHMARKS.md
	cargo run --release --package crm-normalize --example normalize -- --bench --quick '$(FILTER)'
	cargo run --profile stubs --package bench -- $(BENCH_FLAGS)

.PHONY: size
size: $(BLOAT) ## List the contents of a function's release binary by crate: VENDOR=...
	@$(call need,VENDOR)
	cargo bloat --profile profiling --package $(VENDOR) --bin $(VENDOR) --crates -n 0

.PHONY: chaos
chaos: ## Post 100,000 webhooks while everything around the functions fails; check the outcome of each
	cargo build --profile chaos --workspace --bins
	target/chaos/chaos $(CHAOS)

.PHONY: fuzz
fuzz: $(FUZZ) ## Look for inputs that break the invariants: TARGET=... SECONDS=...
	@CARGO_TARGET_DIR=$(CURDIR)/target/fuzz cargo fuzz build --fuzz-dir tests/fuzz --sanitizer none
	@tests/fuzz/run.sh "$(SECONDS)" "$(KEEP)" $(TARGET)

.PHONY: mutants
mutants: $(MUTANTS) ## Change the code in small ways and list the changes that no test notices; takes hours: MUTANTS_FLAGS=...
	@# Before the first mutant, cargo mutants runs only the tests of the packages that it changes.
	cargo build --workspace --all-targets
	cargo test --workspace --test golden --test suite
	cargo mutants --workspace --config tests/mutants.toml --output target $(MUTANTS_FLAGS)

.PHONY: golden
golden: cli ## Rewrite the expected events under events/ with the current code
	$(CLI) golden

.PHONY: crm
crm: cli ## Create the files of a new CRM, from a template that compiles: NAME=...
	@$(call need,NAME)
	@$(CLI) new-crm $(NAME)
	@cargo fmt --all
	@cargo build --workspace --bin crm-events
	@$(CLI) golden $(NAME)
	@$(CLI) docs
	@echo "Now go on with step 1 of \"Add a CRM\" in functions/README.md; at the end: make golden docs schema test"

.PHONY: docs
docs: cli ## Rewrite the generated parts of the READMEs: catalogue, table of CRMs, field tables
	$(CLI) docs

.PHONY: schema
schema: $(TOOLS) $(NODE) cli ## Rewrite the schema of the events, and the types generated from it, with the current code
	@$(call write-schema,target/schema)
	@rm -rf $(SCHEMA) && cp -R target/schema $(SCHEMA)

##@ Ship it

.PHONY: build
build: $(LAMBDA) cli ## Build the release zip files of all functions: ARCH=...
	@for file in $(wildcard vendors/*.toml); do $(CLI) check-vendor $$file > /dev/null; done
	cargo lambda build --release $(addprefix --package ,$(INGEST)) $(ZIP)
	cargo lambda build --profile consumer --package consumer $(ZIP)
	@$(VENV)/python infra/pack_vendor_files.py
	@cd target/lambda && wc -c */bootstrap.zip | awk '$$2 != "total" { printf "%7.2f MB  target/lambda/%s\n", $$1 / 1e6, $$2 }'

.PHONY: deploy
deploy: $(TOOLS) cli ## Ask for missing settings, build, show the changes, deploy to AWS, check each route: STACK=... REGION=...
	@$(DEPLOY) settings
	@$(MAKE) build
	@$(DEPLOY) up --architecture $(ARCH)$(if $(NO_CHECK), --no-check) -- $(SAM_FLAGS)

.PHONY: secret
secret: $(TOOLS) $(if $(SET)$(ADD),cli) ## Show the secret of a CRM, or read JSON from stdin, to replace it (SET=1) or to add to it (ADD=1): VENDOR=...
	@$(call need,VENDOR)
	@$(DEPLOY) secret $(VENDOR)$(if $(SET), --set)$(if $(ADD), --add)

.PHONY: outputs
outputs: $(TOOLS) ## Print the addresses of a deployment, to paste into the CRMs: STACK=...
	@$(DEPLOY) outputs

.PHONY: remove
remove: $(TOOLS) ## Remove a deployment, after showing what will be lost: STACK=...
	@$(DEPLOY) remove

##@ Keep house

.PHONY: tools
tools: $(TOOLS) ## Install the tools into .venv; targets that need them do this by themselves
	@:

.PHONY: lock
lock: $(TOOLS) ## Pin the tools again, after a change of infra/requirements.in
	cd infra && for name in requirements requirements-lambda; do \
		uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
			--custom-compile-command "make lock" $$name.in --output-file $$name.txt; done

.PHONY: clean
clean: ## Remove everything built or installed here
	rm -rf target .venv tests/node/build tests/*/node_modules

.PHONY: help
help: ## Show this help
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 } \
		/^#\? / { settings = settings "  " substr($$0, 4) "\n" } \
		END { printf "\nSettings\n%s\n", settings }' $(MAKEFILE_LIST)

# ---- prerequisites of the targets above ----

# The functions and the tool for this machine, in one build.
.PHONY: local-binaries
local-binaries:
	cargo build --workspace --bin crm-events $(addprefix --bin ,$(INGEST) consumer)

# Used by the running stack, so it is never rebuilt here.
$(CLI):
	cargo build --workspace --bin crm-events

$(TOOLS): infra/requirements.txt
	@echo "Installing the tools into .venv (about half a minute, once)"
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) needs its venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(call install,-r infra/requirements.txt)
	@touch $@

$(LAMBDA): infra/requirements-lambda.txt $(TOOLS)
	@echo "Installing cargo lambda into .venv"
	@$(call install,-r infra/requirements-lambda.txt)
	@touch $@

$(DENY) $(FUZZ) $(BLOAT) $(MUTANTS): .venv/%:
	@echo "Compiling $* into .venv (a minute or more, once)"
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=0 cargo install --debug --quiet --locked --root .venv $(patsubst %-$(lastword $(subst -, ,$*)),%@$(lastword $(subst -, ,$*)),$*)
	@touch $@

# These have their own environments, because they pin versions that conflict with the other tools.
$(CHECKOV): $(TOOLS)
	@$(call install-alone,checkov,checkov==$(CHECKOV_VERSION))
	@touch $@

$(MOTO): $(TOOLS)
	@$(call install-alone,moto,'$(MOTO_PACKAGE)')
	@touch $@

tests/%/node_modules/.package-lock.json: tests/%/package-lock.json
	@command -v npm > /dev/null || { echo "node 20 or newer and npm are needed (https://nodejs.org)" >&2; exit 1; }
	@echo "Installing the tools of tests/$* (about a minute, once)"
	@npm ci --prefix tests/$* --no-audit --no-fund --loglevel error
	@touch $@

# $(call write-schema,FOLDER): the schema, and the types for TypeScript and Python by the usual generators.
write-schema = rm -rf $(1) && $(CLI) schema $(1) && \
	tests/node/node_modules/.bin/json2ts --input $(1)/event.schema.json --output $(1)/crm-event.ts \
		--no-additionalProperties --bannerComment '// Made from event.schema.json by make schema.' && \
	$(VENV)/datamodel-codegen --input $(1)/event.schema.json --input-file-type jsonschema \
		--output $(1)/crm_event.py --output-model-type typing.TypedDict --target-python-version 3.11 \
		--class-name Event --enum-field-as-literal all --use-schema-description --use-field-description \
		--custom-file-header '\# Made from event.schema.json by make schema.' --formatters builtin

# uv takes seconds, pip two minutes. But uv does not read pip's configuration, so pip is used if only
# pip knows the mirror.
install = $(VENV)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && { \
	$(VENV)/uv pip install --quiet --python $(VENV)/python $(1) || \
	$(VENV)/pip install --quiet --disable-pip-version-check $(1); }

# $(call install-alone,NAME,REQUIREMENT): into .venv/NAME.
install-alone = echo "Installing $(1) into .venv/$(1) (a minute, once)" && $(PYTHON) -m venv .venv/$(1) && \
	.venv/$(1)/bin/pip install --quiet --disable-pip-version-check $(2)

# $(call need,A B): fails unless these variables are given on the command line.
need = $(foreach name,$(1),$(if $($(name)),:,echo "usage: make $@ $(foreach each,$(1),$(each)=...)" >&2; exit 2);)
