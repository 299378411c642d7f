# The ways to build, try and test Wherry. "make" alone builds bin/wherry.

GO          ?= go
TOOLS       := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wherry-tools
STATICCHECK := v0.8.2
FUZZTIME    ?= 10s
SOAK_TIMEOUT ?= 60m
PACKAGES    := cmd/internal/world/packages.sh

.PHONY: build demo test lint unit fuzz bench soak e2e-ergo cover clean need-go

build: need-go
	@$(PACKAGES) build
	$(GO) build -trimpath -o bin/ ./cmd/...

# A whole world on this machine, and a scripted user in it.
# DEMO_YES=1 installs without asking, DEMO_ONCE=1 ends after the script.
demo: need-go
	@$(PACKAGES) demo
	$(GO) build -trimpath -o bin/ ./cmd/...
	@bin/wherry-demo -wherry bin/wherry

# Everything: what the tests need, the checks, the tests.
test: need-go
	@$(PACKAGES) test
	@$(MAKE) --no-print-directory lint unit

lint: need-go $(TOOLS)/staticcheck-$(STATICCHECK)
	@unformatted=$$(gofmt -s -l $$(git ls-files '*.go')); \
	  [ -z "$$unformatted" ] || { echo "gofmt -s would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet -tags soak,harness ./...
	$(TOOLS)/staticcheck-$(STATICCHECK) ./...
	$(GO) mod tidy -diff

unit:
	$(GO) test -race -shuffle=on -timeout 20m ./...

# The linter has no place in go.mod: it is built apart, once.
$(TOOLS)/staticcheck-$(STATICCHECK):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS)/new $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK)
	@mv $(TOOLS)/new/staticcheck $@ && rmdir $(TOOLS)/new

# Each fuzz function in turn, for FUZZTIME.
fuzz: need-go
	@set -e; for package in $$($(GO) list ./...); do \
	  for name in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$package; \
	  done; done

bench: need-go
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Long and heavy: floods, clients that read nothing, and crashes. SOAK_KILLS
# processes are killed on each server, or on SOAK_SERVER alone: prosody,
# ejabberd-sql or ejabberd-mnesia. SOAK_SEED repeats a run as far as that goes.
soak: need-go
	@$(PACKAGES) test
	$(GO) test -tags soak -count=1 -run Soak -v -p 1 -timeout $(SOAK_TIMEOUT) ./cmd/internal/e2e ./cmd/internal/soak

# The tests of IRCv3 against an Ergo (https://ergo.chat), which Debian does not have: ERGO=/path/to/ergo.
e2e-ergo: need-go
	@$(PACKAGES) test
	@test -x "$(ERGO)" || { echo "Say where Ergo is: make e2e-ergo ERGO=/path/to/ergo"; exit 1; }
	ERGO="$(ERGO)" $(GO) test -race -count=1 -v -run '^TestIRCv3$$' ./cmd/internal/e2e

cover: need-go
	@$(PACKAGES) test
	$(GO) test -coverprofile=cover.out -coverpkg=./component/...,./registration/...,./store/...,./transports/... ./...
	$(GO) tool cover -func=cover.out | tail -n 1

clean:
	rm -rf bin cover.out

need-go:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or later is needed: see https://go.dev/doc/install"; exit 1; }
