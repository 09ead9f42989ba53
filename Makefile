# Everything a developer runs. "make help" lists it.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -s -w -X main.version=$(VERSION)
TESTFLAGS ?=
# Once on each machine is enough of the race detector, with which costs are not compared; "make test RACE=" does.
RACE ?= -race

.DEFAULT_GOAL := help
.PHONY: cross simulate simulate-short mutants torture torture-short soak soak-short bounds bench bench-go bench-compare help build demo test check fmt tidy-check lint update-golden clients examples relay monitors grouping fuzz fuzz-receive release packaging-check release-check screenshots docs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# HTTP is served in the clear, where there is no HTTP/2: a megabyte less.
BINARY ?= bin/failmail
build: ## build the static binary bin/failmail
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags nethttpomithttp2,urfave_cli_no_docs -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/failmail

demo: ## send 600 mails through a proxy and show the summary; needs only Go
	@.ci/bring modules
	@$(MAKE) --no-print-directory build
	@bin/failmail demo

# Go's cache of test results does not see the manifests, which are of another module.
test: ## run all tests with the race detector, none skipped; as root it installs what they need
	@.ci/bring modules cc postgres chromium shells release
	FAILMAIL_TEST_ALL=1 CGO_ENABLED=1 go test $(RACE) -timeout 30m $(TESTFLAGS) ./...
	cd test/browser && FAILMAIL_TEST_ALL=1 CGO_ENABLED=1 go test $(RACE) -timeout 30m $(TESTFLAGS) ./...
	cd test/kubernetes && FAILMAIL_TEST_ALL=1 CGO_ENABLED=0 go test -count=1 -timeout 30m $(TESTFLAGS) ./...

check: fmt lint cross tidy-check test simulate-short torture-short ## all that CI checks

fmt: ## fail if a file is not formatted
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$files" ]; then echo "not formatted; run gofmt -w on:"; echo "$$files"; exit 1; fi

lint: ## vet, staticcheck, and actionlint of the workflows
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	go tool -modfile=tools/go.mod actionlint
	cd test/browser && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...
	cd test/kubernetes && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...

SYSTEMS := linux darwin freebsd windows
cross: ## compile for Linux, macOS, FreeBSD and Windows, on amd64 and arm64; vet what differs by system
	@for system in $(SYSTEMS); do export GOOS=$$system CGO_ENABLED=0; \
		for arch in amd64 arm64; do \
			GOARCH=$$arch go build -o /dev/null ./cmd/failmail || { echo "failmail does not build for $$system/$$arch" >&2; exit 1; }; \
		done; \
		[ $$system = linux ] || GOARCH=amd64 go vet ./... || exit 1; \
	done

tidy-check: ## fail if go.mod or go.sum is not tidy
	go mod tidy -diff
	cd test/browser && go mod tidy -diff
	cd test/kubernetes && go mod tidy -diff

update-golden: ## rewrite the golden mails, that of --help, what docs list of keys and sources, and the rule for Kubernetes; read the diff
	go test ./pkg/render ./pkg/batch ./pkg/recognise -update
	go test ./docs -run Glossary -update
	go test ./cmd/failmail -run TestHelpIsWhatAPersonShouldReadFirst -update
	cd test/kubernetes && go test -count=1 -run TestPrometheusRule -update

screenshots: ## take the pictures in docs/images anew, of the live demo; a good minute, look at them
	@.ci/bring chromium
	cd test/browser && go run ./screenshots

clients: ## send with 20 real mail programs, which it installs where it may
	test/clients/run

examples: ## do what examples/*/README.md say, with the real programs (as root)
	test/examples/run

relay: build ## deliver to a real Postfix and Dovecot, which it brings where it may
	test/relay/run

CYCLES ?= 200
monitors: build ## let real Nagios, Alertmanager, monit, mdadm and smartd report CYCLES problems and recoveries (as root)
	CYCLES=$(CYCLES) test/monitors/run

MISTAKES ?= 0
grouping: ## measure grouping and headlines on the material in DIR=FOLDER
	@if [ ! -d "$(DIR)" ]; then echo "make grouping DIR=FOLDER: DIR=\"$(DIR)\" is no folder; name the one with the labelled material, see docs/grouping.md" >&2; exit 2; fi
	@go run ./bench/grouping -mistakes $(MISTAKES) "$(DIR)"

FUZZTIME ?= 60s
fuzz-receive: ## fuzz the connection and the message parser for FUZZTIME each
	go test -run '^$$' -fuzz '^FuzzConnection$$' -fuzztime $(FUZZTIME) ./pkg/receive
	go test -run '^$$' -fuzz '^FuzzNewMessage$$' -fuzztime $(FUZZTIME) ./pkg/receive

fuzz: ## fuzz each parser of outside input for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$package || exit 1; \
		done; \
	done

release: ## build archives, packages, checksums and SBOMs of RELEASE=1.2.3 into dist/
	+packaging/build $(RELEASE)

packaging-check: ## build a release and check all of it: archives, packages, units, alerts, manual (as root)
	packaging/check

release-check: ## check what must hold before a release is tagged
	packaging/release-check $(RELEASE)

bench: build ## measure beside peers, in one run; writes bench/RESULTS.md
	go run ./bench

bench-go: ## Go benchmarks of what a mail costs, with allocations
	go test -run '^$$' -bench . -benchmem ./pkg/batch ./pkg/store/... ./bench

bench-compare: ## benchstat of the Go benchmarks against BASE, by default the last release
	bench/compare

docs: ## make one HTML site of docs, in dist/docs; needs Node.js
	@command -v npm >/dev/null || { echo "make docs needs Node.js 18 or newer, with npm: apt-get install npm, or see https://nodejs.org" >&2; exit 1; }
	npm ci --prefix docs/.vitepress --ignore-scripts --no-audit --no-fund
	docs/.vitepress/node_modules/.bin/vitepress build docs

ROUNDS ?= 200
torture: build ## kill, stop and starve a real failmail under load, ROUNDS times, and count
	@.ci/bring postgres
	FAILMAIL_TEST_EVERY_CALL=1 go test -count 1 -run '^(TestACallThatFails|TestADiskThatFails)' ./pkg/store/sqlite
	go run ./test/torture -rounds $(ROUNDS)

YEARS ?= 10
simulate: ## play YEARS of storms, faults and people, in simulated time, against a model of what is promised
	go test -count=1 -timeout 0 -v -run Years ./test/simulate -days $$(($(YEARS) * 365))

simulate-short: ## play 1,000 days of it
	go test -count=1 -timeout 20m -run Years ./test/simulate -days 1000

mutants: ## have the simulation find each of the mistakes in test/simulate/mutants_test.go
	go test -count=1 -timeout 2h -tags mutants -run Mutant -v ./test/simulate

torture-short: build ## each fault of torture once, in two minutes
	@.ci/bring postgres
	go run ./test/torture -rounds 0 -load 700ms

MAILS ?= 1000000
SOAK ?= 1h

soak: build ## SOAK (1h) of storms and quiet, with a relay in trouble, to see that nothing grows
	go run ./test/torture -soak $(SOAK)

soak-short: build ## the same in three minutes
	go run ./test/torture -soak 3m

bounds: build ## send MAILS equal mails, as many over 50,000 groups, and large ones, and measure store and memory
	go run ./test/torture -bounds $(MAILS)
