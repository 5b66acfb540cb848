package csv

import (
	"bytes"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// span is a field of a record: bytes of the source, or of the scratch buffer if
// quotes or escapes had to be taken out. at is where it begins in the source.
type span struct {
	from, to, at int
	scratch      bool
}

// slowRecord reads a record with quotes or escapes from the start of src. n is
// its length with the end of line; ok is false if it is not complete.
func (d *decoder) slowRecord(src []byte, last bool, out *vec.Batch) (n int, kept, ok bool, err error) {
	n, what := d.splitQuoted(src, last)
	if n < 0 && what == "" {
		return 0, false, false, nil
	}
	lines := int64(bytes.Count(src[:max(n, 0)], []byte{'\n'}))
	defer func() { d.line += lines }()
	if what != "" {
		at := -n - 1
		n, lines = d.resync(src)
		if d.ignore {
			d.note(at, what)
			return n, false, true, nil
		}
		return n, false, true, format.Malformed(d.file, d.line, at+1, what)
	}
	if n == len(src) && (n == 0 || src[n-1] != '\n') {
		lines++
	}
	cols := len(d.all)
	for i := range d.lead {
		if i == len(d.fields) {
			break
		}
		f := d.fields[i]
		s := src
		if f.scratch {
			s = d.scratch
		}
		if err := d.field(&d.lead[i], s[f.from:f.to], out, f.at); err != nil {
			_, err = d.undo(out, err)
			return n, false, true, err
		}
	}
	switch have := len(d.fields); {
	case have < cols:
		kept, err = d.tooFew(have, d.fields[have-1].at, out)
	case have > cols:
		kept, err = d.tooMany(have, d.fields[cols].at, out)
	default:
		kept = true
	}
	return n, kept, true, err
}

// resync finds the end of the line on which a malformed record begins.
func (d *decoder) resync(src []byte) (n int, lines int64) {
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		return i + 1, 1
	}
	return len(src), 1
}

// splitQuoted fills d.fields with the fields of the record at the start of src
// and gives its length. A negative n means that the record is incomplete (what
// is empty) or malformed at byte -n-1.
func (d *decoder) splitQuoted(src []byte, last bool) (n int, what string) {
	d.fields, d.scratch = d.fields[:0], d.scratch[:0]
	pos := 0
	for {
		var end int
		if d.quoted && pos < len(src) && src[pos] == d.quote {
			end, what = d.quotedField(src, pos, last)
		} else {
			end, what = d.plainField(src, pos, last)
		}
		if end < 0 {
			return end, what
		}
		switch {
		case end == len(src):
			return end, ""
		case src[end] == d.delim:
			pos = end + 1
			continue
		case src[end] == '\r':
			return end + 2, "" // only before a newline, see lineEnd
		}
		return end + 1, ""
	}
}

// lineEnd reports whether a line ends at i: a newline, or a return before one.
func lineEnd(src []byte, i int) bool {
	return src[i] == '\n' || src[i] == '\r' && i+1 < len(src) && src[i+1] == '\n'
}

// plainField reads a field without quotes that begins at pos and gives its end.
func (d *decoder) plainField(src []byte, pos int, last bool) (int, string) {
	from, scratch := pos, false
	at := len(d.scratch)
	i := pos
	for ; i < len(src) && src[i] != d.delim && !lineEnd(src, i); i++ {
		if d.escaped && src[i] == d.escape {
			if i+1 == len(src) {
				break
			}
			if !scratch {
				d.scratch, scratch = append(d.scratch, src[from:i]...), true
			}
			i++
			d.scratch = append(d.scratch, unescaped(src[i]))
			continue
		}
		if scratch {
			d.scratch = append(d.scratch, src[i])
		}
	}
	if i >= len(src) || d.escaped && src[i] == d.escape {
		if !last {
			return -1, ""
		}
		i = len(src)
	}
	if scratch {
		d.fields = append(d.fields, span{at, len(d.scratch), pos, true})
	} else {
		end := i
		if i == len(src) && end > from && src[end-1] == '\r' {
			end--
		}
		d.fields = append(d.fields, span{from, end, pos, false})
	}
	return i, ""
}

// quotedField reads a field in quotes that begins at pos and gives what follows
// its closing quote and blanks.
func (d *decoder) quotedField(src []byte, pos int, last bool) (int, string) {
	from := pos + 1
	at, scratch := len(d.scratch), false
	i := from
	for ; ; i++ {
		if i >= len(src) {
			if !last {
				return -1, ""
			}
			return -pos - 1, "the quote is never closed"
		}
		c := src[i]
		switch {
		case c == d.quote && i+1 < len(src) && src[i+1] == d.quote, d.escaped && c == d.escape && i+1 < len(src):
			if !scratch {
				d.scratch, scratch = append(d.scratch, src[from:i]...), true
			}
			i++
			if c == d.quote {
				d.scratch = append(d.scratch, c)
			} else {
				d.scratch = append(d.scratch, unescaped(src[i]))
			}
			continue
		case c == d.quote:
			if i+1 == len(src) && !last {
				return -1, "" // the next byte may be a second quote
			}
		case scratch:
			d.scratch = append(d.scratch, c)
			continue
		default:
			continue
		}
		break
	}
	if scratch {
		d.fields = append(d.fields, span{at, len(d.scratch), pos, true})
	} else {
		d.fields = append(d.fields, span{from, i, pos, false})
	}
	i++
	for i < len(src) && (src[i] == ' ' || src[i] == '\t' && d.delim != '\t') {
		i++
	}
	switch {
	case i == len(src):
		if !last {
			return -1, ""
		}
	case src[i] == '\r' && i+1 == len(src):
		if !last {
			return -1, ""
		}
		return len(src), ""
	case src[i] != d.delim && !lineEnd(src, i):
		return -i - 1, "a delimiter or the end of the line must follow the closing quote"
	}
	return i, ""
}

// unescaped gives what an escaped character stands for.
func unescaped(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
