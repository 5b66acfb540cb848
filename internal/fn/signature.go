package fn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/types"
)

// signature is a parsed Func.Sig.
type signature struct {
	params   []param
	required int  // parameters that must be given
	variadic bool // the last parameter repeats, zero or more times
	result   pattern
}

type param struct {
	name string
	pat  pattern
}

// pattern is what a parameter takes or a result is made of: a type (exact), a
// class of types, a type variable, or a collection of patterns.
type pattern struct {
	exact    *types.Type
	class    class
	variable byte      // 'T' and the like, 0 for none
	list     []pattern // ARRAY<x>, MULTISET<x>: one; MAP<k, v>: two; with class
	notNull  bool      // a result that is never null
}

// class is a set of types that a parameter takes as they are.
type class struct {
	name    string
	has     func(types.Type) bool
	forNull types.Type // what an untyped NULL becomes; Null leaves it
}

func isKind(ks ...types.Kind) func(types.Type) bool {
	return func(t types.Type) bool {
		for _, k := range ks {
			if t.Kind == k {
				return true
			}
		}
		return false
	}
}

// classes are the names that Sig may use beside types and variables.
var classes = []class{
	{"ANY", func(types.Type) bool { return true }, types.Of(types.Null)},
	{"NUMERIC", types.Type.IsNumeric, types.Of(types.Int)},
	{"INTEGER", types.Type.IsInteger, types.Of(types.Int)},
	{"EXACT", types.Type.IsExact, types.Of(types.Int)},
	{"APPROX", types.Type.IsApprox, types.Of(types.Double)},
	{"STRINGLIKE", types.Type.IsString, types.String()},
	{"BINARYLIKE", types.Type.IsBinary, types.Bytes()},
	{"TIMESTAMPLIKE", types.Type.IsTimestamp, types.TimestampOf(3)},
	{"TEMPORAL", types.Type.IsTemporal, types.TimestampOf(3)},
	{"INTERVAL", types.Type.IsInterval, types.Of(types.IntervalDT)},
	{"COMPARABLE", isComparable, types.Of(types.Null)},
	{"ARRAY", isKind(types.Array), types.ArrayOf(types.Of(types.Null))},
	{"MAP", isKind(types.Map), types.MapOf(types.Of(types.Null), types.Of(types.Null))},
	{"MULTISET", isKind(types.Multiset), types.MultisetOf(types.Of(types.Null))},
	{"ROW", isKind(types.Row), types.Of(types.Null)},
	{"SYMBOL", isKind(types.Symbol), types.Of(types.Null)},
	{"LAMBDA", func(types.Type) bool { return false }, types.Of(types.Null)},
}

// isComparable holds for types whose values have an order or at least equality.
func isComparable(t types.Type) bool { return t.Kind != types.Symbol && t.Kind != types.Descriptor }

var simpleTypes = map[string]types.Type{
	"BOOLEAN": types.Of(types.Boolean), "TINYINT": types.Of(types.TinyInt), "SMALLINT": types.Of(types.SmallInt),
	"INT": types.Of(types.Int), "BIGINT": types.Of(types.BigInt), "FLOAT": types.Of(types.Float), "DOUBLE": types.Of(types.Double),
	"STRING": types.String(), "BYTES": types.Bytes(), "DATE": types.Of(types.Date), "TIME": types.TimeOf(0),
	"TIMESTAMP": types.TimestampOf(6), "TIMESTAMP_LTZ": types.TimestampLTZOf(6), "VARIANT": types.Of(types.Variant), "BITMAP": types.Of(types.Bitmap), "NULL": types.Of(types.Null),
}

// sigParser reads a Func.Sig. A signature is part of the program: mistakes in
// it are found by the tests of the table.
type sigParser struct {
	s string
	i int
}

func parseSignature(text string) (signature, error) {
	p := &sigParser{s: text}
	sig, err := p.signature()
	if err == nil && p.i < len(p.s) {
		err = fmt.Errorf("unexpected %q", p.s[p.i:])
	}
	if err != nil {
		return sig, fmt.Errorf("signature %q: %w", text, err)
	}
	return sig, nil
}

