package fn

import (
	"errors"
	"strconv"
	"strings"
)

// jsonPathReader reads the steps of a path behind its $ or @.
type jsonPathReader struct {
	s   string
	i   int
	at  int // where err was found
	err error
	// inner: the path is an operand of a filter and ends where no step goes on.
	inner bool
}

var errJSONPath = errors.New("not a path")

func (r *jsonPathReader) fail() {
	if r.err == nil {
		r.err, r.at = errJSONPath, r.i
	}
}

func (r *jsonPathReader) take(tok string) bool {
	if !strings.HasPrefix(r.s[r.i:], tok) {
		return false
	}
	r.i += len(tok)
	return true
}

func (r *jsonPathReader) space() {
	for r.i < len(r.s) && (r.s[r.i] == ' ' || r.s[r.i] == '\t' || r.s[r.i] == '\n') {
		r.i++
	}
}

// path reads steps until nothing is left or, inside a filter, no step follows.
func (r *jsonPathReader) path() *jsonPath {
	p := &jsonPath{}
	for r.err == nil && r.i < len(r.s) && p.call == nil {
		start := r.i
		switch {
		case r.take(".."):
			p.steps = append(p.steps, jsonStep{kind: stepDescend})
			if r.i < len(r.s) && r.s[r.i] == '[' {
				p.steps = append(p.steps, r.bracket())
			} else {
				r.dot(p)
			}
		case r.take(".["):
			r.i--
			p.steps = append(p.steps, r.bracket())
		case r.take("."):
			r.dot(p)
		case r.s[r.i] == '[':
			p.steps = append(p.steps, r.bracket())
		case r.inner:
			return p.ended()
		default:
			r.fail()
		}
		if r.err != nil {
			r.at = start
		}
	}
	return p.ended()
}

// ended settles what depends on what follows a step.
func (p *jsonPath) ended() *jsonPath {
	for i := range p.steps {
		s := &p.steps[i]
		if s.kind == stepMerge && (i < len(p.steps)-1 || p.many) {
			s.kind = stepNames
		}
		p.many = p.many || s.kind > stepMerge
	}
	return p
}

// dot reads .name, .* or .function().
func (r *jsonPathReader) dot(p *jsonPath) {
	if r.take("*") {
		p.steps = append(p.steps, jsonStep{kind: stepAll})
		return
	}
	stop := ".[("
	if r.inner {
		stop = ".[( \t\n=!<>&|),"
	}
	end := strings.IndexAny(r.s[r.i:], stop)
	if end < 0 {
		end = len(r.s) - r.i
	}
	name := r.s[r.i : r.i+end]
	if name == "" {
		r.fail()
		return
	}
	if strings.HasPrefix(r.s[r.i+end:], "(") {
		p.call = r.function(name, r.i+end+1)
		return
	}
	r.i += end
	p.steps = append(p.steps, jsonStep{name: name})
}

// function reads the arguments of name(, which begin at from.
func (r *jsonPathReader) function(name string, from int) *jsonFunction {
	end := strings.IndexByte(r.s[from:], ')')
	if end < 0 {
		r.fail()
		return nil
	}
	arg := strings.TrimSpace(r.s[from : from+end])
	f := &jsonFunction{name: name}
	if name == "index" {
		n, err := strconv.Atoi(arg)
		if err != nil {
			r.fail()
		}
		f.index, arg = n, ""
	}
	if arg != "" || !f.known() {
		r.fail()
	}
	r.i = from + end + 1
	return f
}

// bracket reads [..].
func (r *jsonPathReader) bracket() jsonStep {
	r.take("[")
	r.space()
	switch {
	case r.take("*"):
		r.close()
		return jsonStep{kind: stepAll}
	case r.take("?("):
		t := r.or()
		r.space()
		if !r.take(")") {
			r.fail()
		}
		r.close()
		return jsonStep{kind: stepFilter, filter: t}
	case strings.HasPrefix(r.s[r.i:], "'") || strings.HasPrefix(r.s[r.i:], `"`):
		return r.namesStep()
	}
	return r.indexStep()
}

func (r *jsonPathReader) close() {
	r.space()
	if !r.take("]") {
		r.fail()
	}
}

func (r *jsonPathReader) namesStep() jsonStep {
	var names []string
	for r.err == nil {
		r.space()
		names = append(names, r.quoted())
		r.space()
		if !r.take(",") {
			break
		}
	}
	r.close()
	if len(names) == 1 {
		return jsonStep{name: names[0]}
	}
	return jsonStep{kind: stepMerge, names: names}
}

// quoted reads a text in single or double quotes; a backslash escapes.
func (r *jsonPathReader) quoted() string {
	if r.i >= len(r.s) || r.s[r.i] != '\'' && r.s[r.i] != '"' {
		r.fail()
		return ""
	}
	quote := r.s[r.i]
	var b strings.Builder
	for r.i++; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; {
		case c == quote:
			r.i++
			return b.String()
		case c == '\\' && r.i+1 < len(r.s):
			r.i++
			b.WriteByte(r.s[r.i])
		default:
			b.WriteByte(c)
		}
	}
	r.fail()
	return ""
}

// indexStep reads n, n,m or n:m and the bracket behind.
func (r *jsonPathReader) indexStep() jsonStep {
	first := r.integer()
	r.space()
	switch {
	case r.take(":"):
		s := jsonStep{kind: stepSlice, from: first, to: r.integer()}
		r.close()
		return s
	case first == nil:
		r.fail()
		return jsonStep{}
	}
	list := []int{*first}
	for r.err == nil && r.take(",") {
		n := r.integer()
		if n == nil {
			r.fail()
			break
		}
		list = append(list, *n)
		r.space()
	}
	r.close()
	if len(list) == 1 {
		return jsonStep{kind: stepIndex, index: list[0]}
	}
	return jsonStep{kind: stepIndexes, indexes: list}
}

// integer reads a number with an optional sign, nil if there is none.
func (r *jsonPathReader) integer() *int {
	r.space()
	from := r.i
	r.take("-")
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	n, err := strconv.Atoi(r.s[from:r.i])
	if err != nil {
		r.i = from
		return nil
	}
	return &n
}
