package sql

import (
	"encoding/hex"
	"strings"
)

// precOf gives how tight the outermost operator of an expression binds.
func precOf(e Expr) int {
	switch e := e.(type) {
	case *BinaryExpr:
		return precedence(e.Op)
	case *UnaryExpr:
		if e.Op == "NOT" {
			return precNot
		}
		return precUnary
	case *IsExpr, *DistinctExpr:
		return precIs
	case *QuantifiedExpr:
		return precCompare
	case *BetweenExpr, *LikeExpr, *InExpr:
		return precIn
	case *LambdaExpr:
		return precLambda
	}
	return precPostfix
}

// expr writes an expression, in parentheses if it binds less tight than prec.
func (p *printer) expr(e Expr, prec int) {
	if precOf(e) < prec {
		p.parens(func() { p.expr(e, 0) })
		return
	}
	if !p.literal(e) && !p.operator(e) {
		p.operand(e)
	}
}

func (p *printer) exprs(list []Expr) { p.commas(len(list), func(i int) { p.expr(list[i], 0) }) }

// literal writes a literal; false if e is none.
func (p *printer) literal(e Expr) bool {
	switch e := e.(type) {
	case *StringLit:
		p.str(e)
	case *NumberLit:
		p.w(e.Text)
	case *BinaryLit:
		p.w("X'" + strings.ToUpper(hex.EncodeToString(e.Value)) + "'")
	case *BoolLit:
		switch {
		case e.Unknown:
			p.w("UNKNOWN")
		case e.Value:
			p.w("TRUE")
		default:
			p.w("FALSE")
		}
	case *NullLit:
		p.w("NULL")
	case *DefaultLit:
		p.w("DEFAULT")
	case *DateTimeLit:
		p.w(e.Kind, QuoteString(e.Text))
	case *IntervalLit:
		p.w("INTERVAL")
		if e.Negative {
			p.w("-")
			p.raw(QuoteString(e.Text))
		} else {
			p.w(QuoteString(e.Text))
		}
		p.intervalUnit(e.Unit)
	case *Symbol:
		p.w(e.Name)
	default:
		return false
	}
	return true
}

// operator writes an expression with an operator; false if e has none.
func (p *printer) operator(e Expr) bool {
	switch e := e.(type) {
	case *BinaryExpr:
		prec := precedence(e.Op)
		p.expr(e.L, prec)
		p.w(e.Op)
		p.expr(e.R, prec+1)
	case *UnaryExpr:
		p.unary(e)
	case *IsExpr:
		p.expr(e.X, precIs)
		p.w("IS")
		p.opt(e.Not, "NOT")
		p.w(e.What)
	case *DistinctExpr:
		p.expr(e.L, precIs)
		p.w("IS")
		p.opt(e.Not, "NOT")
		p.w("DISTINCT FROM")
		p.expr(e.R, precCompare+1)
	case *BetweenExpr:
		p.expr(e.X, precIn)
		p.opt(e.Not, "NOT")
		p.w("BETWEEN")
		p.opt(e.Symmetric, "SYMMETRIC")
		p.expr(e.Lo, precIn+1)
		p.w("AND")
		p.expr(e.Hi, precIn+1)
	case *LikeExpr:
		p.expr(e.X, precIn)
		p.opt(e.Not, "NOT")
		p.w(e.Op)
		p.expr(e.Pattern, precIn+1)
		if e.Escape != nil {
			p.w("ESCAPE")
			p.expr(e.Escape, precIn+1)
		}
	case *InExpr:
		p.expr(e.X, precIn)
		p.opt(e.Not, "NOT")
		p.w("IN")
		p.listOrQuery(e.List, e.Query)
	case *QuantifiedExpr:
		p.expr(e.X, precCompare)
		p.w(e.Op)
		if e.All {
			p.w("ALL")
		} else {
			p.w("ANY")
		}
		p.listOrQuery(e.List, e.Query)
	case *LambdaExpr:
		p.lambda(e)
	default:
		return false
	}
	return true
}

func (p *printer) unary(e *UnaryExpr) {
	p.w(e.Op)
	if e.Op != "-" && e.Op != "+" {
		p.expr(e.X, precOf(e))
		return
	}
	// No space behind a sign; parentheses keep two of them from being a comment.
	p.last = '('
	if u, ok := e.X.(*UnaryExpr); ok {
		p.parens(func() { p.expr(u, 0) })
		return
	}
	p.expr(e.X, precUnary)
}

func (p *printer) lambda(e *LambdaExpr) {
	if len(e.Params) == 1 {
		p.ident(e.Params[0])
	} else {
		p.idents(e.Params)
	}
	p.w("->")
	p.expr(e.Body, precLambda)
}

func (p *printer) listOrQuery(list []Expr, q *Query) {
	p.parens(func() {
		if q != nil {
			p.query(q)
			return
		}
		p.exprs(list)
	})
}

