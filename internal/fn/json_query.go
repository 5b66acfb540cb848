package fn

import (
	"strings"

	"github.com/valyala/fastjson"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// JSONQueries are JSON_VALUE, JSON_QUERY and JSON_EXISTS. Their clauses come
// after the path as keyword arguments: RETURNING and a NULL of the type, "WITH
// CONDITIONAL WRAPPER", "NULL ON EMPTY", "DEFAULT ON ERROR" and the value.
func JSONQueries() []Func {
	const sig = "(json STRINGLIKE, path STRINGLIKE, clause ANY...)"
	return []Func{
		{Name: "JSON_VALUE", Sig: sig, Doc: "The scalar that a path finds in JSON text; RETURNING, ON EMPTY and ON ERROR say as what.", Category: jsonCategory,
			Nulls: Custom, CanFail: true, Infer: inferJSON(types.String()), Bind: bindJSONValue, Examples: []Example{{`JSON_VALUE('{"a": true}', '$.a')`, "true"}, {`JSON_VALUE('{"a": 1}', '$.b')`, "NULL"}}},
		{Name: "JSON_QUERY", Sig: sig, Doc: "The JSON object or array that a path finds in JSON text.", Category: jsonCategory,
			Nulls: Custom, CanFail: true, Infer: inferJSON(types.String()), Bind: bindJSONQuery, Examples: []Example{{`JSON_QUERY('{"a": {"b": 1}}', '$.a')`, `{"b":1}`}}},
		{Name: "JSON_EXISTS", Sig: sig, Doc: "Whether a path finds something in JSON text.", Category: jsonCategory,
			Nulls: Custom, CanFail: true, Infer: inferJSON(types.Of(types.Boolean)), Bind: bindJSONExists, Examples: []Example{{`JSON_EXISTS('{"a": true}', '$.a')`, "TRUE"}}},
	}
}

// jsonClauses are the clauses of a call. Behaviours are NULL, ERROR, DEFAULT,
// EMPTY ARRAY, EMPTY OBJECT, TRUE, FALSE and UNKNOWN; defaults are arguments.
type jsonClauses struct {
	returning        *types.Type
	wrapper          string
	onEmpty, onError string
	emptyArg         int
	errorArg         int
}

func jsonClausesOf(args []Arg) (c jsonClauses) {
	c.onEmpty, c.onError = "NULL", "NULL"
	for i := 2; i < len(args); i++ {
		word, ok := args[i].Value.(string)
		if args[i].Type.Kind != types.Symbol || !ok {
			continue
		}
		if kind, ok := strings.CutSuffix(word, " ON EMPTY"); ok {
			c.onEmpty, c.emptyArg = kind, i+1
		} else if kind, ok := strings.CutSuffix(word, " ON ERROR"); ok {
			c.onError, c.errorArg = kind, i+1
		} else if word == "RETURNING" && i+1 < len(args) {
			c.returning = &args[i+1].Type
		} else {
			c.wrapper = strings.TrimSuffix(word, " WRAPPER")
		}
	}
	return c
}

func inferJSON(t types.Type) func([]Arg) (types.Type, error) {
	return func(args []Arg) (types.Type, error) {
		c := jsonClausesOf(args)
		if c.returning == nil {
			return t, nil
		}
		r := c.returning.AsNullable()
		if !returnable(r) {
			return r, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "RETURNING cannot be %s here", plainType(r)).
				WithHint("JSON_VALUE returns STRING, BOOLEAN and numbers, JSON_QUERY STRING and ARRAY<STRING>; cast its result")
		}
		if r.Kind == types.Array && !r.Elem.IsString() {
			return r, sqlerr.New(sqlerr.Clause, sqlerr.Pos{}, "JSON_QUERY cannot return %s: the elements must be STRING", plainType(r))
		}
		if r.Kind == types.Array && (c.onEmpty == "EMPTY OBJECT" || c.onError == "EMPTY OBJECT") {
			return r, sqlerr.New(sqlerr.Clause, sqlerr.Pos{}, "EMPTY OBJECT cannot stand for %s", plainType(r))
		}
		return r, nil
	}
}

