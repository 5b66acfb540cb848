package fn

import (
	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const bitmapCategory = "bitmap"

// Bitmaps are the functions over BITMAP, sets of 32-bit integers.
func Bitmaps() []Func {
	build := func(xs, text string) Example { return Example{"BITMAP_TO_STRING(BITMAP_BUILD(" + xs + "))", text} }
	out := []Func{
		{Name: "BITMAP_BUILD", Sig: "(array ARRAY<INT>) -> BITMAP", Doc: "The set of an array's integers; nulls are left out.", Category: bitmapCategory,
			Bind: bindBitmapBuild, Examples: []Example{build("ARRAY[3, 1, 3]", "{1,3}")}},
		{Name: "BITMAP_CARDINALITY", Sig: "(bitmap BITMAP) -> BIGINT", Doc: "Number of the set's integers.", Category: bitmapCategory,
			Kernel:   longOf(func(r *row) (int64, bool) { return roaring.Cardinality(r.str(0)), true }),
			Examples: []Example{{"BITMAP_CARDINALITY(BITMAP_BUILD(ARRAY[3, 1, 3]))", "2"}}},
		{Name: "BITMAP_FROM_BYTES", Sig: "(bytes BINARYLIKE) -> BITMAP", Doc: "Reads a set in the portable serialisation of Roaring bitmaps (32 bits).",
			Category: bitmapCategory, CanFail: true, Bind: bindBitmapRead,
			Examples: []Example{{"BITMAP_TO_STRING(BITMAP_FROM_BYTES(X'3A300000010000000000020010000000000001000200'))", "{0,1,2}"}}},
		{Name: "BITMAP_TO_ARRAY", Sig: "(bitmap BITMAP) -> ARRAY<INT>", Category: bitmapCategory, CanFail: true,
			Doc:    "The set's integers in ascending order as unsigned numbers, written as INT: those above 2147483647 come last, as negative ones.",
			Kernel: appendOf(bitmapElements), Examples: []Example{{"BITMAP_TO_ARRAY(BITMAP_BUILD(ARRAY[-1, 2, 1]))", "[1, 2, -1]"}}},
		{Name: "BITMAP_TO_BYTES", Sig: "(bitmap BITMAP) -> BYTES", Doc: "The set in the portable serialisation of Roaring bitmaps (32 bits).",
			Category: bitmapCategory, Kernel: textPart(func(r *row) (string, bool) { return r.str(0), true }),
			Examples: []Example{{"BITMAP_FROM_BYTES(BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[1, 2])))", "{1,2}"}}},
		{Name: "BITMAP_TO_STRING", Sig: "(bitmap BITMAP) -> STRING", Category: bitmapCategory,
			Doc:      "The set's integers, unsigned, as {1,2,3}; the text of a large set ends in ,...}.",
			Bind:     textOf(func(dst []byte, r *row) ([]byte, bool) { return roaring.AppendText(dst, r.str(0)), true }),
			Examples: []Example{build("ARRAY[-1, 1]", "{1,4294967295}")}},
	}
	for _, o := range []struct {
		name, doc, example string
		op                 roaring.Op
	}{
		{"BITMAP_AND", "The integers that are in both sets.", "{2}", roaring.And},
		{"BITMAP_ANDNOT", "The integers of the first set that are not in the second.", "{1}", roaring.AndNot},
		{"BITMAP_OR", "The integers that are in either set.", "{1,2,3}", roaring.Or},
		{"BITMAP_XOR", "The integers that are in one of the sets and not in the other.", "{1,3}", roaring.Xor},
	} {
		out = append(out, Func{Name: o.name, Sig: "(bitmap1 BITMAP, bitmap2 BITMAP) -> BITMAP", Doc: o.doc, Category: bitmapCategory, Bind: bindBitmapOp(o.op),
			Examples: []Example{{"BITMAP_TO_STRING(" + o.name + "(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])))", o.example}}})
	}
	return out
}

func bindBitmapOp(op roaring.Op) func(*Call) (Kernel, error) {
	return func(*Call) (Kernel, error) {
		var m roaring.Maker
		return textKernel(func(dst []byte, r *row) ([]byte, bool) { return m.Apply(dst, op, r.str(0), r.str(1)), true }), nil
	}
}

func bindBitmapRead(*Call) (Kernel, error) {
	var m roaring.Maker
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		out, err := m.Read(dst, r.str(0))
		if err != nil {
			r.fail("BITMAP_FROM_BYTES: %v", err)
			return dst, false
		}
		return out, true
	}), nil
}

func bindBitmapBuild(c *Call) (Kernel, error) {
	var m roaring.Maker
	var xs []uint32
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		v := r.args[0]
		i := v.Idx(r.i)
		xs = xs[:0]
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			if !v.Kids[0].IsNull(j) {
				xs = append(xs, uint32(intAt(v.Kids[0], j)))
			}
		}
		return m.Build(dst, xs), true
	}), nil
}

// longestList is the length above which a set is no ARRAY any more; vectors
// count a batch's elements in 32 bits.
const longestList = 1 << 30

func bitmapElements(out *vec.Vector, r *row) {
	s := r.str(0)
	kid := out.Kids[0]
	if n := roaring.Cardinality(s); int64(kid.N)+n > longestList {
		r.fail("BITMAP_TO_ARRAY: a bitmap of %d integers is too large for an array", n)
		return
	}
	roaring.Each(s, func(x uint32) bool {
		kid.I32 = append(kid.I32, int32(x))
		return true
	})
	kid.Extend(len(kid.I32) - kid.N)
	out.Off = append(out.Off, int32(kid.N))
	out.Extend(1)
}

// ParseBitmap reads {1,2,3}, for tests and tools: SQL has no cast from text.
func ParseBitmap(text string) (string, error) {
	var m roaring.Maker
	b, err := m.ParseText(nil, text)
	return string(b), err
}

// bitmapType is the result of the aggregates that give a set.
func bitmapType([]Arg) (types.Type, error) { return types.Of(types.Bitmap), nil }
