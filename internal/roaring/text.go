package roaring

import (
	"errors"
	"strconv"
	"strings"
)

// longestText is where the text of a set is broken off, as in Java's library.
const longestText = 0x80000

// AppendText appends the elements as {1,2,4294967295}: unsigned, ascending,
// without blanks. The text of a large set ends in ",...}".
func AppendText(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, '{')
	first := true
	Each(s, func(x uint32) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if len(dst)-start > longestText {
			dst = append(dst, "..."...)
			return false
		}
		dst = strconv.AppendUint(dst, uint64(x), 10)
		return true
	})
	return append(dst, '}')
}

// ParseText reads what AppendText writes, blanks allowed, for tests and tools.
func (m *Maker) ParseText(dst []byte, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	inner, ok := strings.CutPrefix(text, "{")
	if ok {
		inner, ok = strings.CutSuffix(inner, "}")
	}
	if !ok {
		return dst, errors.New("a bitmap is written {1,2,3}")
	}
	var xs []uint32
	for _, part := range strings.Split(inner, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		x, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return dst, err
		}
		xs = append(xs, uint32(x))
	}
	return m.Build(dst, xs), nil
}
