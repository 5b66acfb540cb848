package sql

// The operators of multisets are the SQL standard's. Flink's parser knows them and
// its planner refuses them, which is the binder's work here.

// multisetOps are their precedences as BinaryExpr.Op.
var multisetOps = map[string]int{
	"MEMBER OF": precCompare, "SUBMULTISET OF": precCompare, "NOT SUBMULTISET OF": precCompare,
	"MULTISET UNION": 50, "MULTISET UNION ALL": 50, "MULTISET UNION DISTINCT": 50,
	"MULTISET EXCEPT": 50, "MULTISET EXCEPT ALL": 50, "MULTISET EXCEPT DISTINCT": 50,
	"MULTISET INTERSECT": 60, "MULTISET INTERSECT ALL": 60, "MULTISET INTERSECT DISTINCT": 60,
}

// IsMultisetOp reports whether an operator is one of multisets.
func IsMultisetOp(op string) bool { return multisetOps[op] > 0 }

// multiset parses an operator of multisets and its right side; nil if there is none
// that binds tight enough.
func (p *parser) multiset(l Expr, start, prec int) Expr {
	op := ""
	var words []string
	switch {
	case p.ahead(0).is("MEMBER") && p.ahead(1).is("OF"):
		words = []string{"MEMBER", "OF"}
	case p.ahead(0).is("SUBMULTISET") && p.ahead(1).is("OF"):
		words = []string{"SUBMULTISET", "OF"}
	case p.ahead(0).is("NOT") && p.ahead(1).is("SUBMULTISET") && p.ahead(2).is("OF"):
		words = []string{"NOT", "SUBMULTISET", "OF"}
	case p.ahead(0).is("MULTISET") && (p.ahead(1).is("UNION") || p.ahead(1).is("EXCEPT") || p.ahead(1).is("INTERSECT")):
		words = []string{"MULTISET", p.ahead(1).up}
		if p.ahead(2).is("ALL") || p.ahead(2).is("DISTINCT") {
			words = append(words, p.ahead(2).up)
		}
	default:
		return nil
	}
	for i, w := range words {
		if i > 0 {
			op += " "
		}
		op += w
	}
	own := multisetOps[op]
	if own < prec {
		return nil
	}
	p.expect(words...)
	r := p.exprAt(own + 1)
	return &BinaryExpr{p.since(start), op, l, r}
}

// precedence gives that of a binary operator.
func precedence(op string) int {
	if n, ok := multisetOps[op]; ok {
		return n
	}
	return infix[op]
}
