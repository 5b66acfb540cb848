package state

import "github.com/weir-stream/weir/internal/vec"

// Key decodes the key of a change; there is nothing where it has no columns, or bytes that
// are not of them.
func (v *View) Key(key []byte) (columns []Column, values []any) {
	cols := v.schema.Key
	if v.schema.Kind == "timers" {
		if v.of == nil {
			return nil, nil
		}
		cols = v.of.Key
		if v.schema.Named {
			key, _ = SplitNamed(key)
		}
	}
	codec := vec.NewCodec(typesOf(cols))
	if len(cols) == 0 || v.schema.Kind == "single" || len(key) < codec.FixedLen() {
		return nil, nil
	}
	row := vec.NewBatch(codec.Types)
	codec.Decode([][]byte{key}, row.Cols)
	for i, c := range cols {
		columns = append(columns, Column{named(c.Name, "k", i), c.Type})
		values = append(values, row.Cols[i].Value(0))
	}
	return columns, values
}
