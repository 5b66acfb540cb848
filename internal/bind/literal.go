package bind

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// text gives a CHAR literal.
func text(s string) *expr.Lit {
	return &expr.Lit{Value: s, T: types.CharOf(utf8.RuneCountInString(s)).NotNull()}
}

// integer gives an INT or BIGINT literal.
func integer(n int64) *expr.Lit {
	if n == int64(int32(n)) {
		return &expr.Lit{Value: n, T: types.Of(types.Int).NotNull()}
	}
	return &expr.Lit{Value: n, T: types.Of(types.BigInt).NotNull()}
}

// literal binds the literals that have no operands.
func (b *Binder) literal(e sql.Expr) (expr.Expr, bool) {
	switch e := e.(type) {
	case *sql.StringLit:
		return text(e.Value), true
	case *sql.NumberLit:
		return b.number(e, false, e.Pos), true
	case *sql.BinaryLit:
		return &expr.Lit{Value: string(e.Value), T: types.Type{Kind: types.Binary, Prec: len(e.Value)}}, true
	case *sql.BoolLit:
		if e.Unknown {
			return expr.Null(types.Of(types.Boolean)), true
		}
		return &expr.Lit{Value: e.Value, T: types.Of(types.Boolean).NotNull()}, true
	case *sql.NullLit:
		return expr.Null(types.Of(types.Null)), true
	case *sql.DateTimeLit:
		return b.dateTime(e), true
	case *sql.IntervalLit:
		return b.interval(e), true
	case *sql.Symbol:
		return &expr.Lit{Value: e.Name, T: types.Of(types.Symbol).NotNull()}, true
	case *sql.DefaultLit:
		b.unsupported(e.Pos, "DEFAULT")
		return bad, true
	}
	return nil, false
}

// number gives the narrowest of INT, BIGINT and DECIMAL that holds an exact
// literal, and DOUBLE for one with an exponent.
func (b *Binder) number(n *sql.NumberLit, negative bool, pos sqlerr.Pos) expr.Expr {
	s := n.Text
	if negative {
		s = "-" + s
	}
	if n.Approx() {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			b.fail(sqlerr.Type, pos, "the number %s is out of the range of DOUBLE", s)
			return bad
		}
		return &expr.Lit{Value: f, T: types.Of(types.Double).NotNull()}
	}
	if n.Integer() {
		if v, err := strconv.ParseInt(s, 10, 64); err == nil {
			return integer(v)
		}
	}
	whole, frac, _ := strings.Cut(n.Text, ".")
	whole = strings.TrimLeft(whole, "0")
	prec, scale := max(len(whole)+len(frac), 1), len(frac)
	if prec > types.MaxPrecision {
		b.fail(sqlerr.Type, pos, "the number has %d digits; DECIMAL has at most %d", prec, types.MaxPrecision).
			WithHint("write it with an exponent to make it a DOUBLE: %se0", n.Text)
		return bad
	}
	return b.decimal(s, prec, scale, pos)
}

func (b *Binder) decimal(s string, prec, scale int, pos sqlerr.Pos) expr.Expr {
	v, err := types.ParseDecimal(s, prec, scale)
	if err != nil {
		b.fail(sqlerr.Type, pos, "%s is not a number", s)
		return bad
	}
	t := types.DecimalOf(prec, scale).NotNull()
	if prec <= types.MaxPrecision64 {
		return &expr.Lit{Value: v.Int64(), T: t}
	}
	return &expr.Lit{Value: v, T: t}
}

// fraction counts the digits of the seconds' fraction in the text of a time.
func fraction(s string) int {
	_, frac, ok := strings.Cut(s, ".")
	if !ok {
		return 0
	}
	n := 0
	for n < len(frac) && frac[n] >= '0' && frac[n] <= '9' {
		n++
	}
	return n
}

func (b *Binder) dateTime(e *sql.DateTimeLit) expr.Expr {
	lit, ok := dateTimeValue(e.Kind, e.Text, b.Zone)
	if !ok {
		form := map[string]string{"DATE": "DATE '2026-01-31'", "TIME": "TIME '23:59:59'"}[e.Kind]
		if form == "" {
			form = e.Kind + " '2026-01-31 23:59:59'"
		}
		b.fail(sqlerr.Type, e.Pos, "'%s' is not a %s", e.Text, e.Kind).WithHint("write it as in %s", form)
		return bad
	}
	return lit
}

func dateTimeValue(kind, s string, zone *types.Zone) (*expr.Lit, bool) {
	switch kind {
	case "DATE":
		d, ok := types.ParseDate(s)
		return &expr.Lit{Value: int64(d), T: types.Of(types.Date).NotNull()}, ok
	case "TIME":
		d, ok := types.ParseTime(s)
		return &expr.Lit{Value: int64(d), T: types.TimeOf(min(fraction(s), 3)).NotNull()}, ok
	}
	// The precision is that of the text.
	p := min(fraction(s), 9)
	t := types.TimestampOf(p).NotNull()
	var ms int64
	var ns int32
	var ok bool
	if kind == "TIMESTAMP_LTZ" {
		t = types.TimestampLTZOf(p).NotNull()
		ms, ns, ok = types.ParseTimestampLTZ(s, p, zone)
	} else {
		ms, ns, ok = types.ParseTimestamp(s, p)
	}
	return &expr.Lit{Value: timestampValue(ms, ns, p), T: t}, ok
}

