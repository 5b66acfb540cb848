package fn

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// JSONMakers are the functions that make and test JSON text.
func JSONMakers() []Func {
	notNull := nullableResult(types.String().NotNull())
	out := []Func{
		{Name: "JSON_STRING", Sig: "(x ANY) -> STRING", Doc: "The value as JSON text.", Category: jsonCategory, Bind: bindJSONString,
			Examples: []Example{{"JSON_STRING(ARRAY[1, 2])", "[1,2]"}}},
		{Name: "JSON_OBJECT", Sig: "(x ANY...)", Doc: "A JSON object of keys and values in turn. Nulls are kept unless ABSENT ON NULL is said.", Category: jsonCategory,
			Nulls: Custom, KeepCall: true, CanFail: true, Infer: notNull, Bind: bindJSONObject, Examples: []Example{{"JSON_OBJECT(KEY 'a' VALUE 1)", `{"a":1}`}}},
		{Name: "JSON_ARRAY", Sig: "(x ANY...)", Doc: "A JSON array of the values. Nulls are left out unless NULL ON NULL is said.", Category: jsonCategory,
			Nulls: Custom, KeepCall: true, CanFail: true, Infer: notNull, Bind: bindJSONArray, Examples: []Example{{"JSON_ARRAY(1, '2')", `[1,"2"]`}}},
		{Name: "JSON", Sig: "(s STRINGLIKE) -> STRING", Doc: "Marks text as JSON, for a value of JSON_OBJECT or JSON_ARRAY.", Category: jsonCategory,
			KeepCall: true, CanFail: true, Kernel: textPart(func(r *row) (string, bool) {
				s := strings.TrimSpace(r.str(0))
				if s == "" {
					return "", false
				}
				if err := fastjson.Validate(s); err != nil {
					r.failAs(sqlerr.JSONText, "Invalid JSON string in JSON(value) function: '%s'", shorten(s))
				}
				return s, true
			}), Examples: []Example{{`JSON_ARRAY(JSON('{"a": 1}'))`, `[{"a":1}]`}}},
		{Name: "JSON_QUOTE", Sig: "(s STRINGLIKE) -> STRING", Doc: "The text as a JSON string.", Category: jsonCategory,
			Bind: textOf(func(dst []byte, r *row) ([]byte, bool) { return variant.AppendQuoted(dst, r.str(0), true), true }), Examples: []Example{{"JSON_QUOTE('a\"b')", `"a\"b"`}}},
		{Name: "JSON_UNQUOTE", Sig: "(s STRINGLIKE) -> STRING", Doc: "The text of a JSON string; other text as it is.", Category: jsonCategory,
			Bind: textOf(jsonUnquote), Examples: []Example{{`JSON_UNQUOTE('"abc"')`, "abc"}}},
	}
	for _, what := range []string{"VALUE", "SCALAR", "ARRAY", "OBJECT"} {
		for _, not := range []bool{false, true} {
			name := "IS JSON " + what
			if not {
				name = "IS NOT JSON " + what
			}
			out = append(out, Func{Name: name, Sig: "(s STRINGLIKE) -> BOOLEAN NOT NULL", Doc: "Whether the text is JSON of that kind.", Category: jsonCategory,
				Hidden: true, Nulls: Custom, Bind: bindIsJSON(what, not)})
		}
	}
	return out
}

func bindIsJSON(what string, not bool) func(*Call) (Kernel, error) {
	return func(*Call) (Kernel, error) {
		var p fastjson.Parser
		return boolOf(func(r *row) bool {
			is := false
			if !r.null(0) && fastjson.Validate(r.str(0)) == nil {
				if v, err := p.Parse(r.str(0)); err == nil {
					t := v.Type()
					nested := t == fastjson.TypeObject || t == fastjson.TypeArray
					is = what == "VALUE" || what == "SCALAR" && !nested || what == "ARRAY" && t == fastjson.TypeArray || what == "OBJECT" && t == fastjson.TypeObject
				}
			}
			return is != not
		}), nil
	}
}

