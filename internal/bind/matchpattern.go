package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/rel/match"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// variables numbers the variables of the pattern, and notes the subsets.
func (m *matching) variables() {
	m.collect(m.ref.Pattern)
	for i := range m.ref.Subsets {
		s := &m.ref.Subsets[i]
		m.b.extension(s.Pos, "SUBSET")
		if _, ok := m.sets[s.Name.Name]; ok {
			m.b.fail(sqlerr.Plan, s.Name.Pos, "`%s` is a pattern variable or subset already", s.Name.Name)
			continue
		}
		set := match.Set(0)
		for _, v := range s.Vars {
			set |= m.set(v)
		}
		m.note(s.Name.Name, set)
	}
}

func (m *matching) note(name string, set match.Set) {
	m.sets[name] = set
	m.names = append(m.names, name)
}

func (m *matching) collect(p sql.Pattern) {
	switch p := p.(type) {
	case *sql.PatternVar:
		name := p.Name.Name
		if _, ok := m.vars[name]; ok {
			m.b.extension(p.Pos, "a variable that is twice in a pattern")
			return
		}
		if len(m.vars) == match.MaxVars {
			m.b.unsupported(p.Pos, "a pattern of more than 64 variables")
			return
		}
		m.vars[name] = len(m.vars)
		m.note(name, 1<<m.vars[name])
		m.node.Vars = append(m.node.Vars, match.Var{Name: name, Col: -1})
	case *sql.PatternSeq:
		m.collectAll(p.Items)
	case *sql.PatternAlt:
		m.collectAll(p.Items)
	case *sql.PatternPermute:
		m.collectAll(p.Items)
	case *sql.PatternRepeat:
		m.collect(p.X)
	case *sql.PatternExclude:
		m.collect(p.X)
	}
}

func (m *matching) collectAll(ps []sql.Pattern) {
	for _, p := range ps {
		m.collect(p)
	}
}

// pattern gives the pattern over numbered variables.
func (m *matching) pattern(p sql.Pattern, excluded bool) match.Pattern {
	switch p := p.(type) {
	case *sql.PatternSeq:
		return match.Pattern{Op: match.Seq, Items: m.patterns(p.Items, excluded)}
	case *sql.PatternAlt:
		m.b.extension(p.Pos, "an alternation in a pattern")
		return match.Pattern{Op: match.Alt, Items: m.patterns(p.Items, excluded)}
	case *sql.PatternRepeat:
		if _, ok := p.X.(*sql.PatternVar); !ok {
			m.b.extension(p.Pos, "a quantifier of a group")
		} else if p.Reluctant && p.Min == 0 && p.Max == 1 {
			m.b.extension(p.Pos, "the quantifier ??")
		} else if p.Min == 0 && p.Max > 1 {
			m.b.extension(p.Pos, "a quantifier {,n}")
		}
		return match.Pattern{Op: match.Repeat, Items: []match.Pattern{m.pattern(p.X, excluded)}, Min: p.Min, Max: p.Max, Reluctant: p.Reluctant}
	case *sql.PatternPermute:
		return m.permute(p, excluded)
	case *sql.PatternExclude:
		m.b.extension(p.Pos, "an exclusion {- -}")
		if m.ref.Unmatched {
			m.b.fail(sqlerr.Plan, p.Pos, "an exclusion {- -} makes no sense WITH UNMATCHED ROWS")
		}
		return m.pattern(p.X, true)
	case *sql.PatternVar:
		return match.Pattern{Var: m.vars[p.Name.Name], Excluded: excluded}
	}
	return match.Pattern{Op: match.Seq}
}

func (m *matching) patterns(ps []sql.Pattern, excluded bool) []match.Pattern {
	out := make([]match.Pattern, len(ps))
	for i, p := range ps {
		out[i] = m.pattern(p, excluded)
	}
	return out
}

// permute writes PERMUTE out as its orders, earlier elements first.
func (m *matching) permute(p *sql.PatternPermute, excluded bool) match.Pattern {
	m.b.extension(p.Pos, "PERMUTE")
	items := m.patterns(p.Items, excluded)
	if len(items) > 6 {
		m.b.unsupported(p.Pos, "PERMUTE of more than 6 elements")
		return match.Pattern{Op: match.Seq}
	}
	out := match.Pattern{Op: match.Alt}
	var extend func(chosen, rest []match.Pattern)
	extend = func(chosen, rest []match.Pattern) {
		if len(rest) == 0 {
			out.Items = append(out.Items, match.Pattern{Op: match.Seq, Items: slices.Clone(chosen)})
		}
		for i := range rest {
			extend(append(slices.Clone(chosen), rest[i]), slices.Delete(slices.Clone(rest), i, i+1))
		}
	}
	extend(nil, items)
	return out
}

// rules refuses what cannot be run, and under weir.sql.strict what Flink lacks.
func (m *matching) rules() {
	r, b := m.ref, m.b
	if r.AnchorStart || r.AnchorEnd {
		b.unsupported(r.Pattern.Position(), "an anchor (^ or $) in a pattern").
			WithHint("a stream has no end, and its first rows are forgotten; use a condition in DEFINE")
	}
	if r.AllRows {
		b.extension(r.Pos, "ALL ROWS PER MATCH")
	}
	if len(b.errs) == 0 && !m.node.Pattern.Compile() {
		b.unsupported(r.Pattern.Position(), "a pattern of this size").WithHint("quantifiers with numbers count as often as they repeat")
	}
	if len(r.Define) == 0 {
		b.extension(r.Pos, "MATCH_RECOGNIZE without DEFINE")
	}
	last := r.Pattern
	for {
		seq, ok := last.(*sql.PatternSeq)
		if !ok {
			break
		}
		last = seq.Items[len(seq.Items)-1]
	}
	if q, ok := last.(*sql.PatternRepeat); ok && !q.Reluctant && q.Min != q.Max && (q.Min != 0 || q.Max != 1) {
		b.extension(q.Pos, "a greedy quantifier at the end of a pattern")
	}
}
