package vec

import (
	"github.com/weir-stream/weir/internal/types"
)

// AppendSel appends rows sel of src, which has the same physical type.
func (v *Vector) AppendSel(src *Vector, sel []int32) {
	if src.Const {
		v.AppendRepeat(src, 0, len(sel))
		return
	}
	v.appendValidSel(src, sel)
	switch v.Type.Phys() {
	case types.PBool:
		v.B = gather(v.B, src.B, sel)
	case types.PI8:
		v.I8 = gather(v.I8, src.I8, sel)
	case types.PI16:
		v.I16 = gather(v.I16, src.I16, sel)
	case types.PI32:
		v.I32 = gather(v.I32, src.I32, sel)
	case types.PI64:
		v.I64 = gather(v.I64, src.I64, sel)
	case types.PF32:
		v.F32 = gather(v.F32, src.F32, sel)
	case types.PF64:
		v.F64 = gather(v.F64, src.F64, sel)
	case types.PI128:
		v.D = gather(v.D, src.D, sel)
	case types.PTime:
		v.TS = gather(v.TS, src.TS, sel)
	case types.PStr:
		v.S = gather(v.S, src.S, sel)
	case types.PList:
		kid, sk := v.Kids[0], src.Kids[0]
		for _, r := range sel {
			kid.AppendRange(sk, int(src.Off[r]), int(src.Off[r+1]))
			v.Off = append(v.Off, int32(kid.N))
		}
	case types.PRow:
		for i, k := range v.Kids {
			k.AppendSel(src.Kids[i], sel)
		}
	}
	v.N += len(sel)
}

func gather[T any](dst, src []T, sel []int32) []T {
	n := len(dst)
	dst = grown(dst, len(sel))
	out := dst[n:]
	for i, r := range sel {
		out[i] = src[r]
	}
	return dst
}

// grown gives dst with n more elements.
func grown[T any](dst []T, n int) []T {
	if m := len(dst) + n; m <= cap(dst) {
		return dst[:m]
	}
	return append(dst, make([]T, n)...)
}

// AppendRange appends rows from to to-1 of src.
func (v *Vector) AppendRange(src *Vector, from, to int) {
	if src.Const {
		v.AppendRepeat(src, 0, to-from)
		return
	}
	v.appendValidRange(src, from, to)
	switch v.Type.Phys() {
	case types.PBool:
		v.B = append(v.B, src.B[from:to]...)
	case types.PI8:
		v.I8 = append(v.I8, src.I8[from:to]...)
	case types.PI16:
		v.I16 = append(v.I16, src.I16[from:to]...)
	case types.PI32:
		v.I32 = append(v.I32, src.I32[from:to]...)
	case types.PI64:
		v.I64 = append(v.I64, src.I64[from:to]...)
	case types.PF32:
		v.F32 = append(v.F32, src.F32[from:to]...)
	case types.PF64:
		v.F64 = append(v.F64, src.F64[from:to]...)
	case types.PI128:
		v.D = append(v.D, src.D[from:to]...)
	case types.PTime:
		v.TS = append(v.TS, src.TS[from:to]...)
	case types.PStr:
		v.S = append(v.S, src.S[from:to]...)
	case types.PList:
		kid, base := v.Kids[0], int32(v.Kids[0].N)-src.Off[from]
		kid.AppendRange(src.Kids[0], int(src.Off[from]), int(src.Off[to]))
		for _, o := range src.Off[from+1 : to+1] {
			v.Off = append(v.Off, o+base)
		}
	case types.PRow:
		for i, k := range v.Kids {
			k.AppendRange(src.Kids[i], from, to)
		}
	}
	v.N += to - from
}

// AppendRepeat appends row i of src n times.
func (v *Vector) AppendRepeat(src *Vector, i, n int) {
	if n == 0 {
		return
	}
	if src.IsNull(i) {
		v.AppendNulls(n)
		return
	}
	i = src.Idx(i)
	v.appendValidOnes(n)
	switch v.Type.Phys() {
	case types.PBool:
		v.B = repeat(v.B, src.B[i], n)
	case types.PI8:
		v.I8 = repeat(v.I8, src.I8[i], n)
	case types.PI16:
		v.I16 = repeat(v.I16, src.I16[i], n)
	case types.PI32:
		v.I32 = repeat(v.I32, src.I32[i], n)
	case types.PI64:
		v.I64 = repeat(v.I64, src.I64[i], n)
	case types.PF32:
		v.F32 = repeat(v.F32, src.F32[i], n)
	case types.PF64:
		v.F64 = repeat(v.F64, src.F64[i], n)
	case types.PI128:
		v.D = repeat(v.D, src.D[i], n)
	case types.PTime:
		v.TS = repeat(v.TS, src.TS[i], n)
	case types.PStr:
		v.S = repeat(v.S, src.S[i], n)
	case types.PList:
		for range n {
			v.Kids[0].AppendRange(src.Kids[0], int(src.Off[i]), int(src.Off[i+1]))
			v.Off = append(v.Off, int32(v.Kids[0].N))
		}
	case types.PRow:
		for j, k := range v.Kids {
			k.AppendRepeat(src.Kids[j], i, n)
		}
	}
	v.N += n
}

