package fn

import (
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

const jsonCategory = "json"

// jsonPath is a compiled SQL/JSON path. Without a mode the path is strict, as in
// Flink.
type jsonPath struct {
	text  string
	lax   bool
	many  bool // has a wildcard: the result is a list
	steps []jsonStep
}

type jsonStepKind uint8

const (
	stepName jsonStepKind = iota
	stepIndex
	stepAll     // .* or [*]
	stepDescend // ..name
)

type jsonStep struct {
	kind  jsonStepKind
	name  string
	index int
}

// compileJSONPath reads [lax|strict] $ and steps .name, ['name'], [n], .*, [*]
// and ..name.
func compileJSONPath(text string) (*jsonPath, error) {
	p := &jsonPath{text: text}
	s := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(s, "lax "); ok {
		p.lax, s = true, strings.TrimSpace(rest)
	} else if rest, ok := strings.CutPrefix(s, "strict "); ok {
		s = strings.TrimSpace(rest)
	}
	if !strings.HasPrefix(s, "$") {
		return nil, Err("JSON path '%s' must begin with $", text)
	}
	for s = s[1:]; s != ""; {
		step, rest, ok := nextJSONStep(s)
		if !ok {
			return nil, Err("JSON path '%s' cannot be read at '%s'", text, s)
		}
		p.steps = append(p.steps, step)
		p.many = p.many || step.kind >= stepAll
		s = rest
	}
	return p, nil
}

func nextJSONStep(s string) (step jsonStep, rest string, ok bool) {
	switch {
	case strings.HasPrefix(s, ".."):
		name, rest := jsonName(s[2:])
		return jsonStep{kind: stepDescend, name: name}, rest, name != ""
	case strings.HasPrefix(s, ".["):
		s = s[1:]
	case strings.HasPrefix(s, ".*"):
		return jsonStep{kind: stepAll}, s[2:], true
	case strings.HasPrefix(s, "."):
		name, rest := jsonName(s[1:])
		return jsonStep{name: name}, rest, name != ""
	case s[0] != '[':
		return step, s, false
	}
	end := strings.IndexByte(s, ']')
	if len(s) > 1 && (s[1] == '\'' || s[1] == '"') {
		quote := strings.IndexByte(s[2:], s[1])
		if quote < 0 || !strings.HasPrefix(s[quote+3:], "]") {
			return step, s, false
		}
		return jsonStep{name: s[2 : quote+2]}, s[quote+4:], true
	}
	if end < 0 {
		return step, s, false
	}
	inside := strings.TrimSpace(s[1:end])
	if inside == "*" {
		return jsonStep{kind: stepAll}, s[end+1:], true
	}
	n, err := strconv.Atoi(inside)
	return jsonStep{kind: stepIndex, index: n}, s[end+1:], err == nil
}

// jsonName takes the name at the start of s.
func jsonName(s string) (name, rest string) {
	if i := strings.IndexAny(s, ".["); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// jsonMatch is what a path found: one value, or with many a list of them. A JSON
// null and nothing at all are both no value.
type jsonMatch struct {
	value *fastjson.Value
	list  []*fastjson.Value
	many  bool
}

// scalar reports whether the match is one number, text or boolean.
func (m *jsonMatch) scalar() bool {
	if m.many || m.value == nil {
		return false
	}
	t := m.value.Type()
	return t != fastjson.TypeObject && t != fastjson.TypeArray
}

// empty reports whether nothing was found.
func (m *jsonMatch) empty() bool {
	return !m.many && (m.value == nil || m.value.Type() == fastjson.TypeNull)
}

// find follows the path. False means that a strict path names what is not there.
func (p *jsonPath) find(v *fastjson.Value) (jsonMatch, bool) {
	if !p.many {
		for i := range p.steps {
			if v = p.steps[i].one(v); v == nil {
				return jsonMatch{}, p.lax
			}
		}
		return jsonMatch{value: v}, true
	}
	list := []*fastjson.Value{v}
	for i := range p.steps {
		var next []*fastjson.Value
		for _, v := range list {
			next = p.steps[i].all(next, v)
		}
		list = next
	}
	return jsonMatch{list: list, many: true}, true
}

// one gives the member or element that a step names, nil if there is none.
func (s *jsonStep) one(v *fastjson.Value) *fastjson.Value {
	if s.kind == stepName {
		o, err := v.Object()
		if err != nil {
			return nil
		}
		return o.Get(s.name)
	}
	a, err := v.Array()
	if err != nil {
		return nil
	}
	i := s.index
	if i < 0 {
		i += len(a)
	}
	if i < 0 || i >= len(a) {
		return nil
	}
	return a[i]
}

func (s *jsonStep) all(dst []*fastjson.Value, v *fastjson.Value) []*fastjson.Value {
	switch s.kind {
	case stepName, stepIndex:
		if x := s.one(v); x != nil {
			dst = append(dst, x)
		}
		return dst
	case stepDescend:
		if x := (&jsonStep{name: s.name}).one(v); x != nil {
			dst = append(dst, x)
		}
		eachJSONChild(v, func(k *fastjson.Value) { dst = s.all(dst, k) })
		return dst
	}
	eachJSONChild(v, func(k *fastjson.Value) { dst = append(dst, k) })
	return dst
}

func eachJSONChild(v *fastjson.Value, f func(*fastjson.Value)) {
	if a, err := v.Array(); err == nil {
		for _, k := range a {
			f(k)
		}
		return
	}
	if o, err := v.Object(); err == nil {
		o.Visit(func(_ []byte, k *fastjson.Value) { f(k) })
	}
}
