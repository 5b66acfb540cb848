package format

import (
	"math"
	"strconv"
)

// AppendFloat appends a FLOAT (size 32) or DOUBLE (size 64) as Java prints it:
// the shortest digits that read back the same, plain from 1e-3 to 1e7 with at
// least one digit after the point, otherwise as 1.0E10.
func AppendFloat(dst []byte, x float64, size int) []byte {
	switch {
	case x != x:
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	}
	at := len(dst)
	if a := math.Abs(x); a == 0 || a >= 1e-3 && a < 1e7 {
		dst = strconv.AppendFloat(dst, x, 'f', -1, size)
		for _, c := range dst[at:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, '.', '0')
	}
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], x, 'e', -1, size)
	e := len(b) - 1
	for b[e] != 'e' {
		e--
	}
	dst = append(dst, b[:e]...)
	if e == 1 || e == 2 && b[0] == '-' {
		dst = append(dst, '.', '0')
	}
	dst = append(dst, 'E')
	exp := b[e+1:]
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	exp = exp[1:]
	for len(exp) > 1 && exp[0] == '0' {
		exp = exp[1:]
	}
	return append(dst, exp...)
}
