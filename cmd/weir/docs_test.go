package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/cmd/weir/internal/reference"
)

// TestReferenceIsFresh compares the pages in the repository with the tables.
func TestReferenceIsFresh(t *testing.T) {
	for _, topic := range reference.Topics() {
		file := filepath.Join("..", "..", "docs", "reference", topic.Name+".md")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if string(text) != topic.Page() {
			t.Errorf("%s is stale: run weir docs --write docs/reference", file)
		}
	}
}
