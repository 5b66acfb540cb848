package main

import (
	"strings"
	"testing"
)

// TestRandomQueries draws a few queries; `go run ./test/random` draws many.
func TestRandomQueries(t *testing.T) {
	n := 150
	if testing.Short() {
		n = 40
	}
	var log strings.Builder
	o := options{queries: n, seed: 1, workers: 2, log: &log}
	if wrong, err := o.run(); wrong > 0 || err != nil {
		t.Errorf("%d %v\n%s", wrong, err, log.String())
	}
	t.Log(log.String())
}