// appendJSON appends parsed JSON without blanks and with sorted keys, as Flink.
func appendJSON(dst []byte, v *fastjson.Value) []byte {
	switch v.Type() {
	case fastjson.TypeString:
		s, _ := v.StringBytes() // cannot fail for a string
		return variant.AppendQuoted(dst, string(s), false)
	case fastjson.TypeArray:
		items, _ := v.Array()
		dst = append(dst, '[')
		for i, e := range items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	case fastjson.TypeObject:
		o, _ := v.Object()
		members := map[string]*fastjson.Value{}
		var keys []string
		o.Visit(func(key []byte, x *fastjson.Value) {
			k := string(key)
			if members[k] == nil {
				keys = append(keys, k)
			}
			members[k] = x
		})
		slices.Sort(keys)
		dst = append(dst, '{')
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(variant.AppendQuoted(dst, k, false), ':')
			dst = appendJSON(dst, members[k])
		}
		return append(dst, '}')
	}
	return v.MarshalTo(dst)
}

// jsonUnquote reads a JSON string and leaves any other text as it is.
// jsonAppender gives the writer of a type's values as JSON.
func jsonAppender(t types.Type, zone *types.Zone) Appender {
	text := NewAppender(t, zone)
	quoted := func(dst []byte, v *vec.Vector, i int) []byte { return append(text(append(dst, '"'), v, i), '"') }
	switch t.Kind {
	case types.Boolean:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			if v.B[v.Idx(i)] {
				return append(dst, "true"...)
			}
			return append(dst, "false"...)
		}
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Decimal:
		return text
	case types.Float, types.Double:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			x := 0.0
			if t.Kind == types.Float {
				x = float64(v.F32[v.Idx(i)])
			} else {
				x = v.F64[v.Idx(i)]
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return quoted(dst, v, i)
			}
			return text(dst, v, i)
		}
	case types.Char, types.Varchar:
		return func(dst []byte, v *vec.Vector, i int) []byte { return variant.AppendQuoted(dst, v.S[v.Idx(i)], false) }
	case types.Binary, types.Varbinary:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.S[v.Idx(i)]))
			return append(dst, '"')
		}
	case types.Timestamp:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			ms, ns := timestampAt(v, i)
			return append(types.AppendTimestampISO(append(dst, '"'), ms, ns), '"')
		}
	case types.TimestampLTZ:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			ms, ns := timestampAt(v, i)
			return append(types.AppendTimestampISO(append(dst, '"'), ms, ns), "Z\""...)
		}
	case types.Variant:
		return func(dst []byte, v *vec.Vector, i int) []byte { return variant.Open(v.S[v.Idx(i)]).AppendJSON(dst) }
	case types.Array:
		return jsonArrayAppender(t, zone)
	case types.Map, types.Multiset:
		return jsonMapAppender(t, zone)
	case types.Row:
		return jsonRowAppender(t, zone)
	}
	return quoted
}

func appendJSONNullable(dst []byte, a Appender, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	return a(dst, v, i)
}

func jsonArrayAppender(t types.Type, zone *types.Zone) Appender {
	elem := jsonAppender(*t.Elem, zone)
	return func(dst []byte, v *vec.Vector, i int) []byte {
		i = v.Idx(i)
		dst = append(dst, '[')
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			if j > int(v.Off[i]) {
				dst = append(dst, ',')
			}
			dst = appendJSONNullable(dst, elem, v.Kids[0], j)
		}
		return append(dst, ']')
	}
}

// jsonMember is a key and the place of its value.
type jsonMember struct {
	key string
	at  int
}

