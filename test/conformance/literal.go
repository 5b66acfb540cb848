package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

// literalOf writes a value of a type as an expression of literals; ok is false
// where SQL has none.
func literalOf(typ string, x any, zone *types.Zone) (text string, ok bool) {
	t, ok := sqltest.ParseType(typ)
	if !ok {
		return "", false
	}
	v := vec.New(t.AsNullable(), 0)
	if err := sqltest.Append(v, x, zone); err != nil {
		return "", false
	}
	return literal(v, 0, zone)
}

func literal(v *vec.Vector, i int, zone *types.Zone) (string, bool) {
	t := v.Type.AsNullable()
	if v.IsNull(i) {
		return fmt.Sprintf("CAST(NULL AS %s)", t), true
	}
	i = v.Idx(i)
	switch {
	case t.Kind == types.Array:
		items, ok := items(v.Kids[0], int(v.Off[i]), int(v.Off[i+1]), zone)
		return fmt.Sprintf("CAST(ARRAY[%s] AS %s)", strings.Join(items, ", "), t), ok && len(items) > 0
	case t.Kind == types.Map:
		keys, ok1 := items(v.Kids[0].Kids[0], int(v.Off[i]), int(v.Off[i+1]), zone)
		vals, ok2 := items(v.Kids[0].Kids[1], int(v.Off[i]), int(v.Off[i+1]), zone)
		var pairs []string
		for k := range keys {
			if k < len(vals) {
				pairs = append(pairs, keys[k]+", "+vals[k])
			}
		}
		return fmt.Sprintf("CAST(MAP[%s] AS %s)", strings.Join(pairs, ", "), t), ok1 && ok2 && len(pairs) > 0
	case t.Kind == types.Row:
		var fields []string
		for _, k := range v.Kids {
			f, ok := literal(k, i, zone)
			if !ok {
				return "", false
			}
			fields = append(fields, f)
		}
		return fmt.Sprintf("CAST(ROW(%s) AS %s)", strings.Join(fields, ", "), t), true
	case t.IsBinary():
		return fmt.Sprintf("CAST(X'%s' AS %s)", hex.EncodeToString([]byte(v.S[i])), t), true
	case t.Kind == types.Bitmap:
		return fmt.Sprintf("BITMAP_FROM_BYTES(X'%s')", hex.EncodeToString([]byte(v.S[i]))), true
	case t.IsInterval(), t.Kind == types.Multiset, t.Kind == types.Variant:
		return "", false
	}
	text := string(fn.NewAppender(t, zone)(nil, v, i))
	return fmt.Sprintf("CAST('%s' AS %s)", strings.ReplaceAll(text, "'", "''"), t), true
}

func items(v *vec.Vector, from, to int, zone *types.Zone) ([]string, bool) {
	var out []string
	for i := from; i < to; i++ {
		s, ok := literal(v, i, zone)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}
