package expr

import (
	"fmt"
	"math"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/weir-stream/weir/internal/types"
)

// Key gives a text that two expressions share exactly when they are the same
// computation over the same columns. Names of columns do not count.
func Key(e Expr) string { return string(appendKey(nil, e)) }

// Equal reports whether a and b are the same computation.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a == b || Key(a) == Key(b)
}

// Hash hashes what Equal compares.
func Hash(e Expr) uint64 { return xxh3.Hash(appendKey(nil, e)) }

func appendKey(b []byte, e Expr) []byte {
	switch e := e.(type) {
	case nil:
		return append(b, '-')
	case *Col:
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(e.Index), 10)
		if e.Depth > 0 {
			b = append(b, '^')
			b = strconv.AppendInt(b, int64(e.Depth), 10)
		}
		return b
	case *Lit:
		b = append(b, 'l')
		b = appendTypeKey(b, e.T)
		return appendValueKey(b, e.Value)
	case *Call:
		b = append(b, 'f')
		b = strconv.AppendQuote(b, e.Fn.Name)
		b = append(b, e.Fn.Sig...)
		b = appendTypeKey(b, e.T)
	case *Param:
		b = append(b, 'p')
		b = strconv.AppendInt(b, int64(e.Level), 10)
		b = append(b, '.')
		return strconv.AppendInt(b, int64(e.Index), 10)
	case *Lambda:
		b = append(b, 'x')
		b = strconv.AppendInt(b, int64(e.Level), 10)
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(len(e.Params)), 10)
	case *Logic:
		b = append(b, "&|"[e.Op])
	case *Case:
		b = append(b, 'w')
		b = appendTypeKey(b, e.T)
	case *Cast:
		b = append(b, 'c')
		if e.Try {
			b = append(b, 't')
		}
		b = appendTypeKey(b, e.T)
	case *In:
		b = append(b, 'i')
		if e.Not {
			b = append(b, '!')
		}
		for _, v := range e.Values {
			b = appendKey(b, v)
		}
	default:
		b = append(b, e.String()...)
	}
	b = append(b, '(')
	for _, k := range e.Children() {
		b = appendKey(b, k)
		b = append(b, ',')
	}
	return append(b, ')')
}

func appendTypeKey(b []byte, t types.Type) []byte {
	b = append(b, '<')
	b = append(b, t.WithAttr(types.NoAttr).String()...)
	return append(b, '>')
}

func appendValueKey(b []byte, x any) []byte {
	switch x := x.(type) {
	case string:
		return strconv.AppendQuote(b, x)
	case float64:
		return strconv.AppendUint(append(b, 'd'), math.Float64bits(x), 16)
	case float32:
		return strconv.AppendUint(append(b, 'e'), uint64(math.Float32bits(x)), 16)
	}
	return fmt.Appendf(b, "%v", x)
}
