package fn

import (
	"strconv"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// toString casts anything to CHAR(n), which pads and cuts, or VARCHAR(n), which
// cuts. The strings of a batch share one buffer.
func (x caster) toString() Kernel {
	if x.from.IsString() || x.from.IsBinary() {
		return x.fitString()
	}
	if x.from.IsInteger() && x.to.Prec >= longestInteger && x.to.Kind == types.Varchar {
		return integerText()
	}
	app := NewAppender(x.from, x.zone)
	pad := x.to.Kind == types.Char
	n := x.to.Prec
	var b textBuilder
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		b.start(v.N)
		for i := range v.N {
			from := len(b.buf)
			if !v.IsNull(i) {
				b.buf = app(b.buf, v, i)
				if pad || n < types.MaxLen {
					b.buf = fitLength(b.buf, from, n, pad)
				}
			}
			b.end()
		}
		b.finish(out)
		return nil
	}
}

// longestInteger is the length of the longest BIGINT.
const longestInteger = 20

// integerText prints integers that always fit.
func integerText() Kernel {
	var b textBuilder
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		b.start(v.N)
		for i := range v.N {
			b.buf = strconv.AppendInt(b.buf, intAt(v, i), 10)
			b.end()
		}
		b.finish(out)
		return nil
	}
}

// fitLength cuts the string that begins at from to n characters, or pads it.
func fitLength(buf []byte, from, n int, pad bool) []byte {
	chars := utf8.RuneCount(buf[from:])
	switch {
	case chars > n:
		return buf[:from+byteOffset(buf[from:], n)]
	case pad:
		for ; chars < n; chars++ {
			buf = append(buf, ' ')
		}
	}
	return buf
}

// byteOffset gives where character n of b begins.
func byteOffset(b []byte, n int) int {
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, w := utf8.DecodeRune(b[i:])
		i += w
	}
	return i
}

// fitString cuts or pads text; bytes become the text that they encode.
func (x caster) fitString() Kernel {
	pad := x.to.Kind == types.Char
	n := x.to.Prec
	fit := func(s string) string {
		if len(s) <= n && !pad {
			return s
		}
		b := fitLength([]byte(s), 0, n, pad)
		if len(b) <= len(s) {
			return s[:len(b)]
		}
		return string(b)
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range out.S {
			out.S[i] = fit(v.S[v.Idx(i)])
		}
		return nil
	}
}

// toBinary cuts or pads with zero bytes.
func (x caster) toBinary() Kernel {
	if !x.from.IsString() && !x.from.IsBinary() {
		return nil
	}
	n, pad := x.to.Prec, x.to.Kind == types.Binary
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range out.S {
			s := v.S[v.Idx(i)]
			if len(s) > n {
				s = s[:n]
			} else if pad && len(s) < n {
				s += string(make([]byte, n-len(s)))
			}
			out.S[i] = s
		}
		return nil
	}
}

// fromString reads text as another type.
func (x caster) fromString() Kernel {
	switch t := x.to; {
	case t.IsBinary():
		return x.toBinary()
	case t.Kind == types.Boolean:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			var err error
			out.B[i], err = types.ParseBool(s)
			return err == nil
		})
	case t.IsInteger():
		return x.readInteger()
	case t.Kind == types.Float:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			f, err := types.ParseFloat(s, 32)
			out.F32[i] = float32(f)
			return err == nil
		})
	case t.Kind == types.Double:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			f, err := types.ParseFloat(s, 64)
			out.F64[i] = f
			return err == nil
		})
	case t.Kind == types.Decimal:
		return x.readDecimal()
	case t.Kind == types.Date:
		return readText(x, func(out *vec.Vector, i int, s string) (ok bool) { out.I32[i], ok = types.ParseDate(s); return ok })
	case t.Kind == types.Time:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			ms, ok := types.ParseTime(s)
			out.I32[i] = cutTime(ms, t.Prec)
			return ok
		})
	case t.Kind == types.Timestamp:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			ms, ns, ok := types.ParseTimestamp(s, t.Prec)
			setTimestamp(out, i, ms, ns)
			return ok
		})
	case t.Kind == types.TimestampLTZ:
		return readText(x, func(out *vec.Vector, i int, s string) bool {
			ms, ns, ok := types.ParseTimestampLTZ(s, t.Prec, x.zone)
			setTimestamp(out, i, ms, ns)
			return ok
		})
	}
	return nil
}

// readText makes the kernel around a reader of one value.
func readText(x caster, read func(out *vec.Vector, i int, s string) bool) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range v.N {
			if v.IsNull(i) || !c.Live.Get(i) {
				continue
			}
			s := v.S[v.Idx(i)]
			if read(out, i, s) {
				continue
			}
			if !x.try {
				return failure(sqlerr.Conversion, "cannot cast '%s' to %s", shorten(s), plainType(x.to))
			}
			out.SetNull(i)
		}
		return nil
	}
}

// shorten keeps a value in a message to a line.
func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:byteOffset([]byte(s[:min(len(s), most+utf8.UTFMax)]), most-3)] + "..."
}

func (x caster) readInteger() Kernel {
	bits := map[types.Kind]int{types.TinyInt: 8, types.SmallInt: 16, types.Int: 32, types.BigInt: 64}[x.to.Kind]
	return readText(x, func(out *vec.Vector, i int, s string) bool {
		n, err := types.ParseInt(s, -1<<(bits-1), 1<<(bits-1)-1)
		switch bits {
		case 8:
			out.I8[i] = int8(n)
		case 16:
			out.I16[i] = int16(n)
		case 32:
			out.I32[i] = int32(n)
		default:
			out.I64[i] = n
		}
		return err == nil
	})
}

func (x caster) readDecimal() Kernel {
	p, s := x.to.Prec, x.to.Scale
	if x.to.Phys() == types.PI64 {
		return readText(x, func(out *vec.Vector, i int, text string) bool {
			n, err := types.ParseDecimal64(text, p, s)
			out.I64[i] = n
			return err == nil
		})
	}
	return readText(x, func(out *vec.Vector, i int, text string) bool {
		n, err := types.ParseDecimal(text, p, s)
		out.D[i] = n
		return err == nil
	})
}

// cutTime drops the digits of a time of day beyond the precision.
func cutTime(ms int32, p int) int32 {
	switch {
	case p >= 3:
		return ms
	case p == 2:
		return ms - ms%10
	case p == 1:
		return ms - ms%100
	}
	return ms - ms%1000
}
