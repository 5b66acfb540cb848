package planfile

import (
	"bytes"
	"encoding/json"
)

// EachTable calls f with every table that a plan file holds and the table's
// options, as they are written; f may change both. It gives the file as it is then,
// without spaces and with its keys in order, so that equal plans are equal bytes.
func EachTable(data []byte, f func(table, options map[string]any)) ([]byte, error) {
	var file any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&file); err != nil {
		return nil, damaged("%v", err)
	}
	eachTable(file, f)
	return json.Marshal(file)
}

func eachTable(v any, f func(table, options map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			eachTable(x, f)
		}
	case map[string]any:
		if o, ok := v["options"].(map[string]any); ok && v["Name"] != nil {
			f(v, o)
		}
		for _, x := range v {
			eachTable(x, f)
		}
	}
}
