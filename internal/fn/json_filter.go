package fn

import (
	"math"
	"strings"

	"github.com/valyala/fastjson"
)

// jsonTest is a filter [?(..)]: it is asked of one value, @; $ is the root.
type jsonTest func(root, at *fastjson.Value) bool

// jsonOperand is a side of a comparison: a literal or a path. Nothing is nil.
type jsonOperand func(root, at *fastjson.Value) *fastjson.Value

// or reads a || b.
func (r *jsonPathReader) or() jsonTest {
	t := r.and()
	for r.space(); r.err == nil && r.take("||"); r.space() {
		a, b := t, r.and()
		t = func(root, at *fastjson.Value) bool { return a(root, at) || b(root, at) }
	}
	return t
}

func (r *jsonPathReader) and() jsonTest {
	t := r.unary()
	for r.space(); r.err == nil && r.take("&&"); r.space() {
		a, b := t, r.unary()
		t = func(root, at *fastjson.Value) bool { return a(root, at) && b(root, at) }
	}
	return t
}

func (r *jsonPathReader) unary() jsonTest {
	r.space()
	if r.take("!") {
		t := r.unary()
		return func(root, at *fastjson.Value) bool { return !t(root, at) }
	}
	if r.take("(") {
		t := r.or()
		r.space()
		if !r.take(")") {
			r.fail()
		}
		return t
	}
	return r.comparison()
}

// jsonOperators are tried in order: longer ones come before their beginnings.
var jsonOperators = []string{"===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">", "in ", "nin ", "subsetof ", "anyof ", "noneof ", "contains ", "size ", "empty "}

// comparison reads x, which asks whether it is there, or x op y.
func (r *jsonPathReader) comparison() jsonTest {
	x := r.operand()
	r.space()
	op := ""
	for _, o := range jsonOperators {
		if len(o) > 3 && o[len(o)-1] == ' ' || o == "in " {
			if len(r.s)-r.i >= len(o) && strings.EqualFold(r.s[r.i:r.i+len(o)], o) {
				op = strings.TrimSpace(o)
				r.i += len(o)
				break
			}
			continue
		}
		if r.take(o) {
			op = o
			break
		}
	}
	if op == "" {
		return func(root, at *fastjson.Value) bool { return x(root, at) != nil }
	}
	r.space()
	if op == "=~" {
		return r.pattern(x)
	}
	y := r.operand()
	return func(root, at *fastjson.Value) bool {
		a, b := x(root, at), y(root, at)
		if a == nil || b == nil {
			return a == nil && b == nil && op == "==" || (a == nil) != (b == nil) && op == "!="
		}
		return jsonHolds(op, a, b)
	}
}

// pattern reads the /regex/flags behind =~.
func (r *jsonPathReader) pattern(x jsonOperand) jsonTest {
	never := func(_, _ *fastjson.Value) bool { return false }
	if !r.take("/") {
		r.fail()
		return never
	}
	end := r.i
	for end < len(r.s) && (r.s[end] != '/' || r.s[end-1] == '\\') {
		end++
	}
	if end >= len(r.s) {
		r.fail()
		return never
	}
	text := `^(?:` + strings.ReplaceAll(r.s[r.i:end], `\/`, `/`) + `)$`
	for r.i = end + 1; r.i < len(r.s) && r.s[r.i] >= 'a' && r.s[r.i] <= 'z'; r.i++ {
		text = "(?" + string(r.s[r.i]) + ")" + text
	}
	re, err := compileJavaRegex(text)
	if err != nil {
		r.fail()
		return never
	}
	return func(root, at *fastjson.Value) bool {
		v := x(root, at)
		if v == nil {
			return false
		}
		ok, err := re.matches(string(appendJSONScalar(nil, v)))
		return ok && err == nil
	}
}

// operand reads a path, a text, a number, TRUE, FALSE, NULL or an array.
func (r *jsonPathReader) operand() jsonOperand {
	r.space()
	switch {
	case r.i >= len(r.s):
		r.fail()
	case r.s[r.i] == '@' || r.s[r.i] == '$':
		return r.innerPath()
	case r.s[r.i] == '\'' || r.s[r.i] == '"':
		var a fastjson.Arena
		return jsonLiteral(a.NewString(r.quoted()))
	default:
		return r.jsonOperand()
	}
	return jsonLiteral(nil)
}

func jsonLiteral(v *fastjson.Value) jsonOperand {
	return func(_, _ *fastjson.Value) *fastjson.Value { return v }
}

func (r *jsonPathReader) innerPath() jsonOperand {
	fromRoot := r.s[r.i] == '$'
	sub := &jsonPathReader{s: r.s, i: r.i + 1, inner: true}
	p := sub.path()
	r.i = sub.i
	if sub.err != nil {
		r.fail()
	}
	p.lax = true
	return func(root, at *fastjson.Value) *fastjson.Value {
		if fromRoot {
			at = root
		}
		m, ok := p.find(at)
		switch {
		case !ok:
			return nil
		case m.many && len(m.list) == 0:
			return nil
		case m.many:
			out := p.arena.NewArray()
			for i, v := range m.list {
				out.SetArrayItem(i, v)
			}
			return out
		}
		return m.value
	}
}

// jsonOperand reads a literal that JSON has; texts in it may have single quotes.
func (r *jsonPathReader) jsonOperand() jsonOperand {
	from, depth := r.i, 0
	for ; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; {
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
			if depth == 0 {
				r.i++
				return r.parsed(r.s[from:r.i])
			}
		case depth == 0 && strings.IndexByte(" \t\n=!<>&|)],", c) >= 0:
			return r.parsed(r.s[from:r.i])
		}
	}
	return r.parsed(r.s[from:r.i])
}

