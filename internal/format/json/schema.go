package json

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// connectKey tells numbers and texts closer than JSON Schema does: the word is that of
// Kafka Connect.
const connectKey = "connect.type"

// jsonSchema is what is read of a JSON Schema.
type jsonSchema struct {
	Type       jsontext.Value            `json:"type"` // a name or a list of names
	Format     string                    `json:"format"`
	Connect    string                    `json:"connect.type"`
	Index      *int                      `json:"connect.index"`
	Ref        string                    `json:"$ref"`
	Properties jsontext.Value            `json:"properties"`
	More       jsontext.Value            `json:"additionalProperties"`
	Items      jsontext.Value            `json:"items"`
	OneOf      []jsontext.Value          `json:"oneOf"`
	AnyOf      []jsontext.Value          `json:"anyOf"`
	Enum       []any                     `json:"enum"`
	Defs       map[string]jsontext.Value `json:"$defs"`
	Old        map[string]jsontext.Value `json:"definitions"`
}

// reader of a schema knows what may be referred to.
type schemaReader struct {
	named map[string]jsontext.Value
	depth int
}

// deepestSchema is how far schemas may lie in each other, or refer to themselves.
const deepestSchema = 50

// columnsOf gives the columns that hold the objects of a schema.
func columnsOf(s *registry.Schema) ([]format.Column, error) {
	r := &schemaReader{named: map[string]jsontext.Value{"#": jsontext.Value(s.Text)}}
	for _, p := range s.Parts {
		r.named[p.Name] = jsontext.Value(p.Text)
		if err := r.definitions(p.Name, p.Text); err != nil {
			return nil, err
		}
	}
	if err := r.definitions("", s.Text); err != nil {
		return nil, err
	}
	t, err := r.typeOf(jsontext.Value(s.Text))
	if err != nil {
		return nil, err
	}
	if t.Kind != types.Row {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the JSON Schema is not that of an object with properties").WithHint("declare the columns")
	}
	cols := make([]format.Column, len(t.Fields))
	for i, f := range t.Fields {
		cols[i] = format.Column{Name: f.Name, Type: f.Type}
	}
	return cols, nil
}

// definitions notes what a schema defines for others.
func (r *schemaReader) definitions(file, text string) error {
	var s jsonSchema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return &sqlerr.Error{Code: sqlerr.Data, Msg: "the JSON Schema cannot be read", Err: err}
	}
	for k, v := range s.Defs {
		r.named[file+"#/$defs/"+k] = v
	}
	for k, v := range s.Old {
		r.named[file+"#/definitions/"+k] = v
	}
	return nil
}

// typeOf gives the type that holds the values of a schema: text, where it does not say.
func (r *schemaReader) typeOf(raw jsontext.Value) (types.Type, error) {
	if r.depth++; r.depth > deepestSchema {
		return types.Type{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the JSON Schema holds itself, which columns cannot").WithHint("declare the columns, down to the depth that you need")
	}
	defer func() { r.depth-- }()
	var s jsonSchema
	if err := json.Unmarshal(raw, &s); err != nil {
		return types.Type{}, &sqlerr.Error{Code: sqlerr.Data, Msg: "the JSON Schema cannot be read", Err: err}
	}
	if s.Ref != "" {
		to, ok := r.named[s.Ref]
		if !ok {
			return types.Type{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the JSON Schema refers to '%s', which is not known", s.Ref).WithHint("declare the columns")
		}
		return r.typeOf(to)
	}
	if one, ok := alternative(append(s.OneOf, s.AnyOf...)); ok {
		return r.typeOf(one)
	}
	switch kindOf(s) {
	case "boolean":
		return types.Of(types.Boolean), nil
	case "integer":
		return types.Of(cmp.Or(map[string]types.Kind{"int8": types.TinyInt, "int16": types.SmallInt, "int32": types.Int}[s.Connect], types.BigInt)), nil
	case "number":
		if s.Connect == "float32" {
			return types.Of(types.Float), nil
		}
		return types.Of(types.Double), nil
	case "array":
		if s.Items == nil {
			return types.ArrayOf(types.String()), nil
		}
		e, err := r.typeOf(s.Items)
		return types.ArrayOf(e), err
	case "object":
		return r.object(s)
	case "string":
		return textType(s), nil
	}
	return types.String(), nil
}

func textType(s jsonSchema) types.Type {
	switch {
	case s.Connect == "bytes":
		return types.Bytes()
	case s.Format == "date":
		return types.Of(types.Date)
	case s.Format == "date-time":
		return types.TimestampLTZOf(3)
	}
	return types.String()
}

// alternative gives the one schema of several that is not that of null.
func alternative(of []jsontext.Value) (out jsontext.Value, ok bool) {
	n := 0
	for _, x := range of {
		var s jsonSchema
		if json.Unmarshal(x, &s) == nil && kindOf(s) != "null" {
			out = x
			n++
		}
	}
	return out, n == 1
}

// kindOf is the type of a schema, but for null; empty if there are several or none.
func kindOf(s jsonSchema) string {
	var one string
	if json.Unmarshal(s.Type, &one) == nil && one != "" {
		return one
	}
	var several []string
	if json.Unmarshal(s.Type, &several) == nil {
		if several = slices.DeleteFunc(several, func(k string) bool { return k == "null" }); len(several) == 1 {
			return several[0]
		}
		return ""
	}
	if s.Properties != nil {
		return "object"
	}
	return ""
}

// object is a row, or a map where it names no members.
func (r *schemaReader) object(s jsonSchema) (types.Type, error) {
	type member struct {
		name  string
		index int
		t     types.Type
	}
	var ms []member
	d := jsontext.NewDecoder(strings.NewReader(string(s.Properties)))
	if s.Properties != nil {
		if _, err := d.ReadToken(); err != nil {
			return types.Type{}, err
		}
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			if err != nil {
				return types.Type{}, err
			}
			m := member{name: name.String(), index: len(ms)}
			raw, err := d.ReadValue()
			if err != nil {
				return types.Type{}, err
			}
			raw = raw.Clone()
			var own jsonSchema
			if json.Unmarshal(raw, &own) == nil && own.Index != nil {
				m.index = *own.Index
			}
			if m.t, err = r.typeOf(raw); err != nil {
				return types.Type{}, err
			}
			ms = append(ms, m)
		}
	}
	if len(ms) == 0 {
		var open map[string]any
		if json.Unmarshal(s.More, &open) != nil {
			return types.MapOf(types.String(), types.String()), nil
		}
		e, err := r.typeOf(s.More)
		return types.MapOf(types.String(), e), err
	}
	slices.SortStableFunc(ms, func(a, b member) int { return cmp.Compare(a.index, b.index) })
	fields := make([]types.Field, len(ms))
	for i, m := range ms {
		fields[i] = types.Field{Name: m.name, Type: m.t}
	}
	return types.RowOf(fields...), nil
}