// timestampValue gives a point in time as vec.Vector.Value does for a precision.
func timestampValue(ms int64, ns int32, p int) any {
	switch {
	case p <= 3:
		return ms
	case p <= 6:
		return ms*1000 + int64(ns)/1000
	}
	return types.TimeNs{Ms: ms, Ns: ns}
}

// unitMs is the length of the units of day-time intervals.
var unitMs = map[string]int64{"WEEK": 7 * 86_400_000, "DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1000}

// unitMonths is the length of the units of year-month intervals.
var unitMonths = map[string]int64{"YEAR": 12, "QUARTER": 3, "MONTH": 1}

func (b *Binder) interval(e *sql.IntervalLit) expr.Expr {
	v, ok := intervalValue(e.Text, e.Unit)
	if !ok {
		b.fail(sqlerr.Type, e.Pos, "'%s' is not an interval of %s", e.Text, unitText(e.Unit)).WithHint("write it as in %s", intervalForm(e.Unit))
		return bad
	}
	if e.Negative {
		v = -v
	}
	k := types.IntervalDT
	if e.Unit.YearMonth() {
		k = types.IntervalYM
	}
	return &expr.Lit{Value: v, T: types.Of(k).NotNull()}
}

func unitText(u sql.IntervalUnit) string {
	if u.To != "" {
		return u.From + " TO " + u.To
	}
	return u.From
}

func intervalForm(u sql.IntervalUnit) string {
	switch {
	case u.To == "":
		return "INTERVAL '10' " + u.From
	case u.From == "YEAR":
		return "INTERVAL '1-6' YEAR TO MONTH"
	case u.From == "DAY" && u.To == "SECOND":
		return "INTERVAL '1 02:03:04.5' DAY TO SECOND"
	}
	return "INTERVAL '" + map[string]string{"DAY HOUR": "1 02", "DAY MINUTE": "1 02:03", "HOUR MINUTE": "02:03", "HOUR SECOND": "02:03:04",
		"MINUTE SECOND": "03:04"}[u.From+" "+u.To] + "' " + unitText(u)
}

// intervalValue reads an interval in months or milliseconds: numbers for the
// units from From to To, with the separators of their kind between.
func intervalValue(s string, u sql.IntervalUnit) (int64, bool) {
	s = strings.TrimSpace(s)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	var v int64
	var ok bool
	if u.YearMonth() {
		v, ok = yearMonth(s, u)
	} else {
		v, ok = dayTime(s, u)
	}
	if neg {
		v = -v
	}
	return v, ok
}

func yearMonth(s string, u sql.IntervalUnit) (int64, bool) {
	years, months, two := strings.Cut(s, "-")
	n, err := strconv.ParseInt(years, 10, 32)
	if err != nil || n < 0 || two != (u.To != "") {
		return 0, false
	}
	v := n * unitMonths[u.From]
	if two {
		m, err := strconv.ParseInt(months, 10, 32)
		if err != nil || m < 0 || m > 11 {
			return 0, false
		}
		v += m
	}
	return v, true
}

var dayUnits = []string{"DAY", "HOUR", "MINUTE", "SECOND"}

func dayTime(s string, u sql.IntervalUnit) (int64, bool) {
	units := []string{u.From}
	if u.To != "" {
		units = nil
		for _, d := range dayUnits {
			if d == u.From || len(units) > 0 {
				units = append(units, d)
			}
			if d == u.To {
				break
			}
		}
	}
	v := int64(0)
	for i, unit := range units {
		sep := ""
		if i < len(units)-1 {
			sep = ":"
			if unit == "DAY" {
				sep = " "
			}
		}
		part, rest := s, ""
		if sep != "" {
			var ok bool
			if part, rest, ok = strings.Cut(s, sep); !ok {
				return 0, false
			}
		}
		n, ok := unitValue(part, unit)
		if !ok {
			return 0, false
		}
		v, s = v+n, rest
	}
	return v, true
}

func unitValue(s, unit string) (int64, bool) {
	frac := int64(0)
	if unit == "SECOND" {
		whole, digits, ok := strings.Cut(s, ".")
		if ok {
			if digits == "" || len(digits) > 9 {
				return 0, false
			}
			n, err := strconv.ParseUint((digits + "00")[:3], 10, 32)
			if err != nil {
				return 0, false
			}
			frac = int64(n)
		}
		s = whole
	}
	n, err := strconv.ParseUint(s, 10, 40)
	return int64(n)*unitMs[unit] + frac, err == nil
}
