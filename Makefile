# The ways to build, try and test Wherry. "make" alone builds bin/wherry.

GO          ?= go
TOOLS       := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wherry-tools
STATICCHECK := v0.8.2
CONVERSE    := 14.0.0
CONVERSE_SHA512 := 2c5520d37d230da955e3bbc8fefc953ea60f65f2585c56ee6eaf2fd1c1437b6cd735e786124dd4a74163fd64f34fab7ee9da3e700213a32ef77808fb44d0e3d9
FUZZTIME    ?= 10s
SOAK_TIMEOUT ?= 120m
PREFIX      ?= /usr/local
BIN         ?= bin
PACKAGES    := cmd/internal/world/packages.sh

.PHONY: build demo demo-browser record-clients test lint unit fuzz bench mail-latency mail-idle soak soak-mail e2e-ergo cover size install uninstall clean need-go

build: need-go
	@$(PACKAGES) build
	$(GO) build -trimpath -o bin/ ./cmd/...

# A whole world on this machine, and a scripted user in it.
# DEMO_YES=1 installs without asking, DEMO_ONCE=1 ends after the script.
demo: need-go
	@$(PACKAGES) demo
	$(GO) build -trimpath -o bin/ ./cmd/...
	@bin/wherry-demo -wherry bin/wherry

# The same world, with a network that has all of IRCv3, and Converse in Chromium
# as a person sees it. The picture is bin/demo-browser.png.
demo-browser: need-go $(TOOLS)/converse-$(CONVERSE)
	@$(PACKAGES) browser
	$(GO) build -trimpath -o bin/ ./cmd/...
	@bin/wherry-demo -wherry bin/wherry -converse $(TOOLS)/converse-$(CONVERSE) -picture bin/demo-browser.png

# Client programs at work with the gateway: what they say goes to
# cmd/internal/clients/testdata, which the tests play. See docs/clients.md.
record-clients: need-go $(TOOLS)/converse-$(CONVERSE)
	@$(PACKAGES) clients
	CONVERSE=$(TOOLS)/converse-$(CONVERSE) $(GO) test -tags record -count=1 -timeout 10m -run Record -v ./cmd/internal/clients

# Converse is a web page: its built files, of exactly this version.
$(TOOLS)/converse-$(CONVERSE):
	@$(PACKAGES) browser
	@rm -rf $(TOOLS)/new && mkdir -p $(TOOLS)/new
	cd $(TOOLS)/new && npm pack --silent --ignore-scripts converse.js@$(CONVERSE)
	@echo "$(CONVERSE_SHA512)  $(TOOLS)/new/converse.js-$(CONVERSE).tgz" | sha512sum --check --quiet
	@cd $(TOOLS)/new && tar xzf converse.js-$(CONVERSE).tgz package/dist
	@mv $(TOOLS)/new/package/dist $@ && rm -rf $(TOOLS)/new

# Everything: what the tests need, the checks, the tests.
test: need-go
	@$(PACKAGES) test
	@$(MAKE) --no-print-directory lint unit

lint: need-go $(TOOLS)/staticcheck-$(STATICCHECK)
	@unformatted=$$(gofmt -s -l $$(git ls-files '*.go')); \
	  [ -z "$$unformatted" ] || { echo "gofmt -s would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet -tags soak,harness,record ./...
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

# How long a mail takes, each way, on real servers.
mail-latency: need-go
	@$(PACKAGES) test
	$(GO) test -tags soak -count=1 -run '^TestMailLatency$$' -v ./cmd/internal/e2e

# What mailboxes cost the built gateway while nothing comes: MAIL_ACCOUNTS, 500 by
# default, looked at for MAIL_SECONDS; on a Dovecot with MAIL_REAL=1.
mail-idle: need-go
	@$(PACKAGES) test
	$(GO) test -tags soak -count=1 -run '^TestMailIdle$$' -timeout 60m -v ./cmd/internal/soak

# Long and heavy: floods, clients that read nothing, and crashes. SOAK_KILLS
# processes are killed on each server, or on SOAK_SERVER alone: prosody,
# ejabberd-sql or ejabberd-mnesia. SOAK_SEED repeats a run as far as that goes.
soak: need-go
	@$(PACKAGES) test
	$(GO) test -tags soak -count=1 -run Soak -v -p 1 -timeout $(SOAK_TIMEOUT) ./cmd/internal/e2e ./cmd/internal/soak

# The part of it that is about mail: a gateway that is killed 50 times within 500
# mails each way, with scripted mail servers and with real ones, and dead links.
soak-mail: need-go
	@$(PACKAGES) test
	$(GO) test -tags soak -count=1 -run SoakMail -v -timeout $(SOAK_TIMEOUT) ./cmd/internal/soak

# The tests of IRCv3 against an Ergo (https://ergo.chat), which Debian does not have: ERGO=/path/to/ergo.
e2e-ergo: need-go
	@$(PACKAGES) test
	@test -x "$(ERGO)" || { echo "Say where Ergo is: make e2e-ergo ERGO=/path/to/ergo"; exit 1; }
	ERGO="$(ERGO)" $(GO) test -race -count=1 -v -run '^TestIRCv3$$' ./cmd/internal/e2e

cover: need-go
	@$(PACKAGES) test
	$(GO) test -coverprofile=cover.out -coverpkg=./component/...,./registration/...,./store/...,./transports/... ./...
	$(GO) tool cover -func=cover.out | tail -n 1

# How big it is: lines of Go without tests, the binary as packages have it, and
# its memory with one user. Too much is a failure.
size: need-go
	@git ls-files '*.go' | grep -v -e _test.go -e test/ | xargs cat | wc -l | sed 's/$$/ lines of Go/'
	@$(GO) test -count=1 -v -run '^TestSize$$' ./cmd/internal/packaging

# For packages, and for machines without one: what "make" built goes below PREFIX,
# with systemd's unit and user, and the documents. DESTDIR is a root to put that in.
at = $(DESTDIR)$(PREFIX)
install:
	@test -x $(BIN)/wherry || { echo "Build it first: make"; exit 1; }
	install -d "$(at)/bin" "$(at)/lib/systemd/system" "$(at)/lib/sysusers.d" "$(at)/share/doc/wherry"
	install -m 755 $(BIN)/wherry "$(at)/bin/wherry"
	sed 's,/usr/local/bin/,$(PREFIX)/bin/,' packaging/wherry.service >"$(at)/lib/systemd/system/wherry.service"
	chmod 644 "$(at)/lib/systemd/system/wherry.service"
	install -m 644 packaging/wherry.sysusers "$(at)/lib/sysusers.d/wherry.conf"
	install -m 644 README.md CHANGELOG.md LICENSE docs/*.md "$(at)/share/doc/wherry/"

# Configuration and store stay.
uninstall:
	rm -f "$(at)/bin/wherry" "$(at)/lib/systemd/system/wherry.service" "$(at)/lib/sysusers.d/wherry.conf"
	rm -rf "$(at)/share/doc/wherry"

clean:
	rm -rf bin cover.out

need-go:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or later is needed: see https://go.dev/doc/install"; exit 1; }
