package fn

import (
	"math"
	"testing"
)

// TestSketchIsBounded adds values of all magnitudes: the state keeps its bound,
// and high quantiles their error.
func TestSketchIsBounded(t *testing.T) {
	f, heap := &quantiles{}, &mapHeap{m: map[Ref][]byte{}}
	var b bins
	b.ref = heap.Put(0, make([]byte, 4))
	n := 20_000
	for i := range n {
		f.add(heap, &b, binKey(math.Exp(float64(i)/40)), 1)
	}
	if b.n > sketchBins || len(heap.Get(b.ref)) > 4+2*sketchBins*binBytes {
		t.Fatalf("%d bins in %d bytes", b.n, len(heap.Get(b.ref)))
	}
	want := math.Exp(0.99 * float64(n-1) / 40)
	if got := quantile(heap.Get(b.ref)[4:], int(b.n), 0.99*float64(n-1)); math.Abs(got/want-1) > 2.6*sketchError {
		t.Errorf("the 99th percentile is %g, not %g", got, want)
	}
}
