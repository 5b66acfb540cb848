package state

import (
	"flag"
	"os"
	"testing"
)

// TestMain lowers the number of random runs, unless told otherwise: ordinary
// test runs are short, `-rapid.checks=1000` is for changes here.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "rapid.checks" })
	if !told {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
