package sql

import (
	"fmt"
	"strings"
)

// Print gives the node as SQL on one line: keywords in upper case, names and
// literals as they were. Parsing the text gives the same tree. It takes
// statements, queries, expressions, table references and types; statements end
// without a semicolon.
func Print(n any) string {
	var b strings.Builder
	p := printer{b: &b}
	switch n := n.(type) {
	case *Script:
		for i, s := range n.Statements {
			if i > 0 {
				b.WriteByte('\n')
			}
			p.last = 0
			p.statement(s)
			b.WriteByte(';')
		}
	case Statement:
		p.statement(n)
	case *Query:
		p.query(n)
	case SetExpr:
		p.setExpr(n)
	case Expr:
		p.expr(n, 0)
	case TableRef:
		p.tableRef(n)
	case AlterAction:
		p.alterAction(n)
	case TypeName:
		p.typeName(n)
	case *TypeName:
		p.typeName(*n)
	case ObjectName:
		p.name(n)
	case Ident:
		p.ident(n)
	case OrderItem:
		p.orderItem(n)
	case ColumnDef:
		p.columnDef(n)
	default:
		fmt.Fprintf(&b, "%v", n)
	}
	return b.String()
}

// String gives the type as SQL.
func (t TypeName) String() string { return Print(t) }

// printer writes words, with a space between two where one is needed.
type printer struct {
	b    *strings.Builder
	last byte // the last byte that was written, 0 at the start
}

// raw writes s without a space.
func (p *printer) raw(s string) {
	if s != "" {
		p.b.WriteString(s)
		p.last = s[len(s)-1]
	}
}

// w writes words, each with a space before it unless it follows an opening
// parenthesis, bracket or dot. Empty words are left out.
func (p *printer) w(words ...string) {
	for _, s := range words {
		if s == "" {
			continue
		}
		switch p.last {
		case 0, '(', '[', ' ', '.':
		default:
			p.b.WriteByte(' ')
		}
		p.raw(s)
	}
}

// opt writes the words if on is set.
func (p *printer) opt(on bool, words string) {
	if on {
		p.w(words)
	}
}

// parens writes ( f ) with a space before it.
func (p *printer) parens(f func()) {
	p.w("(")
	f()
	p.raw(")")
}

// attached writes ( f ) without a space before it.
func (p *printer) attached(f func()) {
	p.raw("(")
	f()
	p.raw(")")
}

// commas calls f for 0 to n-1, with commas between.
func (p *printer) commas(n int, f func(i int)) {
	for i := range n {
		if i > 0 {
			p.raw(", ")
		}
		f(i)
	}
}

// ident writes a name that stands alone.
func (p *printer) ident(i Ident) {
	if i.Quoted || !plainWord(i.Name) || IsReserved(i.Name) {
		p.w(quoted(i.Name))
		return
	}
	p.w(i.Name)
}

// field writes a name where reserved words will do.
func (p *printer) field(i Ident) {
	if i.Quoted || !plainWord(i.Name) {
		p.w(quoted(i.Name))
		return
	}
	p.w(i.Name)
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// plainWord reports whether the name can be written without quotes, keywords
// apart.
func plainWord(name string) bool {
	for i, r := range name {
		if i == 0 && !isWordStart(r) || !isWordPart(r) {
			return false
		}
	}
	return name != ""
}

func (p *printer) name(n ObjectName) { p.parts(n.Parts) }

func (p *printer) parts(parts []Ident) {
	for i, part := range parts {
		if i == 0 {
			p.ident(part)
			continue
		}
		p.raw(".")
		p.field(part)
	}
}

func (p *printer) idents(list []Ident) {
	p.parens(func() { p.commas(len(list), func(i int) { p.ident(list[i]) }) })
}

func (p *printer) names(list []ObjectName) {
	p.parens(func() { p.commas(len(list), func(i int) { p.name(list[i]) }) })
}

func (p *printer) str(s *StringLit) { p.w(QuoteString(s.Value)) }

// comment writes COMMENT '..' if there is one.
func (p *printer) comment(s *StringLit) {
	if s != nil {
		p.w("COMMENT")
		p.str(s)
	}
}

// with writes WITH (..) if there are options.
func (p *printer) with(opts []Option) {
	if len(opts) > 0 {
		p.w("WITH")
		p.options(opts)
	}
}

func (p *printer) options(opts []Option) {
	p.parens(func() {
		p.commas(len(opts), func(i int) {
			p.str(opts[i].Key)
			p.w("=")
			p.str(opts[i].Value)
		})
	})
}

// partition writes PARTITION (..) if there are values.
func (p *printer) partition(values []PartitionValue) {
	if len(values) == 0 {
		return
	}
	p.w("PARTITION")
	p.parens(func() {
		p.commas(len(values), func(i int) {
			p.ident(values[i].Key)
			if values[i].Value != nil {
				p.w("=")
				p.expr(values[i].Value, 0)
			}
		})
	})
}
