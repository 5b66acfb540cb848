package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/process"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// processFunc binds the call of a process table function in Go.
func (b *Binder) processFunc(f *udf.ProcessFunction, call *sql.FuncCall, parent *scope) block {
	b.extension(call.Pos, "a function in Go")
	decl := append(slices.Clone(f.Args), udf.Arg{Name: "on_time", Optional: true}, udf.Arg{Name: "uid", Optional: true})
	args, ok := b.goArgs(call, decl)
	if !ok {
		return broken()
	}
	n := &process.Node{Fn: f, Scalars: map[string]any{}, Pos: call.Pos}
	for i := range f.Args {
		if f.Args[i].Table == udf.Scalar {
			ok = b.scalarConst(n, args[i], &f.Args[i]) && ok
		} else {
			ok = b.processTable(n, args[i], &f.Args[i], parent) && ok
		}
	}
	if uid := args[len(args)-1]; uid != nil {
		text, good := b.textArg(uid, "uid")
		n.UID, ok = text, ok && good
	}
	if len(n.In) > 1 && slices.ContainsFunc(n.Tables, func(t process.Input) bool { return t.Arg.PassThrough }) {
		b.fail(sqlerr.Plan, call.Pos, "%s passes a table through, so it can have no other", f.Name)
		ok = false
	}
	if len(n.In) == 0 && ok {
		b.fail(sqlerr.Plan, call.Pos, "%s declares no table", f.Name)
		ok = false
	}
	if !ok || !b.onTime(n, args[len(args)-2]) || !b.alike(n) || !b.processState(n) {
		return broken()
	}
	b.processOutput(n)
	return block{node: n}
}

// scalarConst binds a scalar argument, which is the same for all rows.
func (b *Binder) scalarConst(n *process.Node, e sql.Expr, a *udf.Arg) bool {
	v := &env{scope: &scope{}, clause: n.Fn.Name, noAgg: true, noOver: true, noSub: true}
	x, ok := b.scalarArg(v, e, *a, n.Fn.Name)
	if !ok {
		return false
	}
	l, ok := expr.Fold(x, b.Zone).(*expr.Lit)
	if !ok {
		b.fail(sqlerr.Plan, e.Position(), "the argument %s of %s must be constant", a.Name, n.Fn.Name)
		return false
	}
	n.Scalars[a.Name] = udf.Value(vec.Literal(l.T, l.Value, 1), 0, b.Zone)
	return true
}

// processTable binds a table argument.
func (b *Binder) processTable(n *process.Node, e sql.Expr, a *udf.Arg, parent *scope) bool {
	if e == nil {
		b.unsupported(n.Pos, "a call of "+n.Fn.Name+" without its table "+a.Name)
		return false
	}
	blk, part, ok := b.setArg(e, n.Fn.Name, parent)
	if !ok {
		return false
	}
	switch {
	case a.Table == udf.RowSemantics && len(part) > 0:
		b.fail(sqlerr.Plan, e.Position(), "the argument %s of %s takes rows one by one and has no PARTITION BY", a.Name, n.Fn.Name)
		return false
	case a.Table == udf.SetSemantics && len(part) == 0 && !a.OptionalPartition:
		b.fail(sqlerr.Plan, e.Position(), "the argument %s of %s needs PARTITION BY", a.Name, n.Fn.Name).WithHint("write %s => TABLE t PARTITION BY k", a.Name)
		return false
	}
	node, ok := b.orderedTable(blk, e, a)
	n.In = append(n.In, node)
	n.Tables = append(n.Tables, process.Input{Arg: a, Keys: part, OnTime: -1})
	return ok
}

