package vec

import "github.com/weir-stream/weir/internal/types"

// Grow appends n rows that are valid and whose values are undefined; decoders
// then fill the new slots of the type's slice in place. Children of rows grow
// too; lists gain n empty entries.
func (v *Vector) Grow(n int) {
	switch v.Type.Phys() {
	case types.PBool:
		v.B = grown(v.B, n)
	case types.PI8:
		v.I8 = grown(v.I8, n)
	case types.PI16:
		v.I16 = grown(v.I16, n)
	case types.PI32:
		v.I32 = grown(v.I32, n)
	case types.PI64:
		v.I64 = grown(v.I64, n)
	case types.PF32:
		v.F32 = grown(v.F32, n)
	case types.PF64:
		v.F64 = grown(v.F64, n)
	case types.PI128:
		v.D = grown(v.D, n)
	case types.PTime:
		v.TS = grown(v.TS, n)
	case types.PStr:
		v.S = grown(v.S, n)
	case types.PList:
		v.Off = repeat(v.Off, int32(v.Kids[0].N), n)
	case types.PRow:
		for _, k := range v.Kids {
			k.Grow(n)
		}
	case types.PNull:
		v.AppendNulls(n)
		return
	}
	v.Extend(n)
}

// Extend counts n more rows, all valid, whose values the caller has appended to
// the type's slice (or to the children) already.
func (v *Vector) Extend(n int) {
	v.appendValidOnes(n)
	v.N += n
}

// Truncate drops the rows from n on; n is at most N. Decoders undo a row with it.
func (v *Vector) Truncate(n int) {
	if n >= v.N {
		return
	}
	switch v.Type.Phys() {
	case types.PBool:
		v.B = v.B[:n]
	case types.PI8:
		v.I8 = v.I8[:n]
	case types.PI16:
		v.I16 = v.I16[:n]
	case types.PI32:
		v.I32 = v.I32[:n]
	case types.PI64:
		v.I64 = v.I64[:n]
	case types.PF32:
		v.F32 = v.F32[:n]
	case types.PF64:
		v.F64 = v.F64[:n]
	case types.PI128:
		v.D = v.D[:n]
	case types.PTime:
		v.TS = v.TS[:n]
	case types.PStr:
		v.S = v.S[:n]
	case types.PList:
		v.Off = v.Off[:n+1]
		v.Kids[0].Truncate(int(v.Off[n]))
	case types.PRow:
		for _, k := range v.Kids {
			k.Truncate(n)
		}
	}
	v.N = n
}
