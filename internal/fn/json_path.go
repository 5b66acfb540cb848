package fn

import (
	"strings"

	"github.com/valyala/fastjson"
)

const jsonCategory = "json"

// jsonPath is a compiled SQL/JSON path with the steps that Jayway's JsonPath
// has, which is what Flink reads paths with. Without a mode the path is strict,
// as in Flink. A path belongs to one task: it keeps values that it made.
type jsonPath struct {
	text  string
	lax   bool
	many  bool // has a wildcard or the like: the result is a list
	steps []jsonStep
	call  *jsonFunction // at the end
	arena fastjson.Arena
}

type jsonStepKind uint8

const (
	stepName jsonStepKind = iota
	stepIndex
	stepMerge   // ['a','b'] at the end: an object of these members
	stepNames   // ['a','b'] before other steps
	stepIndexes // [0,2]
	stepSlice   // [1:3]
	stepAll     // .* or [*]
	stepFilter  // [?(..)]
	stepDescend // ..: the next step is tried on the value and all below it
)

type jsonStep struct {
	kind     jsonStepKind
	name     string
	names    []string
	index    int
	indexes  []int
	from, to *int // of a slice
	filter   jsonTest
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
// What it gives is valid until the next call.
func (p *jsonPath) find(v *fastjson.Value) (jsonMatch, bool) {
	p.arena.Reset()
	m, ok := p.walk(v, v)
	if !ok || p.call == nil {
		return m, ok || p.lax
	}
	out := p.call.apply(&p.arena, m)
	if out == nil {
		return jsonMatch{}, p.lax
	}
	return jsonMatch{value: out}, true
}

// walk follows the steps from v; filters may ask for the root.
func (p *jsonPath) walk(root, v *fastjson.Value) (jsonMatch, bool) {
	if !p.many {
		for i := range p.steps {
			if v = p.steps[i].one(p, v); v == nil {
				return jsonMatch{}, false
			}
		}
		return jsonMatch{value: v}, true
	}
	i := 0
	for ; p.steps[i].kind <= stepMerge; i++ { // what is named must be there
		if v = p.steps[i].one(p, v); v == nil {
			return jsonMatch{many: true}, false
		}
	}
	list := []*fastjson.Value{v}
	for ; i < len(p.steps); i++ {
		s := &p.steps[i]
		var next []*fastjson.Value
		if s.kind == stepDescend {
			i++
			for _, v := range list {
				next = p.steps[i].below(next, p, root, v)
			}
		} else {
			for _, v := range list {
				next = s.all(next, p, root, v)
			}
		}
		list = next
	}
	return jsonMatch{list: list, many: true}, true
}

// one gives the member or element that a step names, nil if there is none.
func (s *jsonStep) one(p *jsonPath, v *fastjson.Value) *fastjson.Value {
	switch s.kind {
	case stepName:
		o, err := v.Object()
		if err != nil {
			return nil
		}
		return o.Get(s.name)
	case stepMerge:
		o, err := v.Object()
		if err != nil {
			return nil
		}
		out := p.arena.NewObject()
		for _, name := range s.names {
			if x := o.Get(name); x != nil {
				out.Set(name, x)
			}
		}
		return out
	}
	a, err := v.Array()
	if err != nil {
		return nil
	}
	return elementAt(a, s.index)
}

// elementAt counts from the end where the index is negative.
func elementAt(a []*fastjson.Value, i int) *fastjson.Value {
	if i < 0 {
		i += len(a)
	}
	if i < 0 || i >= len(a) {
		return nil
	}
	return a[i]
}

// all appends what the step finds in v.
func (s *jsonStep) all(dst []*fastjson.Value, p *jsonPath, root, v *fastjson.Value) []*fastjson.Value {
	switch s.kind {
	case stepAll:
		eachJSONChild(v, func(k *fastjson.Value) { dst = append(dst, k) })
	case stepNames:
		if o, err := v.Object(); err == nil {
			for _, name := range s.names {
				if x := o.Get(name); x != nil {
					dst = append(dst, x)
				}
			}
		}
	case stepIndexes:
		if a, err := v.Array(); err == nil {
			for _, i := range s.indexes {
				if x := elementAt(a, i); x != nil {
					dst = append(dst, x)
				}
			}
		}
	case stepSlice:
		if a, err := v.Array(); err == nil {
			dst = append(dst, s.slice(a)...)
		}
	case stepFilter:
		a, err := v.Array()
		if err != nil {
			if v.Type() == fastjson.TypeObject && s.filter(root, v) {
				dst = append(dst, v)
			}
			return dst
		}
		for _, x := range a {
			if s.filter(root, x) {
				dst = append(dst, x)
			}
		}
	default:
		if x := s.one(p, v); x != nil {
			dst = append(dst, x)
		}
	}
	return dst
}

func (s *jsonStep) slice(a []*fastjson.Value) []*fastjson.Value {
	bound := func(p *int, otherwise int) int {
		if p == nil {
			return otherwise
		}
		if *p < 0 {
			return max(*p+len(a), 0)
		}
		return min(*p, len(a))
	}
	from, to := bound(s.from, 0), bound(s.to, len(a))
	if from >= to {
		return nil
	}
	return a[from:to]
}

// below appends what the step finds in v and all that lies in it.
func (s *jsonStep) below(dst []*fastjson.Value, p *jsonPath, root, v *fastjson.Value) []*fastjson.Value {
	if s.kind == stepFilter { // it is asked of every value itself
		if s.filter(root, v) {
			dst = append(dst, v)
		}
	} else {
		dst = s.all(dst, p, root, v)
	}
	eachJSONChild(v, func(k *fastjson.Value) { dst = s.below(dst, p, root, k) })
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

// compileJSONPath reads [lax|strict] $ and steps .name, ['name'], ['a','b'],
// [n], [n,m], [n:m], .*, [*], [?(test)] and .. before any of them, and a
// function such as .length() at the end.
func compileJSONPath(text string) (*jsonPath, error) {
	s := strings.TrimSpace(text)
	lax := false
	if mode, rest, ok := strings.Cut(s, " "); ok {
		switch strings.ToLower(mode) {
		case "lax":
			lax, s = true, strings.TrimSpace(rest)
		case "strict":
			s = strings.TrimSpace(rest)
		}
	}
	if !strings.HasPrefix(s, "$") {
		return nil, Err("JSON path '%s' must begin with $", text)
	}
	r := &jsonPathReader{s: s, i: 1}
	p := r.path()
	if r.err == nil && r.i < len(s) {
		r.fail()
	}
	if r.err != nil {
		return nil, Err("JSON path '%s' cannot be read at '%s'", text, s[min(r.at, len(s)):])
	}
	p.text, p.lax = text, lax
	return p, nil
}