// orderedTable puts the sort of ORDER BY on a table: by event time first, so that
// it is over when a watermark has passed.
func (b *Binder) orderedTable(blk block, e sql.Expr, a *udf.Arg) (plan.Node, bool) {
	t, ok := e.(*sql.TableArg)
	if !ok || len(t.OrderBy) == 0 {
		return blk.node, true
	}
	n := &order.Node{In: blk.node, Limit: -1}
	v := &env{scope: &scope{rels: []*relation{relationOf("", blk, 0)}}, clause: "ORDER BY", noAgg: true, noOver: true, noSub: true}
	for _, o := range t.OrderBy {
		x := b.expr(v, o.Expr)
		c, isCol := x.(*expr.Col)
		if x != bad && !isCol {
			b.fail(sqlerr.Plan, o.Pos, "ORDER BY of a table takes columns")
		}
		if !isCol {
			return blk.node, false
		}
		first := !o.Desc
		if o.Nulls != "" {
			first = o.Nulls == "FIRST"
		}
		n.Keys = append(n.Keys, plan.SortKey{Col: c.Index, Desc: o.Desc, NullsFirst: first})
	}
	if !n.TimeOrdered() {
		b.fail(sqlerr.Plan, t.OrderBy[0].Pos, "ORDER BY of the argument %s must begin with a time attribute, ascending", a.Name)
		return blk.node, false
	}
	return n, true
}

// onTime finds the columns of on_time => DESCRIPTOR(ts), one a table.
func (b *Binder) onTime(n *process.Node, e sql.Expr) bool {
	if e == nil {
		return true
	}
	d, ok := e.(*sql.Descriptor)
	if !ok {
		b.fail(sqlerr.Plan, e.Position(), "on_time names the time columns of the tables").WithHint("write on_time => DESCRIPTOR(ts)")
		return false
	}
	for i := range n.Tables {
		fs := n.In[i].Fields()
		for _, c := range d.Columns {
			if at := slices.Index(plan.Names(fs), c.Name); at >= 0 && n.Tables[i].OnTime < 0 {
				if fs[at].Type.Attr != types.Rowtime {
					b.notTime(c.Pos, plan.ColOf(fs, at))
					return false
				}
				n.Tables[i].OnTime = at
			}
		}
		if n.Tables[i].OnTime < 0 {
			b.fail(sqlerr.Name, d.Pos, "the table %s has none of the columns of on_time", n.Tables[i].Arg.Name)
			return false
		}
	}
	n.Rowtime = true
	return true
}

// alike checks that partitions of all tables are of the same types.
func (b *Binder) alike(n *process.Node) bool {
	first := n.Tables[0].Keys
	for i, t := range n.Tables[1:] {
		ok := len(t.Keys) == len(first)
		for k := 0; ok && k < len(first); k++ {
			x, y := n.In[0].Fields()[first[k]].Type, n.In[i+1].Fields()[t.Keys[k]].Type
			ok = x.WithAttr(types.NoAttr).EqualKind(y.WithAttr(types.NoAttr))
		}
		if !ok {
			b.fail(sqlerr.Plan, n.Pos, "the tables of %s are partitioned by columns of different types", n.Fn.Name).WithHint("cast them to one type")
			return false
		}
	}
	return true
}

// processState binds the types of the declared state.
func (b *Binder) processState(n *process.Node) bool {
	for i := range n.Fn.State {
		s := process.State{State: &n.Fn.State[i]}
		if s.Kind == udf.MapState {
			t, ok := b.typeText(s.State.Key)
			if !ok {
				return false
			}
			s.Key = t
		}
		for _, c := range s.Columns {
			t, ok := b.typeText(c.Type)
			if !ok {
				return false
			}
			s.Row = append(s.Row, t)
		}
		n.States = append(n.States, s)
	}
	return true
}

// processOutput lists the columns; a name that is taken gets a number.
func (b *Binder) processOutput(n *process.Node) {
	var names []string
	add := func(f plan.Field) {
		f.Name = freshName(f.Name, names)
		names = append(names, f.Name)
		n.Output = append(n.Output, f)
	}
	for i, t := range n.Tables {
		fs := n.In[i].Fields()
		if t.Arg.PassThrough {
			n.Passes = true
			for _, f := range fs {
				f.Type = f.Type.WithAttr(types.NoAttr)
				add(f)
			}
			continue
		}
		for _, k := range t.Keys {
			add(fs[k])
		}
	}
	n.Lead = len(n.Output)
	for _, f := range b.goColumns(n.Fn.Columns) {
		add(f)
	}
	if n.Rowtime {
		add(plan.Field{Name: "rowtime", Type: process.RowtimeType(n.In[0].Fields()[n.Tables[0].OnTime].Type)})
	}
}