// operand writes an expression that has no operator at its top.
func (p *printer) operand(e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		p.parts(e.Parts)
	case *Star:
		p.star(e)
	case *ExistsExpr:
		p.w("EXISTS")
		p.parens(func() { p.query(e.Query) })
	case *SubqueryExpr:
		p.parens(func() { p.query(e.Query) })
	case *CaseExpr:
		p.caseExpr(e)
	case *CastExpr:
		if e.Try {
			p.w("TRY_CAST")
		} else {
			p.w("CAST")
		}
		p.attached(func() {
			p.expr(e.X, 0)
			p.w("AS")
			p.typeName(e.Type)
		})
	case *FuncCall:
		p.call(e)
	case *IntervalExpr:
		p.intervalExpr(e)
	default:
		p.composite(e)
	}
}

func (p *printer) intervalExpr(e *IntervalExpr) {
	p.w("INTERVAL")
	switch e.X.(type) {
	case *NumberLit, *ColumnRef:
		p.expr(e.X, 0)
	default:
		p.parens(func() { p.expr(e.X, 0) })
	}
	p.intervalUnit(e.Unit)
}

// composite writes rows, collections, what reaches into them, and the special
// arguments of functions.
func (p *printer) composite(e Expr) {
	switch e := e.(type) {
	case *RowExpr:
		if e.Explicit {
			p.w("ROW")
			p.attached(func() { p.exprs(e.Items) })
			return
		}
		p.parens(func() { p.exprs(e.Items) })
	case *CollectionExpr:
		p.w(e.Kind)
		if e.Query != nil {
			p.attached(func() { p.query(e.Query) })
			return
		}
		p.raw("[")
		p.exprs(e.Items)
		p.raw("]")
	case *IndexExpr:
		_, column := e.X.(*ColumnRef)
		p.postfixOperand(e.X, column)
		p.raw("[")
		p.expr(e.Index, 0)
		p.raw("]")
	case *FieldExpr:
		p.postfixOperand(e.X, false)
		p.raw(".")
		p.field(e.Name)
	case *TableArg:
		p.tableArg(e)
	case *ModelArg:
		p.w("MODEL")
		p.name(e.Name)
	case *Descriptor:
		p.w("DESCRIPTOR")
		p.attached(func() {
			p.commas(len(e.Columns), func(i int) {
				p.ident(e.Columns[i])
				if i < len(e.Types) && e.Types[i] != nil {
					p.typeName(*e.Types[i])
				}
			})
		})
	}
}

// postfixOperand writes what [..] or .f follows; bare says that it needs no
// parentheses in any case.
func (p *printer) postfixOperand(e Expr, bare bool) {
	switch x := e.(type) {
	case *IndexExpr, *FieldExpr, *CollectionExpr, *SubqueryExpr, *RowExpr:
		bare = true
	case *FuncCall:
		bare = !x.Niladic && x.Over == nil && x.Filter == nil && x.Nulls == "" && len(x.WithinGroup) == 0
	}
	if bare {
		p.expr(e, 0)
		return
	}
	p.parens(func() { p.expr(e, 0) })
}

func (p *printer) star(e *Star) {
	if len(e.Qualifier) > 0 {
		p.parts(e.Qualifier)
		p.raw(".*")
	} else {
		p.w("*")
	}
	if len(e.Except) > 0 {
		p.w("EXCEPT")
		p.idents(e.Except)
	}
	if len(e.Replace) > 0 {
		p.w("REPLACE")
		p.parens(func() { p.selectItems(e.Replace) })
	}
}

func (p *printer) caseExpr(e *CaseExpr) {
	p.w("CASE")
	if e.Operand != nil {
		p.expr(e.Operand, 0)
	}
	for _, w := range e.Whens {
		p.w("WHEN")
		p.expr(w.Cond, 0)
		p.w("THEN")
		p.expr(w.Result, 0)
	}
	if e.Else != nil {
		p.w("ELSE")
		p.expr(e.Else, 0)
	}
	p.w("END")
}

func (p *printer) tableArg(e *TableArg) {
	p.w("TABLE")
	if e.Table != nil {
		p.name(e.Table.Name)
		p.hints(e.Table.Hints)
	} else {
		p.parens(func() { p.query(e.Query) })
	}
	if len(e.PartitionBy) > 0 {
		p.w("PARTITION BY")
		p.group(len(e.PartitionBy), func(i int) { p.expr(e.PartitionBy[i], 0) })
	}
	if len(e.OrderBy) > 0 {
		p.w("ORDER BY")
		p.group(len(e.OrderBy), func(i int) { p.orderItem(e.OrderBy[i]) })
	}
}

// group writes one element as it is, several in parentheses.
func (p *printer) group(n int, f func(i int)) {
	if n == 1 {
		f(0)
		return
	}
	p.parens(func() { p.commas(n, f) })
}
