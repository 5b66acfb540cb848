package format

import (
	"strconv"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Malformed is the error of a record that cannot be read: the file, the line,
// the column (a byte of the line, from 1) and what is wrong.
func Malformed(file string, line int64, column int, msg string) error {
	return &sqlerr.Error{Code: sqlerr.Data, Msg: file + ":" + strconv.FormatInt(line, 10) + ":" + strconv.Itoa(column) + ": " + msg}
}

// Quote shows a piece of data in a message: cut when long, in quotes, with
// what cannot be printed escaped.
func Quote(b []byte) string {
	const most = 60
	if len(b) <= most {
		return strconv.Quote(string(b))
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	q := strconv.Quote(string(b[:n]))
	return q[:len(q)-1] + "…\""
}
