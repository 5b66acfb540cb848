package fn

import (
	"strconv"
	"strings"
)

func parseBoolean(s string) (bool, bool) {
	switch strings.ToUpper(strings.TrimSpace(s)) {
	case "T", "TRUE", "Y", "YES", "1":
		return true, true
	case "F", "FALSE", "N", "NO", "0":
		return false, true
	}
	return false, false
}

func parseInteger(s string, bits int) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, bits)
	return n, err == nil
}

func parseFloat(s string) (float32, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
	return float32(n), err == nil
}

func parseDouble(s string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil
}

func appendFloat(dst []byte, f float32) []byte  { return appendReal(dst, float64(f), 32) }
func appendDouble(dst []byte, f float64) []byte { return appendReal(dst, f, 64) }

func appendReal(dst []byte, f float64, bits int) []byte {
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	if !strings.ContainsAny(string(dst[from:]), ".NI") {
		dst = append(dst, ".0"...)
	}
	return dst
}