func (r *jsonPathReader) parsed(text string) jsonOperand {
	v, err := fastjson.Parse(strings.ReplaceAll(text, "'", `"`))
	if err != nil {
		r.fail()
		return jsonLiteral(nil)
	}
	return jsonLiteral(v)
}

// jsonHolds compares two values that are there.
func jsonHolds(op string, a, b *fastjson.Value) bool {
	switch op {
	case "==", "===":
		return jsonSame(a, b)
	case "!=", "!==":
		return !jsonSame(a, b)
	case "<", "<=", ">", ">=":
		c, ok := jsonOrder(a, b)
		return ok && (op == "<" && c < 0 || op == "<=" && c <= 0 || op == ">" && c > 0 || op == ">=" && c >= 0)
	case "in":
		return jsonHas(b, a)
	case "nin":
		return !jsonHas(b, a)
	case "contains":
		if a.Type() == fastjson.TypeString {
			return strings.Contains(string(appendJSONScalar(nil, a)), string(appendJSONScalar(nil, b)))
		}
		return jsonHas(a, b)
	case "size":
		return float64(jsonSize(a)) == b.GetFloat64()
	case "empty":
		return (jsonSize(a) == 0) == b.GetBool()
	}
	hits, n := 0, 0
	for _, v := range a.GetArray() {
		n++
		if jsonHas(b, v) {
			hits++
		}
	}
	switch op {
	case "subsetof":
		return hits == n
	case "anyof":
		return hits > 0
	}
	return hits == 0 // noneof
}

func jsonSize(v *fastjson.Value) int {
	switch v.Type() {
	case fastjson.TypeString:
		return len(appendJSONScalar(nil, v))
	case fastjson.TypeObject:
		return v.GetObject().Len()
	}
	return len(v.GetArray())
}

func jsonHas(list, v *fastjson.Value) bool {
	for _, x := range list.GetArray() {
		if jsonSame(x, v) {
			return true
		}
	}
	return false
}

func jsonSame(a, b *fastjson.Value) bool {
	if a.Type() == fastjson.TypeNumber && b.Type() == fastjson.TypeNumber {
		return a.GetFloat64() == b.GetFloat64()
	}
	return a.Type() == b.Type() && string(appendJSON(nil, a)) == string(appendJSON(nil, b))
}

// jsonOrder orders two numbers or two texts.
func jsonOrder(a, b *fastjson.Value) (int, bool) {
	switch {
	case a.Type() == fastjson.TypeNumber && b.Type() == fastjson.TypeNumber:
		x, y := a.GetFloat64(), b.GetFloat64()
		if x < y {
			return -1, true
		}
		if x > y {
			return 1, true
		}
		return 0, true
	case a.Type() == fastjson.TypeString && b.Type() == fastjson.TypeString:
		return strings.Compare(string(appendJSONScalar(nil, a)), string(appendJSONScalar(nil, b))), true
	}
	return 0, false
}

// jsonFunction is a function at the end of a path.
type jsonFunction struct {
	name  string
	index int
}

func (f *jsonFunction) known() bool {
	switch f.name {
	case "length", "size", "keys", "min", "max", "avg", "sum", "stddev", "first", "last", "index":
		return true
	}
	return false
}

// apply computes the function, nil if it has no result.
func (f *jsonFunction) apply(a *fastjson.Arena, m jsonMatch) *fastjson.Value {
	items := m.list
	if !m.many {
		items = m.value.GetArray()
	}
	switch f.name {
	case "length", "size":
		if !m.many && m.value.Type() == fastjson.TypeObject {
			return a.NewNumberInt(m.value.GetObject().Len())
		}
		if !m.many && m.value.Type() != fastjson.TypeArray {
			return nil
		}
		return a.NewNumberInt(len(items))
	case "keys":
		o, err := m.value.Object()
		if m.many || err != nil {
			return nil
		}
		out, n := a.NewArray(), 0
		o.Visit(func(k []byte, _ *fastjson.Value) { out.SetArrayItem(n, a.NewStringBytes(k)); n++ })
		return out
	case "first":
		return elementAt(items, 0)
	case "last":
		return elementAt(items, -1)
	case "index":
		return elementAt(items, f.index)
	}
	return f.number(a, items)
}

// number folds the numbers among the items.
func (f *jsonFunction) number(a *fastjson.Arena, items []*fastjson.Value) *fastjson.Value {
	n, sum, squares, least, most := 0.0, 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for _, v := range items {
		if v.Type() == fastjson.TypeNumber {
			x := v.GetFloat64()
			n, sum, squares, least, most = n+1, sum+x, squares+x*x, min(least, x), max(most, x)
		}
	}
	if n == 0 {
		return nil
	}
	out := sum
	switch f.name {
	case "min":
		out = least
	case "max":
		out = most
	case "avg":
		out = sum / n
	case "stddev":
		out = math.Sqrt(squares/n - sum/n*(sum/n))
	}
	return a.NewNumberFloat64(out)
}
