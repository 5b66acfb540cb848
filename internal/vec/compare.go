package vec

import (
	"cmp"
	"strings"

	"github.com/weir-stream/weir/internal/types"
)

// Compare orders row i of a against row j of b, vectors of one type: -1, 0, 1.
// Nulls come first and equal each other; floats order as Java's compareTo (-0.0
// before 0.0, NaN last); text and bytes order by bytes.
func Compare(a *Vector, i int, b *Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	if an || bn {
		switch {
		case an && bn:
			return 0
		case an:
			return -1
		}
		return 1
	}
	i, j = a.Idx(i), b.Idx(j)
	switch a.Type.Phys() {
	case types.PBool:
		return cmpBool(a.B[i], b.B[j])
	case types.PI8:
		return cmp.Compare(a.I8[i], b.I8[j])
	case types.PI16:
		return cmp.Compare(a.I16[i], b.I16[j])
	case types.PI32:
		return cmp.Compare(a.I32[i], b.I32[j])
	case types.PI64:
		return cmp.Compare(a.I64[i], b.I64[j])
	case types.PF32:
		return CompareFloat(float64(a.F32[i]), float64(b.F32[j]))
	case types.PF64:
		return CompareFloat(a.F64[i], b.F64[j])
	case types.PI128:
		return a.D[i].Cmp(b.D[j])
	case types.PTime:
		if c := cmp.Compare(a.TS[i].Ms, b.TS[j].Ms); c != 0 {
			return c
		}
		return cmp.Compare(a.TS[i].Ns, b.TS[j].Ns)
	case types.PStr:
		return strings.Compare(a.S[i], b.S[j])
	case types.PRow:
		for k := range a.Kids {
			if c := Compare(a.Kids[k], i, b.Kids[k], j); c != 0 {
				return c
			}
		}
		return 0
	case types.PList:
		return compareList(a, i, b, j)
	}
	return 0
}

func cmpBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// CompareFloat orders floats as Java's Double.compare.
func CompareFloat(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return cmp.Compare(javaBits(x), javaBits(y))
}

// javaBits orders -0.0 before 0.0 and NaN after everything.
func javaBits(x float64) int64 {
	switch {
	case x != x:
		return 2
	case x == 0 && 1/x < 0:
		return -1
	}
	return 0
}

func compareList(a *Vector, i int, b *Vector, j int) int {
	af, at, bf, bt := int(a.Off[i]), int(a.Off[i+1]), int(b.Off[j]), int(b.Off[j+1])
	for af < at && bf < bt {
		if c := Compare(a.Kids[0], af, b.Kids[0], bf); c != 0 {
			return c
		}
		af, bf = af+1, bf+1
	}
	return cmp.Compare(at-af, bt-bf)
}
