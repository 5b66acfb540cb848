package vec

import (
	"github.com/weir-stream/weir/internal/types"
)

// Vector is one column: N rows of one type. Exactly the slice of the type's
// physical class is used. A Const vector holds one value (slices of length 1)
// that stands for all N rows; kernels see it so that literals cost nothing.
// Values in null rows are undefined but readable.
type Vector struct {
	Type  types.Type
	N     int
	Const bool
	Valid Bitmap // nil: no nulls; for a Const vector one bit

	B    []bool
	I8   []int8
	I16  []int16
	I32  []int32
	I64  []int64
	F32  []float32
	F64  []float64
	D    []types.Int128
	TS   []types.TimeNs
	S    []string
	Off  []int32   // PList: N+1 offsets into Kids[0]
	Kids []*Vector // PList: one child; PRow: one a field, each of N rows

	// Shared: the buffers belong to a table in memory that never changes. They
	// may be kept and passed on without a copy; Resize lets go of them. Only
	// columns of numbers, booleans and text are shared.
	Shared bool

	spare Bitmap // kept across Resize so that nulls cost no allocation
}

// New gives a vector of n rows without nulls; values are zero.
func New(t types.Type, n int) *Vector {
	v := &Vector{Type: t}
	v.Resize(n)
	return v
}

// NewConst gives a constant vector of n rows that are all null; set the value
// with Put(0, …).
func NewConst(t types.Type, n int) *Vector {
	v := New(t, 1)
	v.Const, v.N = true, n
	return v
}

func sized[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, n+n/4)
}

// Resize makes the vector hold n rows, all valid and with undefined values,
// reusing its buffers. Children of rows are resized, of lists emptied.
func (v *Vector) Resize(n int) {
	if v.Shared {
		*v = Vector{Type: v.Type}
	}
	v.N, v.Const = n, false
	if v.Valid != nil {
		v.spare = v.Valid
	}
	v.Valid = nil
	switch v.Type.Phys() {
	case types.PBool:
		v.B = sized(v.B, n)
	case types.PI8:
		v.I8 = sized(v.I8, n)
	case types.PI16:
		v.I16 = sized(v.I16, n)
	case types.PI32:
		v.I32 = sized(v.I32, n)
	case types.PI64:
		v.I64 = sized(v.I64, n)
	case types.PF32:
		v.F32 = sized(v.F32, n)
	case types.PF64:
		v.F64 = sized(v.F64, n)
	case types.PI128:
		v.D = sized(v.D, n)
	case types.PTime:
		v.TS = sized(v.TS, n)
	case types.PStr:
		v.S = sized(v.S, n)
	case types.PList:
		if v.Kids == nil {
			v.Kids = []*Vector{New(v.Type.ListElem(), 0)}
		}
		v.Kids[0].Resize(0)
		v.Off = sized(v.Off, n+1)
		clear(v.Off)
	case types.PRow:
		if v.Kids == nil {
			v.Kids = make([]*Vector, len(v.Type.Fields))
			for i, f := range v.Type.Fields {
				v.Kids[i] = &Vector{Type: f.Type}
			}
		}
		for _, k := range v.Kids {
			k.Resize(n)
		}
	case types.PNull:
		v.SetAllNull()
	}
}

// Bits makes sure that there is a validity bitmap and gives it.
func (v *Vector) Bits() Bitmap {
	if v.Valid == nil {
		n := v.rows()
		v.Valid = v.spare.grow(max(n, 1))
		v.spare = nil
		clear(v.Valid)
		v.Valid.SetAll(n)
	}
	return v.Valid
}

// rows is the number of values held: 1 for a constant.
func (v *Vector) rows() int {
	if v.Const {
		return 1
	}
	return v.N
}

// Idx maps a row to its place in the slices: 0 for a constant.
func (v *Vector) Idx(i int) int {
	if v.Const {
		return 0
	}
	return i
}

// IsNull reports whether row i is null.
func (v *Vector) IsNull(i int) bool {
	if v.Valid == nil {
		return false
	}
	return !v.Valid.Get(v.Idx(i))
}

// SetNull makes row i null.
func (v *Vector) SetNull(i int) { v.Bits().Clear(i) }

// SetAllNull makes every row null.
func (v *Vector) SetAllNull() { clear(v.Bits()) }

// MayHaveNulls reports whether a null is possible; false is certain.
func (v *Vector) MayHaveNulls() bool { return v.Valid != nil }

// NullCount counts the nulls among the N rows.
func (v *Vector) NullCount() int {
	if v.Valid == nil {
		return 0
	}
	if v.Const {
		if v.Valid.Get(0) {
			return 0
		}
		return v.N
	}
	return v.N - v.Valid.Count(v.N)
}

// AndValid makes rows of v null where o is null. Both have N rows; v is not
// Const unless o is too.
func (v *Vector) AndValid(o *Vector) {
	if o.Valid == nil {
		return
	}
	if o.Const && !v.Const {
		if !o.Valid.Get(0) {
			v.SetAllNull()
		}
		return
	}
	d := v.Bits()
	for i := range min(len(d), len(o.Valid)) {
		d[i] &= o.Valid[i]
	}
}

// CopyValid makes v's nulls those of o.
func (v *Vector) CopyValid(o *Vector) {
	if v.Valid != nil {
		v.Valid.SetAll(v.rows())
	}
	v.AndValid(o)
}

// Shallow gives a vector that shares v's buffers under another type of the same
// physical class.
func (v *Vector) Shallow(t types.Type) *Vector {
	c := *v
	c.Type = t
	c.spare = nil
	return &c
}

// Share makes v rows from to to-1 of src without copying them; src has no nulls
// and never changes again. Lists and rows cannot be shared.
func (v *Vector) Share(src *Vector, from, to int) {
	*v = Vector{Type: v.Type, N: to - from, Shared: true}
	switch v.Type.Phys() {
	case types.PBool:
		v.B = src.B[from:to:to]
	case types.PI8:
		v.I8 = src.I8[from:to:to]
	case types.PI16:
		v.I16 = src.I16[from:to:to]
	case types.PI32:
		v.I32 = src.I32[from:to:to]
	case types.PI64:
		v.I64 = src.I64[from:to:to]
	case types.PF32:
		v.F32 = src.F32[from:to:to]
	case types.PF64:
		v.F64 = src.F64[from:to:to]
	case types.PI128:
		v.D = src.D[from:to:to]
	case types.PTime:
		v.TS = src.TS[from:to:to]
	case types.PStr:
		v.S = src.S[from:to:to]
	}
}

// Flat gives v itself, or for a constant its N rows written out.
func (v *Vector) Flat() *Vector {
	if !v.Const {
		return v
	}
	out := New(v.Type, 0)
	out.AppendRepeat(v, 0, v.N)
	return out
}