func repeat[T any](dst []T, x T, n int) []T {
	m := len(dst)
	dst = grown(dst, n)
	for i := range dst[m:] {
		dst[m+i] = x
	}
	return dst
}

// Append appends row i of src.
func (v *Vector) Append(src *Vector, i int) { v.AppendRepeat(src, i, 1) }

// AppendNulls appends n nulls.
func (v *Vector) AppendNulls(n int) {
	if n == 0 {
		return
	}
	v.Bits()
	m := v.N + n
	v.Valid = v.Valid.extend(v.N, m, false)
	switch v.Type.Phys() {
	case types.PBool:
		v.B = zeros(v.B, n)
	case types.PI8:
		v.I8 = zeros(v.I8, n)
	case types.PI16:
		v.I16 = zeros(v.I16, n)
	case types.PI32:
		v.I32 = zeros(v.I32, n)
	case types.PI64:
		v.I64 = zeros(v.I64, n)
	case types.PF32:
		v.F32 = zeros(v.F32, n)
	case types.PF64:
		v.F64 = zeros(v.F64, n)
	case types.PI128:
		v.D = zeros(v.D, n)
	case types.PTime:
		v.TS = zeros(v.TS, n)
	case types.PStr:
		v.S = zeros(v.S, n)
	case types.PList:
		for range n {
			v.Off = append(v.Off, int32(v.Kids[0].N))
		}
	case types.PRow:
		for _, k := range v.Kids {
			k.AppendNulls(n)
		}
	}
	v.N = m
}

func zeros[T any](dst []T, n int) []T {
	m := len(dst)
	dst = grown(dst, n)
	clear(dst[m:])
	return dst
}

// extend gives a bitmap of m bits whose first n are b's and whose others are set.
func (b Bitmap) extend(n, m int, set bool) Bitmap {
	w := (m + 63) / 64
	for len(b) < w {
		b = append(b, 0)
	}
	b = b[:w]
	for i := n; i < m; i++ {
		if i&63 == 0 && m-i >= 64 {
			if set {
				b[i>>6] = ^uint64(0)
			} else {
				b[i>>6] = 0
			}
			i += 63
			continue
		}
		b.Put(i, set)
	}
	return b
}

func (v *Vector) appendValidOnes(n int) {
	if v.Valid != nil {
		v.Valid = v.Valid.extend(v.N, v.N+n, true)
	}
}

func (v *Vector) appendValidSel(src *Vector, sel []int32) {
	switch {
	case src.Valid == nil || len(sel) > 64 && src.Valid.full(src.N):
		v.appendValidOnes(len(sel))
		return
	case v.N == 0:
		v.gatherValid(src.Valid, sel)
		return
	}
	v.Bits()
	v.Valid = v.Valid.extend(v.N, v.N+len(sel), true)
	for i, r := range sel {
		if !src.Valid.Get(int(r)) {
			v.Valid.Clear(v.N + i)
		}
	}
}

// gatherValid makes the bits sel of src those of the vector, which is empty; if
// all are set there is no bitmap.
func (v *Vector) gatherValid(src Bitmap, sel []int32) {
	b := v.Valid
	if b == nil {
		b = v.spare
	}
	b = b.grow(len(sel))
	all := ^uint64(0)
	for w := range b {
		part := sel[w*64 : min(w*64+64, len(sel))]
		x := uint64(0)
		for k, r := range part {
			x |= src[r>>6] >> (uint(r) & 63) & 1 << k
		}
		b[w] = x
		all &= x | ^(^uint64(0) >> (64 - len(part)))
	}
	if all == ^uint64(0) {
		v.Valid, v.spare = nil, b
		return
	}
	v.Valid, v.spare = b, nil
}

func (v *Vector) appendValidRange(src *Vector, from, to int) {
	if src.Valid == nil || to-from > 64 && src.Valid.full(src.N) {
		v.appendValidOnes(to - from)
		return
	}
	v.Bits()
	v.Valid = v.Valid.extend(v.N, v.N+to-from, true)
	for r := from; r < to; r++ {
		if !src.Valid.Get(r) {
			v.Valid.Clear(v.N + r - from)
		}
	}
}

// Gather gives rows sel of v as a vector of its own in dst (reused if not nil).
func (v *Vector) Gather(dst *Vector, sel []int32) *Vector {
	if dst == nil {
		dst = &Vector{Type: v.Type}
	}
	dst.Type = v.Type
	dst.Resize(0)
	dst.AppendSel(v, sel)
	return dst
}

// Bytes estimates the memory of the rows, text included.
func (v *Vector) Bytes() int {
	n := v.rows()*v.Type.Phys().Width() + 8*len(v.Valid) + 4*len(v.Off)
	for _, s := range v.S {
		n += len(s)
	}
	for _, k := range v.Kids {
		n += k.Bytes()
	}
	return n
}
