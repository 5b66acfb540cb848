package sql

// windowRef parses what follows OVER: a name or a specification.
func (p *parser) windowRef() *WindowSpec {
	if p.at("(") {
		return p.windowSpec()
	}
	name := p.ident("a window's name or (")
	return &WindowSpec{At: At{name.Pos}, Ref: &name, Bare: true}
}

// windowSpec parses ([name] [PARTITION BY ..] [ORDER BY ..] [frame]).
func (p *parser) windowSpec() *WindowSpec {
	start := p.here()
	w := &WindowSpec{}
	p.parens(func(item func()) {
		if t := p.tok(); t.kind == NameToken || t.kind == WordToken && keywords[t.up] == notReserved && !p.at("RANGE") {
			name := p.ident("a window's name")
			w.Ref = &name
		}
		if p.at("PARTITION") {
			item()
			p.expect("PARTITION", "BY")
			p.list(-1, func() { w.PartitionBy = append(w.PartitionBy, p.expr()) })
		}
		if p.at("ORDER") {
			item()
			w.OrderBy = p.orderBy()
		}
		if _, ok := p.atAny("ROWS", "RANGE"); ok {
			item()
			w.Frame = p.frame()
		}
	})
	w.At = p.since(start)
	return w
}

// frame parses ROWS|RANGE bound, or BETWEEN bound AND bound.
func (p *parser) frame() *Frame {
	start := p.here()
	f := &Frame{Units: p.expectAny("ROWS", "RANGE")}
	if p.accept("BETWEEN") {
		f.Start = p.frameBound()
		p.expect("AND")
		end := p.frameBound()
		f.End = &end
	} else {
		f.Start = p.frameBound()
	}
	if p.accept("EXCLUDE") {
		switch p.expectAny("CURRENT", "GROUP", "TIES", "NO") {
		case "CURRENT":
			p.expect("ROW")
			f.Exclude = "CURRENT ROW"
		case "GROUP":
			f.Exclude = "GROUP"
		case "TIES":
			f.Exclude = "TIES"
		case "NO":
			p.expect("OTHERS")
			f.Exclude = "NO OTHERS"
		}
	}
	f.At = p.since(start)
	return f
}

func (p *parser) frameBound() FrameBound {
	start := p.here()
	var b FrameBound
	switch {
	case p.accept("CURRENT", "ROW"):
		b.Kind = CurrentRow
	case p.accept("UNBOUNDED"):
		b.Kind = UnboundedPreceding
		if p.expectAny("PRECEDING", "FOLLOWING") == "FOLLOWING" {
			b.Kind = UnboundedFollowing
		}
	default:
		b.Offset = p.exprAt(precIn + 1)
		b.Kind = Preceding
		if p.expectAny("PRECEDING", "FOLLOWING") == "FOLLOWING" {
			b.Kind = Following
		}
	}
	b.At = p.since(start)
	return b
}

// orderBy parses ORDER BY a, b.
func (p *parser) orderBy() []OrderItem {
	var out []OrderItem
	p.expect("ORDER", "BY")
	p.list(-1, func() { out = append(out, p.orderItem()) })
	return out
}

// queryOrder parses the ORDER BY of a query, which may be ALL.
func (p *parser) queryOrder() []OrderItem {
	if !p.at("ORDER", "BY", "ALL") {
		return p.orderBy()
	}
	p.expect("ORDER", "BY")
	start := p.here()
	p.expect("ALL")
	return []OrderItem{p.sortDirection(OrderItem{All: true}, start)}
}

func (p *parser) orderItem() OrderItem {
	start := p.here()
	return p.sortDirection(OrderItem{Expr: p.expr()}, start)
}

func (p *parser) sortDirection(o OrderItem, start int) OrderItem {
	if d, ok := p.acceptAny("ASC", "DESC"); ok {
		o.Desc = d == "DESC"
	}
	if p.accept("NULLS") {
		o.Nulls = p.expectAny("FIRST", "LAST")
	}
	o.At = p.since(start)
	return o
}
