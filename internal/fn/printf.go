package fn

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/types"
)

// Printf is PRINTF, java.util.Formatter's conversions over SQL values. A format
// that does not fit the values gives NULL.
func Printf() []Func {
	return []Func{{Name: "PRINTF", Sig: "(format STRINGLIKE, x ANY...)", Doc: "The values written into a format of Java's, such as '%s is %08d'; NULL if they do not fit.",
		Category: stringCategory, Nulls: Custom, Infer: nullableResult(types.String()), Bind: bindPrintf,
		Examples: []Example{{"PRINTF('%s has %05d', 'a', 42)", "a has 00042"}, {"PRINTF('%.1f', 10.24)", "10.2"}}}}
}

// formatSpec is %[index$][flags][width][.precision]conversion.
type formatSpec struct {
	index, width, precision int // -1 where not given
	flags                   string
	conv                    byte
}

func bindPrintf(c *Call) (Kernel, error) {
	apps := make([]Appender, len(c.Args))
	for i, a := range c.Args {
		apps[i] = javaAppender(a.Type)
	}
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		if r.null(0) {
			return dst, false
		}
		next := 1
		for f := r.str(0); f != ""; {
			i := strings.IndexByte(f, '%')
			if i < 0 {
				return append(dst, f...), true
			}
			dst = append(dst, f[:i]...)
			spec, rest, ok := parseFormat(f[i+1:])
			if !ok {
				return dst, false
			}
			f = rest
			switch spec.conv {
			case '%':
				dst = append(dst, '%')
				continue
			case 'n':
				dst = append(dst, '\n')
				continue
			}
			k := next
			if spec.index >= 0 {
				k = spec.index
			} else {
				next++
			}
			if k < 1 || k >= len(r.args) {
				return dst, false
			}
			if dst, ok = spec.append(dst, c.Args[k].Type, apps[k], r, k); !ok {
				return dst, false
			}
		}
		return dst, true
	}), nil
}

func parseFormat(s string) (spec formatSpec, rest string, ok bool) {
	spec = formatSpec{index: -1, width: -1, precision: -1}
	number := func() int {
		i := 0
		for i < len(s) && i < 6 && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[:i])
		if err != nil {
			return -1
		}
		s = s[i:]
		return n
	}
	if i := strings.IndexByte(s, '$'); i > 0 && strings.Trim(s[:i], "0123456789") == "" {
		spec.index, _ = strconv.Atoi(s[:i])
		s = s[i+1:]
	}
	n := len(s) - len(strings.TrimLeft(s, "-#+ 0,("))
	spec.flags, s = s[:n], s[n:]
	spec.width = number()
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		spec.precision = number()
	}
	if s == "" || strings.IndexByte("sSdxXofeEbBcCn%", s[0]) < 0 {
		return spec, s, false
	}
	spec.conv = s[0]
	return spec, s[1:], true
}

// append writes one value; false if the conversion is not for its type.
func (f *formatSpec) append(dst []byte, t types.Type, text Appender, r *row, k int) ([]byte, bool) {
	if r.null(k) {
		s := "null"
		if f.conv == 'b' || f.conv == 'B' {
			s = "false"
		}
		return f.pad(dst, s, false), true
	}
	whole := t.IsInteger() || t.Kind == types.Date || t.Kind == types.Time || t.IsInterval()
	switch f.conv {
	case 's', 'S':
		s := string(text(nil, r.args[k], r.i))
		if f.precision >= 0 {
			s = s[:charOffset(s, f.precision)]
		}
		if f.conv == 'S' {
			s = strings.ToUpper(s)
		}
		return f.pad(dst, s, false), true
	case 'b', 'B':
		if t.Kind == types.Boolean {
			return f.pad(dst, strconv.FormatBool(r.bool(k)), false), true
		}
		return f.pad(dst, "true", false), true
	case 'd':
		if !whole {
			return dst, false
		}
		return f.pad(dst, f.signed(strconv.FormatInt(r.int(k), 10)), true), true
	case 'x', 'X', 'o':
		if !whole {
			return dst, false
		}
		base := 16
		if f.conv == 'o' {
			base = 8
		}
		n := uint64(r.int(k))
		if t.Phys() == types.PI32 {
			n &= 1<<32 - 1
		}
		s := strconv.FormatUint(n, base)
		if f.conv == 'X' {
			s = strings.ToUpper(s)
		}
		return f.pad(dst, s, true), true
	case 'c', 'C':
		if !whole {
			return dst, false
		}
		return f.pad(dst, string(rune(r.int(k))), false), true
	}
	if !t.IsApprox() && t.Kind != types.Decimal {
		return dst, false
	}
	return f.real(dst, string(text(nil, r.args[k], r.i)))
}

// real writes a number with %f or %e, rounded half up on its decimal text.
func (f *formatSpec) real(dst []byte, text string) ([]byte, bool) {
	p := f.precision
	if p < 0 {
		p = 6
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return f.pad(dst, text, false), true // NaN, Infinity
	}
	if f.conv == 'f' {
		return f.pad(dst, f.signed(x.FloatString(p)), true), true
	}
	v, _ := x.Float64()
	s := strconv.FormatFloat(v, f.conv, p, 64)
	return f.pad(dst, f.signed(s), true), true
}

// signed adds the sign and the grouping that flags ask for.
func (f *formatSpec) signed(s string) string {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if strings.Contains(f.flags, ",") {
		whole, frac, dot := strings.Cut(s, ".")
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
		if s = whole; dot {
			s += "." + frac
		}
	}
	switch {
	case neg && strings.Contains(f.flags, "("):
		return "(" + s + ")"
	case neg:
		return "-" + s
	case strings.Contains(f.flags, "+"):
		return "+" + s
	case strings.Contains(f.flags, " "):
		return " " + s
	}
	return s
}

// pad fills to the width: on the left, on the right with -, with zeros after
// the sign of a number with 0.
func (f *formatSpec) pad(dst []byte, s string, number bool) []byte {
	missing := f.width - utf8.RuneCountInString(s)
	if missing <= 0 {
		return append(dst, s...)
	}
	switch {
	case strings.Contains(f.flags, "-"):
		dst = append(dst, s...)
		return append(dst, strings.Repeat(" ", missing)...)
	case number && strings.Contains(f.flags, "0"):
		if s != "" && strings.IndexByte("+-( ", s[0]) >= 0 {
			dst, s = append(dst, s[0]), s[1:]
		}
		dst = append(dst, strings.Repeat("0", missing)...)
		return append(dst, s...)
	}
	dst = append(dst, strings.Repeat(" ", missing)...)
	return append(dst, s...)
}