func appendJSONMembers(dst []byte, members []jsonMember, value func(dst []byte, at int) []byte) []byte {
	slices.SortStableFunc(members, func(a, b jsonMember) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	first := true
	for i, m := range members {
		if i+1 < len(members) && members[i+1].key == m.key {
			continue // the last of equal keys counts
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(variant.AppendQuoted(dst, m.key, false), ':')
		dst = value(dst, m.at)
	}
	return append(dst, '}')
}

func jsonMapAppender(t types.Type, zone *types.Zone) Appender {
	kt, vt := *t.Elem, types.Of(types.Int)
	if t.Kind == types.Map {
		kt, vt = *t.Key, *t.Elem
	}
	key, value := NewAppender(kt, zone), jsonAppender(vt, zone)
	var members []jsonMember
	return func(dst []byte, v *vec.Vector, i int) []byte {
		i = v.Idx(i)
		kid := v.Kids[0]
		members = members[:0]
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			members = append(members, jsonMember{string(appendNullable(nil, key, kid.Kids[0], j)), j})
		}
		return appendJSONMembers(dst, members, func(dst []byte, at int) []byte { return appendJSONNullable(dst, value, kid.Kids[1], at) })
	}
}

func jsonRowAppender(t types.Type, zone *types.Zone) Appender {
	fields := make([]Appender, len(t.Fields))
	members := make([]jsonMember, len(t.Fields))
	for i, f := range t.Fields {
		fields[i] = jsonAppender(f.Type, zone)
	}
	return func(dst []byte, v *vec.Vector, i int) []byte {
		i = v.Idx(i)
		for k, f := range t.Fields {
			members[k] = jsonMember{f.Name, k}
		}
		return appendJSONMembers(dst, members, func(dst []byte, k int) []byte { return appendJSONNullable(dst, fields[k], v.Kids[k], i) })
	}
}

func bindJSONString(c *Call) (Kernel, error) {
	app := jsonAppender(c.Args[0].Type, c.Zone)
	return textKernel(func(dst []byte, r *row) ([]byte, bool) { return app(dst, r.args[0], r.i), true }), nil
}

// jsonItem gives the writer of a value of JSON_OBJECT or JSON_ARRAY: the result
// of a JSON function is JSON already.
func jsonItem(a Arg, zone *types.Zone) Appender {
	if a.Fn != "JSON" && a.Fn != "JSON_OBJECT" && a.Fn != "JSON_ARRAY" {
		return jsonAppender(a.Type, zone)
	}
	var p fastjson.Parser
	return func(dst []byte, v *vec.Vector, i int) []byte {
		x, err := p.Parse(v.S[v.Idx(i)])
		if err != nil {
			return append(dst, "null"...)
		}
		return appendJSON(dst, x)
	}
}

// jsonItems takes the ON NULL clause off the end of the arguments.
func jsonItems(c *Call, absent bool) (items []Appender, keepNull bool, err error) {
	keepNull = !absent
	for i, a := range c.Args {
		if a.Type.Kind != types.Symbol {
			items = append(items, jsonItem(a, c.Zone))
			continue
		}
		word, _ := literalText(a)
		if i < len(c.Args)-1 || !strings.HasSuffix(word, " ON NULL") {
			return nil, false, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "%s cannot stand in a JSON function", word)
		}
		keepNull = word == "NULL ON NULL"
	}
	return items, keepNull, nil
}

func bindJSONObject(c *Call) (Kernel, error) {
	items, keepNull, err := jsonItems(c, false)
	if err != nil {
		return nil, err
	}
	if len(items)%2 != 0 {
		return nil, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "JSON_OBJECT needs keys and values in turn")
	}
	for k := 0; k < len(items); k += 2 {
		if !c.Args[k].Type.IsString() || c.Args[k].Fn == "JSON" {
			return nil, sqlerr.New(sqlerr.Clause, sqlerr.Pos{}, "the keys of JSON_OBJECT must be text")
		}
	}
	members := make([]jsonMember, 0, len(items)/2)
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		members = members[:0]
		for k := 0; k < len(items); k += 2 {
			if r.null(k) {
				r.fail("a key of JSON_OBJECT is NULL")
				return dst, false
			}
			if keepNull || !r.null(k+1) {
				members = append(members, jsonMember{r.str(k), k + 1})
			}
		}
		return appendJSONMembers(dst, members, func(dst []byte, k int) []byte { return appendJSONNullable(dst, items[k], r.args[k], r.i) }), true
	}), nil
}

func bindJSONArray(c *Call) (Kernel, error) {
	items, keepNull, err := jsonItems(c, true)
	if err != nil {
		return nil, err
	}
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		dst = append(dst, '[')
		first := true
		for k, item := range items {
			if r.null(k) && !keepNull {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendJSONNullable(dst, item, r.args[k], r.i)
		}
		return append(dst, ']'), true
	}), nil
}
