package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunner runs a few cases of our own in the form of the vectors, some of
// which are wrong on purpose.
func TestRunner(t *testing.T) {
	var out strings.Builder
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("| `sum-wrong` | it says 4 |\n| `sum` | it is slow |\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	floor := filepath.Join(t.TempDir(), "floor")
	s := &suite{out: &out, page: page}
	for text, want := range map[string]int{"programs 3 restore 2 functions 3 errors 2": 0, "programs 4 restore 2 functions 3 errors 2": 1} {
		if err := os.WriteFile(floor, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		*s = suite{out: &out, page: page}
		if status, _ := s.main("testdata", "", floor, false); status != want {
			t.Errorf("floor %q: status %d\n%s", text, status, out.String())
		}
	}
	for _, want := range []string{
		"programs 3/4 restore 2/3 functions 3/4 errors 2/5",
		"known: it says 4",
		"lists sum, which passes",
		"does not list Own-0.3",
		"the error comes at validation, not at runtime",
		"no code is known",
		"no error, but should fail",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if err := s.writePage(); err != nil {
		t.Fatal(err)
	}
	reasons, err := readPage(page)
	if err != nil || len(reasons) != 6 || reasons["sum-wrong"] != "it says 4" || reasons["sum"] != "" {
		t.Errorf("%v %v", reasons, err)
	}
}

// TestNothingToRun says so.
func TestNothingToRun(t *testing.T) {
	var out strings.Builder
	s := &suite{out: &out}
	if status, err := s.main("", "", "", false); status != 0 || err != nil || !strings.Contains(out.String(), "nothing was run") {
		t.Errorf("%d %v %s", status, err, out.String())
	}
}
