# Everything that one does with this repository. `make help` lists it.
#
# Needed: Go, Python 3 and make. Terraform is the one that the command line
# finds or downloads; linters are built from the modules under tools/.

.DEFAULT_GOAL := help
.SUFFIXES:

CLI            := bin/mandala-deploy
TOOLS          := bin/tools
WITH_TERRAFORM := $(TOOLS)/with-terraform

# A checkout that git refuses to read, or that is none, cannot be stamped.
ifeq ($(shell git rev-parse HEAD 2>/dev/null),)
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)
endif

# No C: the command line, the functions and the tests are compiled once, the same way,
# whether there is a C compiler or not.
export CGO_ENABLED := 0

# The emulator's own Python environment, where `make emulator` had to make one.
export PATH := $(CURDIR)/bin/emulator/bin:$(PATH)

# What `make functions` builds for.
ARCHITECTURE := arm64

# Packages whose tests run Terraform, the local AWS or Go's toolchain, or make databases
# by the dozen; all others are quick.
SLOW       := /internal/(artifact|aws|compose|localaws|localaws/lambda|postgres|terraform)$$|/functions/(reminder|internal/(store|workflow/states))$$|/test$$|/test/(bench|browser|deploy|interrupt|preview|script)$$
WORKFLOWS  := /test/workflows/e2e$$
SLOW_TESTS := go list ./... | grep -E '$(SLOW)'
UNIT_TESTS := go list ./... | grep -vE '$(SLOW)|$(WORKFLOWS)'

# What go vet says is the business of `make lint`, whose linters have it.
GO_TEST := go test -vet=off

# How long one package's tests may take, which tests, and which not:
# make test-integration RUN=TestKill SKIP=TestKill/from_a_half
TIMEOUT := 60m
RUN     := .
SKIP    := ^$$

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: check-go ## Build bin/mandala-deploy
	go build -o $(CLI) ./cmd/mandala-deploy

.PHONY: man
man: build ## Write the manual pages into bin/man/man1: MANPATH=$PWD/bin/man: man mandala-deploy-plan
	$(CLI) man --dir bin/man/man1

.PHONY: functions
functions: build ## Build the Lambda functions, those that changed: ARCHITECTURE=arm64, x86_64 or host
	$(CLI) functions build --architecture $(ARCHITECTURE)

.PHONY: demo
demo: build emulator postgresql ## Deploy environment local to a local AWS and show what stands
	$(CLI) apply local --auto-approve
	$(CLI) status local
	$(CLI) local status
	go run ./test/tour $(CLI)
	@echo
	@echo "The local AWS goes on running: '$(CLI) plan local' shows that nothing is left to do,"
	@echo "'$(CLI) destroy local --confirm local' takes it down, '$(CLI) local down' stops the local AWS."

.PHONY: test
test: test-unit test-modules test-workflows test-integration ## Run everything that must pass

.PHONY: test-unit
test-unit: check-go postgresql ## Run the quick tests: less than a minute
	$(GO_TEST) $$($(UNIT_TESTS))

.PHONY: test-race
test-race: check-go postgresql ## Run the quick tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race $$($(UNIT_TESTS))

.PHONY: test-modules
test-modules: $(WITH_TERRAFORM) ## Run `terraform test` in every module
	$(WITH_TERRAFORM) scripts/test-modules

# Those among them that deploy the whole stack: they wait much for what the provider has
# built in.
STACKS := /test(/deploy)?$$

# Not cached: the tests run a binary that Go does not know they depend upon. Beside the
# packages that wait, one after the other, those that work.
.PHONY: test-integration
test-integration: $(WITH_TERRAFORM) emulator postgresql chromium ## Run the tests with real Terraform and the local AWS
	@set -f; test="$(WITH_TERRAFORM) -no-config $(GO_TEST) -count=1 -p 1 -timeout $(TIMEOUT) -run $(RUN) -skip $(SKIP)"; failed=0; \
	$$test $$($(SLOW_TESTS) | grep -E '$(STACKS)') & stacks=$$!; \
	$$test $$($(SLOW_TESTS) | grep -vE '$(STACKS)') || failed=1; \
	wait $$stacks || failed=1; exit $$failed

