// Package vec holds rows in columns: typed vectors in Arrow's order (validity
// bitmap, fixed-width values), batches of them with an optional selection and
// row kinds, and the few loops over them that everything else is built from.
//
//	Batch ── Cols []*Vector ── Valid Bitmap, I64 []int64 | S []string | Kids ...
//	      ── Sel []int32       rows that count, in order; nil = all
//	      ── Kinds []Kind      +I -U +U -D by physical row; nil = all +I
//
// Ownership: a batch is borrowed; it is valid until the call that it was
// handed to is done (op.Operator says when that is), and who keeps rows copies
// them. Only fixed-width buffers are recycled. Strings are Go strings: 16
// bytes to move, immutable, owned by the collector, so that a filter or gather
// copies headers and no one ever frees text. Arrow's string view has the same
// size; the conversion at the edges is one pass.
package vec