// returnable reports whether RETURNING may be r: JSON_QUERY gives text and arrays
// of it, JSON_VALUE the scalars of JSON.
func returnable(r types.Type) bool {
	return r.IsString() || r.IsNumeric() || r.Kind == types.Boolean || r.Kind == types.Array
}

// jsonReader parses the JSON of argument 0 and follows the path of argument 1.
type jsonReader struct {
	parser   fastjson.Parser
	path     *jsonPath
	pathText string
}

type jsonOutcome uint8

const (
	jsonNull  jsonOutcome = iota // an argument is null
	jsonFound                    // something or nothing
	jsonWrong                    // not JSON, or a strict path that is not there
)

func (j *jsonReader) read(r *row) (jsonMatch, jsonOutcome) {
	if r.null(0) || r.null(1) {
		return jsonMatch{}, jsonNull
	}
	if text := r.str(1); j.path == nil || text != j.pathText {
		p, err := compileJSONPath(text)
		if err != nil {
			r.err = err
			return jsonMatch{}, jsonWrong
		}
		j.path, j.pathText = p, text
	}
	v, err := j.parser.Parse(r.str(0))
	if err != nil {
		return jsonMatch{}, jsonWrong
	}
	m, ok := j.path.find(v)
	if !ok {
		return m, jsonWrong
	}
	return m, jsonFound
}

func bindJSONExists(c *Call) (Kernel, error) {
	cl := jsonClausesOf(c.Args)
	j := &jsonReader{}
	return appendOf(func(out *vec.Vector, r *row) {
		m, got := j.read(r)
		switch {
		case got == jsonNull || r.err != nil:
		case got == jsonFound:
			out.AppendValue(m.many || !m.empty())
		case cl.onError == "ERROR":
			r.failAs(sqlerr.JSONPath, "JSON_EXISTS: no results for path '%s'", j.pathText)
		case cl.onError != "UNKNOWN":
			out.AppendValue(cl.onError == "TRUE")
		}
	}), nil
}

// bindJSONValue makes text first and casts it to the type of RETURNING.
func bindJSONValue(c *Call) (Kernel, error) {
	cl := jsonClausesOf(c.Args)
	defaults, err := jsonDefaults(c, cl)
	if err != nil {
		return nil, err
	}
	j := &jsonReader{}
	k := textKernel(func(dst []byte, r *row) ([]byte, bool) {
		m, got := j.read(r)
		switch {
		case got == jsonNull || r.err != nil:
			return dst, false
		case got == jsonFound && (m.empty() || j.path.lax && !m.scalar()):
			return jsonInstead(dst, r, "JSON_VALUE", cl.onEmpty, cl.emptyArg, "empty result")
		case got == jsonFound && m.scalar():
			return appendJSONScalar(dst, m.value), true
		}
		return jsonInstead(dst, r, "JSON_VALUE", cl.onError, cl.errorArg, "no scalar at path '"+j.pathText+"'")
	})
	if c.Ret.IsString() {
		return withDefaults(defaults, k), nil
	}
	cast, err := CastKernel(types.String(), c.Ret, cl.onError != "ERROR", c.Zone)
	if err != nil {
		return nil, err
	}
	text := vec.New(types.String(), 0)
	arg := []*vec.Vector{text}
	return withDefaults(defaults, func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		if err := k(x, args, text); err != nil {
			return err
		}
		if err := cast(x, arg, out); err != nil {
			return err
		}
		if cl.onError == "DEFAULT" && insteadOfUncast(text, out, args[cl.errorArg]) {
			if err := cast(x, arg, out); err != nil {
				return err
			}
		}
		out.AndValid(text)
		return nil
	}), nil
}

// insteadOfUncast puts the default where a text was found that is no value of
// the type, and reports whether there was one.
func insteadOfUncast(text, out, def *vec.Vector) bool {
	found := false
	for i := range text.N {
		switch {
		case text.IsNull(i) || !out.IsNull(i):
			continue
		case def.IsNull(i):
			text.SetNull(i)
		default:
			text.S[i] = def.S[def.Idx(i)]
		}
		found = true
	}
	return found
}

