GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FLAGS    = -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
export CGO_ENABLED = 0

.DEFAULT_GOAL := help

help: ## list targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## one static binary in bin/
	$(GO) build $(FLAGS) -o bin/weir ./cmd/weir

demo: build ## a windowed count over a generated stream of orders, ends by itself
	bin/weir run examples/orders.sql

test: ## vet, unit tests, the corpus in its main worlds; under three minutes
	$(GO) vet ./...
	$(GO) test ./...

test-all: ## the corpus in every world, fuzz seeds, conformance (WEIR_CONFORMANCE_DIR), benchmarks once, kill -9 loops, Kafka's broker (where there is Java)
	WEIR_WORLDS=all $(GO) test -count=1 ./...
	$(GO) test -run '^$$' -bench . -benchtime 1x ./internal/...
	$(GO) run ./test/conformance
	WEIR_KILLS=30 $(GO) test -count=1 ./test/kill
	WEIR_SIM=1000 $(GO) test -count=1 -v ./internal/sim
	WEIR_KAFKA=1 $(GO) test -count=1 -v ./test/kafka

sim: ## jobs under faults drawn from seeds: N=1000 seeds from FROM=0 on
	WEIR_SIM=$(or $(N),1000) WEIR_SIM_FROM=$(or $(FROM),0) $(GO) test -count=1 -v ./internal/sim

kill: ## kill -9 of the real binary, N=30 times in each of five pipelines
	WEIR_KILLS=$(or $(N),30) $(GO) test -count=1 -v ./test/kill

kafka: ## Kafka's own broker (Java): kill -9 of job and broker, N=30 times, and what else can go wrong
	WEIR_KAFKA=1 WEIR_LATENCY=15 WEIR_KILLS=$(or $(N),30) $(GO) test -count=1 -v -timeout 20m ./test/kafka

fuzz: ## all fuzz targets in turn, D=30s each
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(D),30s) $$p || exit 1; done; done

bench: build ## Nexmark from the in-process generator, all queries
	bin/weir bench nexmark --queries all --events $(or $(N),10000000)

bench-compare: ## interleaved Nexmark of this tree and BASE (default HEAD~1), with noise bounds
	test/bench/compare.sh $(or $(BASE),HEAD~1)

docs: build ## reference pages from the function, connector, format and setting tables
	bin/weir docs --write docs/reference

fmt: ## gofmt
	gofmt -w $$(git ls-files '*.go')

.PHONY: help build demo test test-all sim kill fuzz bench bench-compare docs fmt kafka
