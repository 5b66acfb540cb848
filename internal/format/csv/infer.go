package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// inferRows is how many records of the sample are looked at.
const inferRows = 1000

// inferOptions guesses the delimiter and whether there is a header.
func inferOptions(sample []byte) map[string]string {
	best, bestCols, bestRows := byte(','), 1, records(nil)
	for _, delim := range []byte(",\t;|") {
		rows := read(sample, delim)
		if len(rows) == 0 {
			continue
		}
		n := len(rows[0])
		for _, r := range rows[1:] {
			if len(r) != n {
				n = 0
				break
			}
		}
		if n > bestCols || bestRows == nil {
			best, bestCols, bestRows = delim, max(n, 1), rows
		}
	}
	o := map[string]string{}
	if best != ',' {
		o["field-delimiter"] = string(best)
	}
	if hasHeader(bestRows) {
		o["header"] = "true"
	}
	return o
}

// records are the fields of the first lines as texts.
type records [][]string

// read cuts a sample into fields; blank lines are left out.
func read(sample []byte, delim byte) records {
	d := decoder{dialect: dialect{delim: delim, quoted: true, quote: '"'}}
	var out records
	for len(sample) > 0 && len(out) <= inferRows {
		n, what := d.splitQuoted(sample, true)
		if what != "" || n <= 0 {
			break
		}
		var row []string
		for _, f := range d.fields {
			src := sample
			if f.scratch {
				src = d.scratch
			}
			row = append(row, string(src[f.from:f.to]))
		}
		sample = sample[n:]
		if len(row) > 1 || row[0] != "" {
			out = append(out, row)
		}
	}
	return out
}

// hasHeader reports whether the first record names the columns: all its fields
// are distinct texts, and some column below holds what is no text, or, where
// all columns are texts, the first record looks like names.
func hasHeader(rows records) bool {
	if len(rows) == 0 {
		return false
	}
	seen := map[string]bool{}
	names := true
	for _, f := range rows[0] {
		f = strings.TrimSpace(f)
		if f == "" || seen[strings.ToLower(f)] || typeOfText(f) != textGuess {
			return false
		}
		seen[strings.ToLower(f)] = true
		names = names && isName(f)
	}
	if len(rows) == 1 {
		return names
	}
	for c := range rows[0] {
		if g := guessColumn(rows[1:], c); g != textGuess && g != noGuess {
			return true
		}
	}
	for _, r := range rows[1:] { // a header does not come again
		for i, f := range r {
			if i < len(rows[0]) && f == rows[0][i] {
				return false
			}
		}
	}
	return names
}

// isName reports whether a text looks like the name of a column.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || !(c >= '0' && c <= '9') && !strings.ContainsRune(" -./()#", rune(c))) {
			return false
		}
	}
	return len(s) <= 64
}

// guess is a type that texts may have, in the order in which they widen.
type guess uint8

const (
	noGuess guess = iota // nothing but empty fields
	boolGuess
	intGuess
	doubleGuess
	dateGuess
	timeGuess
	timestampGuess
	textGuess
)

var guessTypes = [...]types.Type{noGuess: types.String(), boolGuess: types.Of(types.Boolean), intGuess: types.Of(types.BigInt),
	doubleGuess: types.Of(types.Double), dateGuess: types.Of(types.Date), timeGuess: types.TimeOf(0), timestampGuess: types.TimestampOf(3), textGuess: types.String()}

// typeOfText gives the narrowest type that a text is a value of.
func typeOfText(s string) guess {
	if s == "" {
		return noGuess
	}
	if s != strings.TrimSpace(s) {
		return textGuess
	}
	for g := boolGuess; g < textGuess; g++ {
		if (g == intGuess || g == doubleGuess) && !plainNumber(s) || g == timestampGuess && len(s) < 16 || g == timeGuess && strings.Count(s, ":") < 1 ||
			g == dateGuess && (len(s) != 10 || strings.Count(s, "-") != 2) {
			continue
		}
		v := vec.New(guessTypes[g], 0)
		if format.ParserOf(guessTypes[g], types.UTC, new(format.Arena))(v, []byte(s)) == nil {
			return g
		}
	}
	return textGuess
}

// plainNumber keeps codes with leading zeros, hexadecimal and words such as
// "inf" from being numbers.
func plainNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	if s == "" || len(s) > 1 && s[0] == '0' && s[1] != '.' && s[1] != 'e' && s[1] != 'E' {
		return false
	}
	return strings.Trim(s, "0123456789.eE+-") == "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '.')
}

func guessColumn(rows records, c int) guess {
	g := noGuess
	for _, r := range rows {
		if c >= len(r) {
			continue
		}
		x := typeOfText(r[c])
		switch {
		case x == noGuess || x == g:
		case g == noGuess:
			g = x
		case g == intGuess && x == doubleGuess, g == doubleGuess && x == intGuess:
			g = doubleGuess
		case g == dateGuess && x == timestampGuess, g == timestampGuess && x == dateGuess:
			g = timestampGuess
		default:
			return textGuess
		}
	}
	return g
}

// infer names and types the columns of a sample.
func infer(sample []byte, _ io.ReaderAt, _ int64, o format.Options) ([]format.Column, error) {
	d, err := dialectOf(o)
	if err != nil {
		return nil, err
	}
	rows := read(sample, d.delim)
	if len(rows) == 0 {
		return nil, errors.New("there is no record to read columns from")
	}
	names := rows[0]
	if d.header {
		rows = rows[1:]
	}
	var cols []format.Column
	seen := map[string]int{}
	for c := range names {
		name := fmt.Sprintf("f%d", c)
		if d.header {
			name = strings.TrimSpace(string(bytes.TrimPrefix([]byte(names[c]), []byte("\xef\xbb\xbf"))))
		}
		if name == "" {
			name = fmt.Sprintf("f%d", c)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s_%d", name, seen[name])
		}
		cols = append(cols, format.Column{Name: name, Type: guessTypes[guessColumn(rows, c)]})
	}
	return cols, nil
}
