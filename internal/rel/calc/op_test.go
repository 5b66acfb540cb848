package calc

import (
	"slices"
	"testing"

	"github.com/weir-stream/weir/internal/vec"
)

// TestKindsOfInputStay: a batch that is passed on more than once, as Expand does,
// keeps its kinds, whatever a calc gave before.
func TestKindsOfInputStay(t *testing.T) {
	kinds := []vec.Kind{vec.Insert, vec.Delete}
	var o operator
	o.out.Kinds = o.kinds(&vec.Batch{N: 2, Kinds: kinds})
	for range 2 {
		o.out.Kinds = o.kinds(&vec.Batch{N: 2, Kinds: kinds, Sel: []int32{1}})
		if !slices.Equal(o.out.Kinds, []vec.Kind{vec.Delete}) || !slices.Equal(kinds, []vec.Kind{vec.Insert, vec.Delete}) {
			t.Fatalf("got %v of %v", o.out.Kinds, kinds)
		}
	}
}
