package sql

import (
	"errors"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// FuzzParse checks that no input panics, that errors have a place in the input,
// and that what parses can be printed, formatted and parsed again to the same
// tree.
func FuzzParse(f *testing.F) {
	for _, list := range canonical {
		for _, text := range list {
			f.Add(text)
		}
	}
	for _, v := range variants {
		f.Add(v.text)
	}
	for _, e := range mistakes {
		f.Add(e.src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 4096 {
			return
		}
		Complete(src)
		Split(src)
		s, err := ParseScript(src)
		if err != nil {
			var list sqlerr.List
			if !errors.As(err, &list) {
				t.Fatalf("%q: not a list: %v", src, err)
			}
			for _, e := range list {
				if e.Pos.Start < 0 || e.Pos.End > len(src) || e.Pos.End < e.Pos.Start || e.Msg == "" {
					t.Fatalf("%q: error %q at %v", src, e.Msg, e.Pos)
				}
			}
			return
		}
		checkRoundTrip(t, s)
		checkPositions(t, s)
	})
}
