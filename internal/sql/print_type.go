package sql

import (
	"strconv"
	"strings"
)

// typeName writes a type with its nullability.
func (p *printer) typeName(t TypeName) {
	switch {
	case t.Name == "":
		p.name(t.User)
	case t.Name == "INTERVAL" && t.Unit != nil:
		p.w("INTERVAL")
		p.intervalUnit(*t.Unit)
	case t.Name == "TIMESTAMP WITH TIME ZONE", t.Name == "TIME WITH TIME ZONE", t.Name == "TIME WITH LOCAL TIME ZONE":
		word := t.Name[:len("TIME")]
		if t.Name[0:5] == "TIMES" {
			word = "TIMESTAMP"
		}
		p.w(word)
		p.numbers(t.Params)
		p.w(t.Name[len(word)+1:])
	default:
		p.w(t.Name)
		p.numbers(t.Params)
		p.typeArgs(t)
	}
	switch t.Null {
	case NullAllowed:
		p.w("NULL")
	case NullForbidden:
		p.w("NOT NULL")
	}
}

// typeArgs writes what stands in the brackets of a composite type.
func (p *printer) typeArgs(t TypeName) {
	switch {
	case t.Name == "ROW":
		p.angles(func() {
			p.commas(len(t.Fields), func(i int) {
				f := t.Fields[i]
				p.rowField(f)
			})
		})
	case t.Name == "STRUCTURED":
		p.angles(func() {
			p.w(QuoteString(strings.Join(t.Raw, "")))
			for _, f := range t.Fields {
				p.raw(", ")
				p.rowField(f)
			}
		})
	case t.Name == "RAW":
		p.attached(func() { p.commas(len(t.Raw), func(i int) { p.w(QuoteString(t.Raw[i])) }) })
	case t.Elem != nil:
		p.angles(func() {
			if t.Key != nil {
				p.typeName(*t.Key)
				p.raw(", ")
			}
			p.typeName(*t.Elem)
		})
	}
}

func (p *printer) rowField(f FieldDef) {
	p.field(f.Name)
	p.typeName(f.Type)
	if f.Comment != nil {
		p.str(f.Comment)
	}
}

// angles writes < f >.
func (p *printer) angles(f func()) {
	p.raw("<")
	p.last = '('
	f()
	p.raw(">")
}

func (p *printer) numbers(params []int) {
	if len(params) > 0 {
		p.attached(func() { p.commas(len(params), func(i int) { p.w(strconv.Itoa(params[i])) }) })
	}
}

// intervalUnit writes an interval qualifier.
func (p *printer) intervalUnit(u IntervalUnit) {
	p.w(u.From)
	if u.Prec >= 0 {
		params := []int{u.Prec}
		if u.To == "" && u.Frac >= 0 {
			params = append(params, u.Frac)
		}
		p.numbers(params)
	}
	if u.To != "" {
		p.w("TO", u.To)
		if u.Frac >= 0 {
			p.numbers([]int{u.Frac})
		}
	}
}
