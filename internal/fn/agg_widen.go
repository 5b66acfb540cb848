package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
)

// WidenAcc gives what makes an accumulator over arguments of types from into one of
// the same function over wider types (types.Widens). Both lie as their Size says; what
// src refers to in the heap is referred to by dst at the same offsets. False: an
// accumulator cannot tell what it would be over wider values.
func WidenAcc(from, to Acc, args, wider []types.Type) (func(dst, src unsafe.Pointer), bool) {
	if len(args) != len(wider) {
		return nil, false
	}
	same := true
	for i, t := range args {
		if !types.Widens(t.AsNullable(), wider[i].AsNullable()) {
			return nil, false
		}
		same = same && t.EqualKind(wider[i])
	}
	size := from.Size()
	bytes := func(dst, src unsafe.Pointer) {
		copy(unsafe.Slice((*byte)(dst), size), unsafe.Slice((*byte)(src), size))
	}
	if _, counts := to.(countAcc); counts || same {
		return bytes, size == to.Size()
	}
	if len(args) == 0 || size == 0 && to.Size() == 0 {
		return bytes, size == to.Size()
	}
	switch to.(type) {
	case *sumInt[int16], *sumInt[int32], *sumInt[int64], *sumFloat[float64], *extremeText, *firstText:
		return bytes, size == to.Size()
	case *sumDecimal:
		return widenSum(args[0].Scale, wider[0].Scale), size == to.Size()
	case *extremeNumber[int16], *extremeNumber[int32], *extremeNumber[int64], *extremeNumber[float64], *extreme[types.Int128],
		*first[int16], *first[int32], *first[int64], *first[float64], *first[types.Int128]:
		if t := args[0]; t.Kind == types.Decimal && t.Prec == types.MaxPrecision {
			return nil, false // there may be no room for its digits
		}
		return widenHeld(args[0], wider[0]), true
	}
	return nil, false
}

// widenSum moves the point of a sum.
func widenSum(from, to int) func(dst, src unsafe.Pointer) {
	return func(dst, src unsafe.Pointer) {
		d, s := (*decimalSum)(dst), (*decimalSum)(src)
		*d = *s
		var ok bool
		if d.sum, ok = types.Rescale(s.sum, from, to); !ok {
			d.over = 1
		}
	}
}

// widenHeld widens the value of a held number.
func widenHeld(from, to types.Type) func(dst, src unsafe.Pointer) {
	return func(dst, src unsafe.Pointer) {
		if *(*int64)(src) == 0 {
			return
		}
		*(*int64)(dst) = 1
		val := unsafe.Add(src, unsafe.Offsetof(held[int64]{}.val))
		var x any
		switch from.Phys() {
		case types.PI8:
			x = int64(*(*int8)(val))
		case types.PI16:
			x = int64(*(*int16)(val))
		case types.PI32:
			x = int64(*(*int32)(val))
		case types.PI64:
			x = *(*int64)(val)
		case types.PF32:
			x = *(*float32)(val)
		case types.PI128:
			x = *(*types.Int128)(val)
		}
		val = unsafe.Add(dst, unsafe.Offsetof(held[int64]{}.val))
		w, _ := types.Widen(from, to, x)
		switch w := w.(type) {
		case int64:
			switch to.Phys() {
			case types.PI16:
				*(*int16)(val) = int16(w)
			case types.PI32:
				*(*int32)(val) = int32(w)
			default:
				*(*int64)(val) = w
			}
		case float64:
			*(*float64)(val) = w
		case types.Int128:
			*(*types.Int128)(val) = w
		}
	}
}
