package expr

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// String gives the column's name; $i if it has none.
func (c *Col) String() string {
	if c.Name == "" {
		return fmt.Sprintf("$%d", c.Index)
	}
	return c.Name
}

// String gives the literal as SQL.
func (l *Lit) String() string {
	if l.Value == nil {
		return "NULL"
	}
	text := fn.ValueText(l.T, l.Value)
	switch {
	case l.T.Kind == types.Symbol:
		return text
	case l.T.IsString():
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case l.T.IsBinary():
		return fmt.Sprintf("X'%X'", l.Value)
	case l.T.Kind == types.Date, l.T.Kind == types.Time, l.T.IsTimestamp():
		return l.T.Kind.String() + " '" + text + "'"
	case l.T.IsInterval():
		sign := ""
		if text[0] == '-' {
			sign = "-"
		}
		return l.T.Kind.String()[:9] + sign + "'" + text[1:] + "'" + l.T.Kind.String()[8:]
	case l.T.Kind == types.Array:
		return "ARRAY" + text
	}
	return text
}

// infix are the functions that print between their operands.
var infix = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true, "+": true, "-": true, "*": true,
	"/": true, "%": true, "||": true, "LIKE": true, "SIMILAR TO": true, "IS DISTINCT FROM": true, "IS NOT DISTINCT FROM": true}

// String gives the call as SQL.
func (c *Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	name := c.Fn.Name
	switch {
	case infix[name] && len(args) >= 2:
		s := operandText(c.Args[0]) + " " + name + " " + operandText(c.Args[1])
		if len(args) > 2 {
			s += " ESCAPE " + args[2]
		}
		return s
	case strings.HasPrefix(name, "IS ") && len(args) == 1:
		return operandText(c.Args[0]) + " " + name
	case name == "NOT":
		return "NOT " + operandText(c.Args[0])
	case name == "NEGATE":
		return "-" + operandText(c.Args[0])
	case name == "ITEM":
		return args[0] + "[" + args[1] + "]"
	case name == "FIELD":
		return args[0] + "." + strings.Trim(args[1], "'")
	case name == "ARRAY" || name == "MAP":
		return name + "[" + strings.Join(args, ", ") + "]"
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// operandText puts parentheses around what binds more loosely than a call.
func operandText(e Expr) string {
	s := e.String()
	switch e := e.(type) {
	case *Logic, *In:
		return "(" + s + ")"
	case *Call:
		if infix[e.Fn.Name] || e.Fn.Name == "NOT" || strings.HasPrefix(e.Fn.Name, "IS ") {
			return "(" + s + ")"
		}
	}
	return s
}

// String gives the operands joined by AND or OR.
func (l *Logic) String() string {
	parts := make([]string, len(l.Args))
	for i, a := range l.Args {
		parts[i] = a.String()
		if _, ok := a.(*Logic); ok {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, [...]string{And: " AND ", Or: " OR "}[l.Op])
}

// String gives the CASE as SQL.
func (c *Case) String() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range c.Whens {
		fmt.Fprintf(&b, " WHEN %s THEN %s", w.Cond, w.Then)
	}
	if c.Else != nil {
		fmt.Fprintf(&b, " ELSE %s", c.Else)
	}
	b.WriteString(" END")
	return b.String()
}

// String gives CAST(x AS t).
func (c *Cast) String() string {
	name := "CAST"
	if c.Try {
		name = "TRY_CAST"
	}
	return fmt.Sprintf("%s(%s AS %s)", name, c.X, c.T.AsNullable().WithAttr(types.NoAttr))
}

// String gives x IN (values).
func (n *In) String() string {
	parts := make([]string, len(n.Values))
	for i, v := range n.Values {
		parts[i] = v.String()
	}
	not := ""
	if n.Not {
		not = "NOT "
	}
	return fmt.Sprintf("%s %sIN (%s)", operandText(n.X), not, strings.Join(parts, ", "))
}