func (p *sigParser) signature() (sig signature, err error) {
	if err = p.expect("("); err != nil {
		return sig, err
	}
	optional := false
	for !p.take(")") {
		if len(sig.params) > 0 && !p.take(",") && !p.peek("[") {
			return sig, fmt.Errorf("missing comma")
		}
		opened := p.take("[")
		if opened {
			p.take(",")
			optional = true
		}
		one, err := p.param()
		if err != nil {
			return sig, err
		}
		sig.params = append(sig.params, one)
		sig.variadic = p.take("...")
		for p.take("]") {
		}
		if !optional {
			sig.required = len(sig.params)
		}
	}
	if sig.variadic {
		sig.required = min(sig.required, len(sig.params)-1)
	}
	if p.take("->") {
		sig.result, err = p.pattern()
	}
	return sig, err
}

func (p *sigParser) param() (param, error) {
	first := p.word()
	if first == "" {
		return param{}, fmt.Errorf("missing parameter at %q", p.s[p.i:])
	}
	if first != strings.ToUpper(first) || !p.startsType() {
		if first == strings.ToUpper(first) {
			p.i -= len(first)
			pat, err := p.pattern()
			return param{pat: pat}, err
		}
	}
	pat, err := p.pattern()
	return param{name: first, pat: pat}, err
}

// startsType reports whether a type follows, after which the word before it
// was the parameter's name.
func (p *sigParser) startsType() bool {
	p.space()
	return p.i < len(p.s) && p.s[p.i] >= 'A' && p.s[p.i] <= 'Z'
}

func (p *sigParser) pattern() (pattern, error) {
	name := p.word()
	var out pattern
	switch {
	case len(name) == 1:
		out.variable = name[0]
	case (name == "ARRAY" || name == "MAP" || name == "MULTISET") && p.take("<"):
		out.class = classNamed(name)
		for {
			e, err := p.pattern()
			if err != nil {
				return out, err
			}
			out.list = append(out.list, e)
			if p.take(">") {
				break
			}
			if err := p.expect(","); err != nil {
				return out, err
			}
		}
	case classNamed(name).has != nil:
		out.class = classNamed(name)
	default:
		t, err := p.typeNamed(name)
		if err != nil {
			return out, err
		}
		out.exact = &t
	}
	if p.take("NOT NULL") {
		out.notNull = true
	}
	return out, nil
}

func classNamed(name string) class {
	for _, c := range classes {
		if c.name == name {
			return c
		}
	}
	return class{}
}

func (p *sigParser) typeNamed(name string) (types.Type, error) {
	t, ok := simpleTypes[name]
	switch {
	case name == "DECIMAL":
		t, ok = types.DecimalOf(10, 0), true
	case name == "CHAR":
		t, ok = types.CharOf(1), true
	case name == "INTERVAL_DT":
		t, ok = types.Of(types.IntervalDT), true
	case name == "INTERVAL_YM":
		t, ok = types.Of(types.IntervalYM), true
	}
	if !ok {
		return t, fmt.Errorf("unknown type %q", name)
	}
	if p.take("(") {
		t.Prec = p.number()
		if p.take(",") {
			t.Scale = p.number()
		}
		return t, p.expect(")")
	}
	return t, nil
}

func (p *sigParser) space() {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
}

func (p *sigParser) peek(tok string) bool {
	p.space()
	return strings.HasPrefix(p.s[p.i:], tok)
}

func (p *sigParser) take(tok string) bool {
	if !p.peek(tok) {
		return false
	}
	p.i += len(tok)
	return true
}

func (p *sigParser) expect(tok string) error {
	if !p.take(tok) {
		return fmt.Errorf("missing %q at %q", tok, p.s[p.i:])
	}
	return nil
}

func (p *sigParser) word() string {
	p.space()
	from := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			break
		}
		p.i++
	}
	return p.s[from:p.i]
}

func (p *sigParser) number() int {
	n, _ := strconv.Atoi(p.word())
	return n
}
