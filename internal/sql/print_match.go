package sql

import "strconv"

func (p *printer) matchRecognize(m *MatchRecognize) {
	p.tableOperand(m.Input)
	p.w("MATCH_RECOGNIZE")
	p.parens(func() {
		if len(m.PartitionBy) > 0 {
			p.w("PARTITION BY")
			p.exprs(m.PartitionBy)
		}
		p.orderBy(m.OrderBy)
		if len(m.Measures) > 0 {
			p.w("MEASURES")
			p.selectItems(m.Measures)
		}
		if m.AllRows {
			p.w("ALL ROWS PER MATCH")
			if m.EmptyMatches != "" {
				p.w(m.EmptyMatches, "EMPTY MATCHES")
			}
			p.opt(m.Unmatched, "WITH UNMATCHED ROWS")
		} else {
			p.w("ONE ROW PER MATCH")
		}
		if m.After != nil {
			p.w("AFTER MATCH SKIP", m.After.Kind)
			if m.After.Var != nil {
				p.ident(*m.After.Var)
			}
		}
		p.matchPattern(m)
	})
	p.alias(m.Alias)
}

func (p *printer) matchPattern(m *MatchRecognize) {
	p.w("PATTERN")
	p.parens(func() {
		p.opt(m.AnchorStart, "^")
		p.pattern(m.Pattern, 0)
		p.opt(m.AnchorEnd, "$")
	})
	if m.Within != nil {
		p.w("WITHIN")
		p.expr(m.Within, precIn+1)
	}
	if len(m.Subsets) > 0 {
		p.w("SUBSET")
		p.commas(len(m.Subsets), func(i int) {
			p.ident(m.Subsets[i].Name)
			p.w("=")
			p.idents(m.Subsets[i].Vars)
		})
	}
	if len(m.Define) > 0 {
		p.w("DEFINE")
		p.commas(len(m.Define), func(i int) {
			p.ident(m.Define[i].Var)
			p.w("AS")
			p.expr(m.Define[i].Cond, 0)
		})
	}
}

// pattern writes a row pattern; level is 0 for any, 1 inside of a sequence or
// an alternative, 2 before a quantifier.
func (p *printer) pattern(x Pattern, level int) {
	own := 2
	switch x.(type) {
	case *PatternAlt, *PatternSeq:
		own = 0
	case *PatternRepeat:
		own = 1
	}
	if own < level {
		p.parens(func() { p.pattern(x, 0) })
		return
	}
	switch x := x.(type) {
	case *PatternVar:
		p.ident(x.Name)
	case *PatternSeq:
		for _, i := range x.Items {
			p.pattern(i, 1)
		}
	case *PatternAlt:
		for i, item := range x.Items {
			p.opt(i > 0, "|")
			if _, ok := item.(*PatternSeq); ok {
				p.pattern(item, 0)
				continue
			}
			p.pattern(item, 1)
		}
	case *PatternRepeat:
		p.pattern(x.X, 2)
		p.raw(quantifier(x))
	case *PatternPermute:
		p.w("PERMUTE")
		p.attached(func() { p.commas(len(x.Items), func(i int) { p.pattern(x.Items[i], 0) }) })
	case *PatternExclude:
		p.w("{-")
		p.pattern(x.X, 0)
		p.w("-}")
	}
}

func quantifier(r *PatternRepeat) string {
	var s string
	switch {
	case r.Min == 0 && r.Max < 0:
		s = "*"
	case r.Min == 1 && r.Max < 0:
		s = "+"
	case r.Min == 0 && r.Max == 1:
		s = "?"
	case r.Max < 0:
		s = "{" + strconv.Itoa(r.Min) + ",}"
	case r.Min == r.Max:
		s = "{" + strconv.Itoa(r.Min) + "}"
	default:
		s = "{" + strconv.Itoa(r.Min) + "," + strconv.Itoa(r.Max) + "}"
	}
	if r.Reluctant {
		s += "?"
	}
	return s
}
