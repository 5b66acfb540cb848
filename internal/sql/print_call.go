package sql

// call writes a function call, in the function's own syntax where it has one.
func (p *printer) call(f *FuncCall) {
	if f.Niladic {
		p.w(f.Name.Last().Name)
		return
	}
	if n := f.Name.Last(); len(f.Name.Parts) == 1 && !n.Quoted && callable[f.Func()] {
		p.w(n.Name)
	} else {
		p.name(f.Name)
	}
	p.attached(func() {
		if p.specialArgs(f) {
			return
		}
		p.opt(f.Distinct, "DISTINCT")
		p.args(f.Args)
		p.orderBy(f.OrderBy)
	})
	if f.Nulls != "" {
		p.w(f.Nulls, "NULLS")
	}
	if len(f.WithinGroup) > 0 {
		p.w("WITHIN GROUP")
		p.parens(func() { p.orderBy(f.WithinGroup) })
	}
	if f.Filter != nil {
		p.w("FILTER")
		p.parens(func() {
			p.w("WHERE")
			p.expr(f.Filter, 0)
		})
	}
	if f.Over != nil {
		p.w("OVER")
		p.windowSpec(f.Over)
	}
}

func (p *printer) args(args []Arg) {
	p.commas(len(args), func(i int) {
		if args[i].Name != nil {
			p.field(*args[i].Name)
			p.w("=>")
		}
		p.expr(args[i].Value, 0)
	})
}

// specialArgs writes the arguments with words between them; false if the
// function has plain arguments.
func (p *printer) specialArgs(f *FuncCall) bool {
	if len(f.Name.Parts) != 1 || f.Name.Parts[0].Quoted || specialFunc(f.Func()) == nil {
		return false
	}
	var sym bool
	if len(f.Args) > 0 {
		_, sym = f.Args[0].Value.(*Symbol)
	}
	n := len(f.Args)
	switch name := f.Func(); {
	case name == "EXTRACT" && n == 2:
		p.between(f, "FROM")
	case (name == "FLOOR" || name == "CEIL") && n == 2:
		if _, ok := f.Args[1].Value.(*Symbol); !ok {
			return false
		}
		p.between(f, "TO")
	case name == "TRIM" && n == 3 && sym:
		p.between(f, "", "FROM")
	case name == "OVERLAY" && (n == 3 || n == 4):
		p.between(f, "PLACING", "FROM", "FOR")
	case name == "POSITION" && (n == 2 || n == 3):
		p.expr(f.Args[0].Value, precIn+1)
		p.w("IN")
		p.between(&FuncCall{Args: f.Args[1:]}, "FROM")
	case name == "JSON_OBJECT" || name == "JSON_OBJECTAGG":
		p.jsonPairs(f.Args)
		p.jsonClauses(f.JSON)
	case f.JSON != nil:
		p.args(f.Args)
		p.jsonClauses(f.JSON)
	default:
		return false
	}
	return true
}

// between writes the arguments with the words between them.
func (p *printer) between(f *FuncCall, words ...string) {
	for i, a := range f.Args {
		if i > 0 {
			p.w(words[i-1])
		}
		p.expr(a.Value, 0)
	}
}

func (p *printer) jsonPairs(args []Arg) {
	p.commas(len(args)/2, func(i int) {
		p.w("KEY")
		p.expr(args[2*i].Value, 0)
		p.w("VALUE")
		p.expr(args[2*i+1].Value, 0)
	})
}

func (p *printer) jsonClauses(c *JSONClauses) {
	if c == nil {
		return
	}
	if c.Returning != nil {
		p.w("RETURNING")
		p.typeName(*c.Returning)
	}
	if c.Wrapper != "" {
		p.w(c.Wrapper, "ARRAY WRAPPER")
	}
	if c.OnNull != "" {
		p.w(c.OnNull, "ON NULL")
	}
	p.jsonBehavior(c.OnEmpty, "ON EMPTY")
	p.jsonBehavior(c.OnError, "ON ERROR")
}

func (p *printer) jsonBehavior(b *JSONBehavior, on string) {
	if b == nil {
		return
	}
	p.w(b.Kind)
	if b.Default != nil {
		p.expr(b.Default, 0)
	}
	p.w(on)
}

// windowSpec writes what follows OVER.
func (p *printer) windowSpec(w *WindowSpec) {
	if w.Bare && w.Ref != nil {
		p.ident(*w.Ref)
		return
	}
	p.parens(func() {
		if w.Ref != nil {
			p.ident(*w.Ref)
		}
		if len(w.PartitionBy) > 0 {
			p.w("PARTITION BY")
			p.exprs(w.PartitionBy)
		}
		p.orderBy(w.OrderBy)
		if w.Frame != nil {
			p.frame(w.Frame)
		}
	})
}

func (p *printer) frame(f *Frame) {
	p.w(f.Units)
	if f.End != nil {
		p.w("BETWEEN")
		p.frameBound(f.Start)
		p.w("AND")
		p.frameBound(*f.End)
	} else {
		p.frameBound(f.Start)
	}
	if f.Exclude != "" {
		p.w("EXCLUDE", f.Exclude)
	}
}

func (p *printer) frameBound(b FrameBound) {
	if b.Offset != nil {
		p.expr(b.Offset, precIn+1)
	}
	p.w([...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}[b.Kind])
}

// orderBy writes ORDER BY .. if there are elements.
func (p *printer) orderBy(items []OrderItem) {
	if len(items) == 0 {
		return
	}
	p.w("ORDER BY")
	p.commas(len(items), func(i int) { p.orderItem(items[i]) })
}

func (p *printer) orderItem(o OrderItem) {
	if o.All {
		p.w("ALL")
	} else {
		p.expr(o.Expr, 0)
	}
	p.opt(o.Desc, "DESC")
	if o.Nulls != "" {
		p.w("NULLS", o.Nulls)
	}
}