// jsonDefaults brings the values of DEFAULT to text.
func jsonDefaults(c *Call, cl jsonClauses) (map[int]*coercion, error) {
	out := map[int]*coercion{}
	for _, d := range []struct {
		kind string
		arg  int
	}{{cl.onEmpty, cl.emptyArg}, {cl.onError, cl.errorArg}} {
		if d.kind != "DEFAULT" || d.arg >= len(c.Args) {
			continue
		}
		co, err := coerce(c.Args[d.arg].Type, types.String(), c.Zone)
		if err != nil {
			return nil, err
		}
		out[d.arg] = co
	}
	return out, nil
}

func withDefaults(defaults map[int]*coercion, k Kernel) Kernel {
	if len(defaults) == 0 {
		return k
	}
	var buf []*vec.Vector
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		buf = append(buf[:0], args...)
		for i, co := range defaults {
			v, err := co.get(x, args[i])
			if err != nil {
				return err
			}
			buf[i] = v
		}
		return k(x, buf, out)
	}
}

// jsonInstead appends what a behaviour says.
func jsonInstead(dst []byte, r *row, name, kind string, arg int, why string) ([]byte, bool) {
	switch kind {
	case "ERROR":
		r.failAs(sqlerr.JSONPath, "%s: %s", name, why)
		return dst, false
	case "DEFAULT":
		if arg >= len(r.args) || r.null(arg) {
			return dst, false
		}
		return append(dst, r.str(arg)...), true
	case "EMPTY ARRAY":
		return append(dst, "[]"...), true
	case "EMPTY OBJECT":
		return append(dst, "{}"...), true
	}
	return dst, false
}

// appendJSONScalar appends a text without quotes and anything else as JSON.
func appendJSONScalar(dst []byte, v *fastjson.Value) []byte {
	if v.Type() == fastjson.TypeString {
		s, _ := v.StringBytes() // cannot fail for a string
		return append(dst, s...)
	}
	return appendJSON(dst, v)
}

func bindJSONQuery(c *Call) (Kernel, error) {
	cl := jsonClausesOf(c.Args)
	j := &jsonReader{}
	text := func(dst []byte, r *row) ([]byte, bool) {
		m, got := j.read(r)
		switch {
		case got == jsonNull || r.err != nil:
			return dst, false
		case got == jsonWrong:
			return jsonInstead(dst, r, "JSON_QUERY", cl.onError, cl.errorArg, "no results for path '"+j.pathText+"'")
		case m.empty():
			return jsonInstead(dst, r, "JSON_QUERY", cl.onEmpty, cl.emptyArg, "empty result")
		}
		array := m.many || m.value.Type() == fastjson.TypeArray
		wrap := cl.wrapper == "WITH UNCONDITIONAL" || cl.wrapper == "WITH CONDITIONAL" && !array
		switch {
		case m.scalar() && !wrap && j.path.lax:
			return jsonInstead(dst, r, "JSON_QUERY", cl.onEmpty, cl.emptyArg, "empty result")
		case m.scalar() && !wrap:
			return jsonInstead(dst, r, "JSON_QUERY", cl.onError, cl.errorArg, "a strict path must give an array or an object")
		}
		if wrap {
			dst = append(dst, '[')
		}
		dst = appendJSONMatch(dst, m)
		if wrap {
			dst = append(dst, ']')
		}
		return dst, true
	}
	if c.Ret.Kind != types.Array {
		return textKernel(text), nil
	}
	var p fastjson.Parser
	return appendOf(func(out *vec.Vector, r *row) {
		s, ok := text(nil, r)
		if !ok || r.err != nil {
			return
		}
		v, err := p.ParseBytes(s)
		if err != nil {
			r.err = Err("JSON_QUERY: %v", err)
			return
		}
		list := []any{}
		items, _ := v.Array() // the text is an array or a wrapped one
		for _, e := range items {
			if e.Type() == fastjson.TypeNull {
				list = append(list, nil)
				continue
			}
			list = append(list, string(appendJSONScalar(nil, e)))
		}
		out.AppendValue(list)
	}), nil
}

func appendJSONMatch(dst []byte, m jsonMatch) []byte {
	if !m.many {
		return appendJSON(dst, m.value)
	}
	dst = append(dst, '[')
	for i, v := range m.list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, v)
	}
	return append(dst, ']')
}
