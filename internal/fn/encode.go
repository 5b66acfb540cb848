package fn

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/weir-stream/weir/internal/types"
)

const (
	lowerHex     = "0123456789abcdef"
	upperHex     = "0123456789ABCDEF"
	hashCategory = "hash"
)

func appendHex(dst []byte, s, digits string) []byte {
	for i := range len(s) {
		dst = append(dst, digits[s[i]>>4], digits[s[i]&15])
	}
	return dst
}

// unhex reads pairs of hexadecimal digits; an odd one stands for a byte itself.
func unhex(dst []byte, r *row) ([]byte, bool) {
	s := r.str(0)
	if len(s)%2 == 1 {
		d, ok := hexDigit(s[0])
		if !ok {
			return dst, false
		}
		dst, s = append(dst, d), s[1:]
	}
	for ; s != ""; s = s[2:] {
		hi, ok1 := hexDigit(s[0])
		lo, ok2 := hexDigit(s[1])
		if !ok1 || !ok2 {
			return dst, false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Hashes are MD5 and the SHA family, in lower-case hexadecimal digits.
func Hashes() []Func {
	sums := []struct {
		name, example string
		sum           func(dst []byte, s string) []byte
	}{
		{"MD5", "900150983cd24fb0d6963f7d28e17f72", func(d []byte, s string) []byte { h := md5.Sum([]byte(s)); return append(d, h[:]...) }},
		{"SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d", func(d []byte, s string) []byte { h := sha1.Sum([]byte(s)); return append(d, h[:]...) }},
		{"SHA224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", func(d []byte, s string) []byte { h := sha256.Sum224([]byte(s)); return append(d, h[:]...) }},
		{"SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", func(d []byte, s string) []byte { h := sha256.Sum256([]byte(s)); return append(d, h[:]...) }},
		{"SHA384", "", func(d []byte, s string) []byte { h := sha512.Sum384([]byte(s)); return append(d, h[:]...) }},
		{"SHA512", "", func(d []byte, s string) []byte { h := sha512.Sum512([]byte(s)); return append(d, h[:]...) }},
	}
	var out []Func
	bySize := map[int64]func([]byte, string) []byte{}
	for i, h := range sums {
		f := Func{Name: h.name, Sig: "(s STRINGLIKE) -> STRING", Doc: "The " + h.name + " hash of the text, in 32 to 128 hexadecimal digits.", Category: hashCategory,
			Bind: textOf(func(dst []byte, r *row) ([]byte, bool) {
				var buf [64]byte
				return appendHex(dst, string(h.sum(buf[:0], r.str(0))), lowerHex), true
			})}
		f.Examples = []Example{{h.name + "('abc')", h.example}}
		if h.example == "" {
			f.Examples = []Example{{"CHAR_LENGTH(" + h.name + "('abc'))", map[string]string{"SHA384": "96", "SHA512": "128"}[h.name]}}
		}
		out = append(out, f)
		if i >= 2 {
			bySize[[]int64{0, 0, 224, 256, 384, 512}[i]] = h.sum
		}
	}
	return append(out, nullable(Func{Name: "SHA2", Sig: "(s STRINGLIKE, bits INTEGER)", Doc: "The SHA-2 hash of the text with 224, 256, 384 or 512 bits.",
		Category: hashCategory, CanFail: true, Bind: textOf(func(dst []byte, r *row) ([]byte, bool) {
			sum, ok := bySize[r.int(1)]
			if !ok {
				r.fail("SHA2 has no length of %d bits: use 224, 256, 384 or 512", r.int(1))
				return dst, false
			}
			var buf [64]byte
			return appendHex(dst, string(sum(buf[:0], r.str(0))), lowerHex), true
		}), Examples: []Example{{"SHA2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"}}}, types.String()))
}
