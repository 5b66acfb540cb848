package planfile

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/types"
)

// literal writes a value in the form of vec.Vector.Value: what JSON has as it
// is, all else as an object that names its Go type.
func literal(x any) (any, error) {
	switch x := x.(type) {
	case nil, bool:
		return x, nil
	case string:
		if utf8.ValidString(x) {
			return x, nil
		}
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString([]byte(x))}, nil
	case int64:
		return map[string]any{"int": x}, nil
	case float32:
		return map[string]any{"float": strconv.FormatFloat(float64(x), 'g', -1, 32)}, nil
	case float64:
		return map[string]any{"double": strconv.FormatFloat(x, 'g', -1, 64)}, nil
	case types.Int128:
		return map[string]any{"int128": []any{x.Hi, strconv.FormatUint(x.Lo, 10)}}, nil
	case types.TimeNs:
		return map[string]any{"time": []any{x.Ms, x.Ns}}, nil
	case []any:
		l, err := literals(x)
		return map[string]any{"list": l}, err
	case [][2]any:
		out := make([]any, len(x))
		for i, kv := range x {
			l, err := literals(kv[:])
			if err != nil {
				return nil, err
			}
			out[i] = l
		}
		return map[string]any{"pairs": out}, nil
	}
	return nil, fmt.Errorf("a value of %T cannot be written", x)
}

func literals(xs []any) ([]any, error) {
	out := make([]any, len(xs))
	for i, x := range xs {
		l, err := literal(x)
		if err != nil {
			return nil, err
		}
		out[i] = l
	}
	return out, nil
}

// readLiteral is the inverse of literal.
func readLiteral(x any) (any, error) {
	o, ok := x.(map[string]any)
	if !ok {
		return x, nil
	}
	wrong := damaged("%s is not a value", text(x))
	for kind, v := range o {
		s, _ := v.(string)
		l, _ := v.([]any)
		switch kind {
		case "bytes":
			b, err := base64.StdEncoding.DecodeString(s)
			return string(b), err
		case "int":
			if i, ok := integer(v); ok {
				return i, nil
			}
		case "float":
			f, err := strconv.ParseFloat(s, 32)
			return float32(f), err
		case "double":
			return strconv.ParseFloat(s, 64)
		case "int128":
			if len(l) == 2 {
				lo, _ := l[1].(string)
				hi, ok := integer(l[0])
				if n, err := strconv.ParseUint(lo, 10, 64); ok && err == nil {
					return types.Int128{Lo: n, Hi: hi}, nil
				}
			}
		case "time":
			if len(l) == 2 {
				ms, ok := integer(l[0])
				ns, fine := integer(l[1])
				if ok && fine {
					return types.TimeNs{Ms: ms, Ns: int32(ns)}, nil
				}
			}
		case "list":
			return readLiterals(l)
		case "pairs":
			out := make([][2]any, len(l))
			for i, p := range l {
				kv, _ := p.([]any)
				if len(kv) != 2 {
					return nil, wrong
				}
				xs, err := readLiterals(kv)
				if err != nil {
					return nil, err
				}
				out[i] = [2]any{xs[0], xs[1]}
			}
			return out, nil
		}
	}
	return nil, wrong
}

func readLiterals(l []any) ([]any, error) {
	out := make([]any, len(l))
	for i, x := range l {
		v, err := readLiteral(x)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}
