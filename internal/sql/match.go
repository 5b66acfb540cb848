package sql

// matchRecognize parses MATCH_RECOGNIZE ( .. ) [alias] behind its input.
func (p *parser) matchRecognize(input TableRef, start int) TableRef {
	m := &MatchRecognize{Input: input}
	p.expect("MATCH_RECOGNIZE")
	p.parens(func(item func()) {
		p.matchInput(m, item)
		item()
		p.matchPattern(m)
		if p.accept("WITHIN") {
			m.Within = p.exprAt(precIn + 1)
		}
		if p.at("SUBSET") {
			item()
			p.expect("SUBSET")
			p.list(-1, func() { m.Subsets = append(m.Subsets, p.patternSubset()) })
		}
		item()
		p.matchDefine(m)
	})
	m.Alias = p.tableAlias()
	m.At = p.since(start)
	return m
}

// matchInput parses the clauses up to PATTERN.
func (p *parser) matchInput(m *MatchRecognize, item func()) {
	if p.at("PARTITION") {
		item()
		p.expect("PARTITION", "BY")
		p.list(-1, func() { m.PartitionBy = append(m.PartitionBy, p.expr()) })
	}
	if p.at("ORDER") {
		item()
		m.OrderBy = p.orderBy()
	}
	if p.at("MEASURES") {
		item()
		g := p.open(true)
		p.expect("MEASURES")
		p.list(g, func() { m.Measures = append(m.Measures, p.selectItem()) })
		p.shut(g)
	}
	if w, ok := p.atAny("ONE", "ALL"); ok {
		item()
		p.expect(w)
		m.AllRows = w == "ALL"
		p.expectAny("ROW", "ROWS")
		p.expect("PER", "MATCH")
		if m.AllRows {
			p.emptyMatches(m)
		}
	}
	if p.at("AFTER") {
		item()
		m.After = p.afterMatch()
	}
}

// emptyMatches parses what may follow ALL ROWS PER MATCH.
func (p *parser) emptyMatches(m *MatchRecognize) {
	if w, ok := p.atAny("SHOW", "OMIT"); ok {
		p.expect(w, "EMPTY", "MATCHES")
		m.EmptyMatches = w
	} else if p.accept("WITH", "UNMATCHED", "ROWS") {
		m.Unmatched = true
	}
}

// afterMatch parses AFTER MATCH SKIP ..
func (p *parser) afterMatch() *AfterMatch {
	start := p.here()
	a := &AfterMatch{}
	p.expect("AFTER", "MATCH", "SKIP")
	switch {
	case p.accept("PAST"):
		p.expect("LAST", "ROW")
		a.Kind = "PAST LAST ROW"
	case p.accept("TO", "NEXT", "ROW"):
		a.Kind = "TO NEXT ROW"
	default:
		p.expect("TO")
		a.Kind = "TO LAST"
		if w, ok := p.atAny("FIRST", "LAST"); ok && p.isName(1) {
			p.expect(w)
			a.Kind = "TO " + w
		}
		v := p.ident("a pattern variable")
		a.Var = &v
	}
	a.At = p.since(start)
	return a
}

// isName reports whether the n-th token after the current one is a name.
func (p *parser) isName(n int) bool {
	t := p.ahead(n)
	return t.kind == NameToken || t.kind == WordToken && keywords[t.up] != reserved && t.up != "PATTERN"
}

func (p *parser) matchPattern(m *MatchRecognize) {
	p.expect("PATTERN", "(")
	m.AnchorStart = p.accept("^")
	m.Pattern = p.pattern()
	if t := p.tok(); t.kind == WordToken && t.up == "$" {
		m.AnchorEnd = true
		p.next()
	}
	p.expect(")")
}

// pattern parses alternatives: a | b.
func (p *parser) pattern() Pattern {
	defer p.enter()()
	start := p.here()
	items := []Pattern{p.patternSeq()}
	for p.accept("|") {
		items = append(items, p.patternSeq())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &PatternAlt{p.since(start), items}
}

// patternSeq parses factors in a row.
func (p *parser) patternSeq() Pattern {
	start := p.here()
	items := []Pattern{p.patternFactor()}
	for p.startsFactor() {
		items = append(items, p.patternFactor())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &PatternSeq{p.since(start), items}
}

func (p *parser) startsFactor() bool {
	t := p.tok()
	return t.kind == NameToken || t.kind == WordToken && t.up != "$" || t.is("(") || t.is("{-")
}

// patternFactor parses one element and its quantifier.
func (p *parser) patternFactor() Pattern {
	start := p.here()
	x := p.patternPrimary()
	r := &PatternRepeat{X: x}
	switch {
	case p.acceptTight("*"):
		r.Min, r.Max = 0, -1
	case p.acceptTight("+"):
		r.Min, r.Max = 1, -1
	case p.acceptTight("?"):
		r.Min, r.Max = 0, 1
	case p.acceptTight("{"):
		p.patternBounds(r)
	default:
		return x
	}
	r.Reluctant = p.acceptTight("?")
	r.At = p.since(start)
	return r
}

// patternBounds parses n}, n,}, n,m} and ,m}.
func (p *parser) patternBounds(r *PatternRepeat) {
	p.tight()
	if !p.at(",") {
		r.Min = p.integer("a number of repetitions")
	}
	r.Max = r.Min
	if p.accept(",") {
		r.Max = -1
		p.tight()
		if !p.at("}") {
			at := p.tok().pos
			if r.Max = p.integer("a number of repetitions"); r.Max < r.Min {
				p.failAt(at, "at most %d repetitions is less than at least %d", r.Max, r.Min)
			}
		}
	}
	p.tight()
	p.expect("}")
}

func (p *parser) patternPrimary() Pattern {
	start := p.here()
	switch {
	case p.accept("("):
		x := p.pattern()
		p.expect(")")
		return x
	case p.accept("{-"):
		x := p.pattern()
		p.expect("-}")
		return &PatternExclude{p.since(start), x}
	case p.at("PERMUTE", "("):
		p.expect("PERMUTE")
		v := &PatternPermute{}
		p.tight()
		p.parenList(func() { v.Items = append(v.Items, p.pattern()) })
		v.At = p.since(start)
		return v
	}
	name := p.ident("a pattern variable")
	return &PatternVar{At{name.Pos}, name}
}

func (p *parser) patternSubset() PatternSubset {
	start := p.here()
	s := PatternSubset{Name: p.ident("a name for the subset")}
	p.expect("=")
	s.Vars = p.identList("a pattern variable")
	s.At = p.since(start)
	return s
}

func (p *parser) matchDefine(m *MatchRecognize) {
	if !p.at("DEFINE") {
		return
	}
	g := p.open(true)
	p.expect("DEFINE")
	p.list(g, func() {
		start := p.here()
		d := PatternDefine{Var: p.ident("a pattern variable")}
		p.expect("AS")
		d.Cond = p.expr()
		d.At = p.since(start)
		m.Define = append(m.Define, d)
	})
	p.shut(g)
}
