package state

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Images of lists whose rows are many bytes, which come together behind the rows of the
// keys: as much as was expected, more for some segments, and in a buffer that is used
// again.
func TestImagesOfLongRows(t *testing.T) {
	for _, key := range []types.Type{types.Of(types.BigInt), types.String()} {
		spec := ListSpec{Name: "l", Key: []types.Type{key}, Row: []types.Type{types.String()}}
		from, to := NewStore(Config{SegmentRows: 64}), NewStore(Config{SegmentRows: 64})
		a, b := from.List(spec), to.List(spec)
		var k Keys
		for i := range 6000 {
			keys, n := vec.NewBatch(spec.Key), 900
			if i%97 == 0 {
				n = 40_000
			}
			if key.Phys() == types.PI64 {
				keys.Cols[0].AppendValue(int64(i % 1500))
			} else {
				keys.Cols[0].AppendValue(fmt.Sprint("a key that does not lie in its row ", i%1500))
			}
			keys.N = 1
			k.Encode(a.KeyCodec(), keys, nil)
			a.Append(&k, rowsOfText(a, []string{strings.Repeat("x", n+i%7)}), nil)
		}
		var c ImageCursor
		var buf []byte
		for more := true; more; {
			im := AppendImage(a, &c, Round{Number: 1, Last: NoRound}, append(buf[:0], 7))
			if buf, more = im.Data, im.More; len(buf) == 1 {
				continue
			}
			if _, err := to.LoadImage(b, bytes.Clone(buf[1:])); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.Link(); err != nil {
			t.Fatal(err)
		}
		if dumped(a) != dumped(b) {
			t.Errorf("%s: the image is another", key)
		}
		from.Close()
		to.Close()
	}
}