.PHONY: test-workflows
test-workflows: $(WITH_TERRAFORM) $(TOOLS)/act emulator postgresql ## Run the workflows end to end: act, the local AWS, a stand-in of GitHub
	$(WITH_TERRAFORM) -no-config $(GO_TEST) -count=1 -timeout $(TIMEOUT) -run '$(RUN)' -skip '$(SKIP)' ./test/workflows/e2e

# An input that fails is kept under testdata/fuzz.
FUZZTIME := 2m

.PHONY: fuzz
fuzz: check-go postgresql ## Fuzz every parser, one after another: FUZZTIME=2m for each
	FUZZTIME=$(FUZZTIME) scripts/fuzz

.PHONY: bench
bench: $(WITH_TERRAFORM) emulator postgresql ## Run the benchmarks: ratios to plain Terraform, CPU, memory
	$(WITH_TERRAFORM) -no-config go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./test/bench/...

.PHONY: lint
lint: lint-go lint-terraform lint-workflows ## Check format and style of everything

.PHONY: lint-go
lint-go: check-go $(TOOLS)/golangci-lint
	@echo "gofmt"; unformatted=$$(gofmt -l cmd functions internal modules test tools); \
		test -z "$$unformatted" || { echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; }
	GOLANGCI_LINT_CACHE="$(CURDIR)/bin/cache/golangci-lint" $(TOOLS)/golangci-lint run ./...

.PHONY: lint-terraform
lint-terraform: $(WITH_TERRAFORM) $(TOOLS)/tflint $(TOOLS)/tflint-ruleset-aws $(TOOLS)/tfsec
	$(WITH_TERRAFORM) scripts/lint-terraform

.PHONY: lint-workflows
lint-workflows: check-go $(TOOLS)/actionlint
	@if ls .github/workflows/*.yml >/dev/null 2>&1; then echo actionlint; $(TOOLS)/actionlint; fi

.PHONY: fmt
fmt: check-go $(WITH_TERRAFORM) ## Format Go and Terraform
	gofmt -w cmd functions internal modules test tools
	$(WITH_TERRAFORM) terraform fmt -recursive environments
	$(WITH_TERRAFORM) terraform fmt -recursive modules

# The functions of the API: each has its operations in docs/openapi.json.
API := $(addprefix ./functions/,ai auth goals health reflections reminder tasks)

.PHONY: docs
docs: check-go postgresql ## Write the generated documents again
	go test ./internal/problem -run TestTroubleshooting -update
	go test ./test/architecture -run TestEnvironmentsAreTold -update
	go test ./internal/verify -run TestTheDocumentIsTheRegistry -update
	go test -count=1 -p 1 $(API) -run '^TestRoutesAre' -update-api
	go test -count=1 ./functions/internal/apispec -run TestTheReferenceIsTheDocuments -update-api

.PHONY: emulator
emulator: ## Make sure that there is a Python with the local AWS's emulator
	@scripts/emulator

.PHONY: postgresql
postgresql: ## Make sure that there are PostgreSQL's server programs
	@scripts/postgresql

.PHONY: chromium
chromium: ## Make sure that there is a Chromium, for the tests of what people look at
	@scripts/chromium

.PHONY: check-go
check-go:
	@command -v go >/dev/null 2>&1 || { echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl/" >&2; exit 1; }
	@go list -m >/dev/null || { echo "This needs Go 1.26 or newer, here is $$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true): https://go.dev/dl/" >&2; exit 1; }

.PHONY: clean
clean: ## Remove what was built; downloads and the local AWS stay
	rm -rf $(CLI) $(WITH_TERRAFORM) bin/cache .mandala/module-tests .mandala/validate

# Built again when Go says so: that is quick.
.PHONY: $(WITH_TERRAFORM)
$(WITH_TERRAFORM): check-go
	@go build -o $@ ./tools/with-terraform

# A linter is built when its go.mod changes: some take minutes.
$(TOOLS)/%: tools/%/go.mod tools/%/go.sum
	cd tools/$* && GOWORK=off GOFLAGS=-buildvcs=false go build -o "$(CURDIR)/$(TOOLS)/" tool
	@touch $@
