package types

import "encoding/binary"

// Unscaled reads a number as it lies in formats: two's complement, big-endian, of any
// length. ok is false if more than 16 bytes of it count.
func Unscaled(b []byte) (_ Int128, ok bool) {
	x := Int128{}
	if len(b) > 0 && b[0] >= 0x80 {
		x = I128(-1)
	}
	sign := x
	for i, c := range b {
		if len(b)-i > 16 && c != byte(sign.Lo) {
			return x, false
		}
		x.Hi = x.Hi<<8 | int64(x.Lo>>56)
		x.Lo = x.Lo<<8 | uint64(c)
	}
	return x, len(b) == 0 || (x.Hi < 0) == (sign.Hi < 0)
}

// UnscaledBytes puts a number into b as the fewest bytes that Unscaled reads; they are
// its end.
func UnscaledBytes(b *[16]byte, x Int128) []byte {
	binary.BigEndian.PutUint64(b[:], uint64(x.Hi))
	binary.BigEndian.PutUint64(b[8:], x.Lo)
	i := 0
	for i < 15 && (b[i] == 0 && b[i+1] < 0x80 || b[i] == 0xff && b[i+1] >= 0x80) {
		i++
	}
	return b[i:]
}
