package json

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// What a scanning function gives instead of a position. The decoder's fault
// says more.
const (
	cut       = -1 - iota // src ends inside of the value
	malformed             // this is not JSON
	unfit                 // it is JSON, but no value of the column's type
)

// fault is the place and the text of the last malformed or unfit value.
type fault struct {
	at   int
	what string
}

// decoder reads records.
type decoder struct {
	root    object
	ignore  bool
	strict  bool // fail-on-missing-field
	file    string
	line    int64
	lost    bool // looking for the next line after a malformed record
	fault   fault
	arena   format.Arena
	scratch []byte
	maker   variant.Maker
	zone    *types.Zone
	stats   format.Stats
	extent  int // of the record that Decode failed with; see format.Extent
}

func newDecoder(s format.Schema, o format.Options, at format.Where) (format.Decoder, error) {
	d := &decoder{ignore: o.Bool("ignore-parse-errors"), strict: o.Bool("fail-on-missing-field"), file: at.File, line: at.Line, zone: s.Zone}
	if d.ignore && d.strict {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the options 'json.fail-on-missing-field' and 'json.ignore-parse-errors' exclude each other")
	}
	d.root = d.newObject(s.Wanted())
	return d, nil
}

// Stats counts what was passed over.
func (d *decoder) Stats() format.Stats { return d.stats }

// Line is the line of the next record.
func (d *decoder) Line() int64 { return d.line }

// Decode appends records; see format.Decoder.
func (d *decoder) Decode(src []byte, last bool, out *vec.Batch, max int) (int, error) {
	p, rows := 0, 0
	if d.lost {
		if p = d.resync(src, 0); d.lost {
			return p, nil
		}
	}
	for rows < max {
		p = d.between(src, p)
		if p == len(src) {
			return p, nil
		}
		line, stats := d.line, d.stats
		q := malformed
		if src[p] == '{' {
			q = d.object(src, p+1, &d.root, out.Cols, out.N)
		} else {
			d.fault = fault{p, "a record is a JSON object, not " + format.Quote(firstLine(src[p:]))}
			if n := bytes.IndexByte(src[p:], '\n'); n < 0 && !last {
				d.line = line
				return p, nil // the whole line makes a better message
			}
		}
		if q < 0 {
			for _, v := range out.Cols {
				v.Truncate(out.N)
			}
			if q == cut && !last {
				d.line, d.stats = line, stats // it will be read again
				return p, nil
			}
			if q == cut {
				d.fault = fault{len(src), "the data ends inside of a record"}
			}
			if err := d.failed(src, p, line); err != nil {
				d.extent = d.length(src, p, q, last)
				return p, err
			}
			d.line = line
			p = d.resync(src, p)
			continue
		}
		p = q
		rows++
		out.N++
		d.stats.Records++
	}
	return p, nil
}

// Failed is the length of the record that Decode failed with; see format.Extent.
func (d *decoder) Failed() int { return d.extent }

// mostLength bounds the search for the end of a record that does not fit its columns.
const mostLength = 1 << 20

// length gives that of a record at p, which may have several lines if it is well-formed
// and only does not fit the columns.
func (d *decoder) length(src []byte, p, why int, last bool) int {
	if why != unfit || src[p] != '{' {
		return 0
	}
	switch q := d.skipNested(src[:min(len(src), p+mostLength)], p); {
	case q > 0 && jsontext.Value(src[p:q]).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)):
		return q - p
	case q == cut && !last && len(src)-p < mostLength:
		return -1
	}
	return 0
}

// firstLine cuts s at its first end of line.
func firstLine(s []byte) []byte {
	line, _, _ := bytes.Cut(s, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// failed gives the error of a record that begins at start, or counts it.
func (d *decoder) failed(src []byte, start int, line int64) error {
	at := min(d.fault.at, len(src))
	line += int64(bytes.Count(src[start:max(at, start)], []byte{'\n'}))
	col := at - bytes.LastIndexByte(src[:at], '\n')
	err := format.Malformed(d.file, line, col, d.fault.what)
	if !d.ignore {
		return err
	}
	d.note(err)
	return nil
}

func (d *decoder) note(err error) {
	d.stats.ParseErrors++
	if d.stats.FirstError == "" {
		d.stats.FirstError = err.Error()
	}
}

// resync passes over the rest of the line at p; lost stays set if src ends
// before the line does.
func (d *decoder) resync(src []byte, p int) int {
	i := bytes.IndexByte(src[p:], '\n')
	d.lost = i < 0
	if d.lost {
		return len(src)
	}
	d.line++
	return p + i + 1
}

// between passes over what may stand between records: blanks, and the brackets
// and commas of an array around them.
func (d *decoder) between(src []byte, p int) int {
	for p < len(src) {
		switch src[p] {
		case '\n':
			d.line++
		case ' ', '\t', '\r', ',', '[', ']':
		case 0xef: // byte order mark
			if !bytes.HasPrefix(src[p:], []byte("\xef\xbb\xbf")) {
				return p
			}
			p += 2
		default:
			return p
		}
		p++
	}
	return p
}

// blanks passes over white space.
func (d *decoder) blanks(src []byte, p int) int {
	for p < len(src) {
		switch src[p] {
		case '\n':
			d.line++
		case ' ', '\t', '\r':
		default:
			return p
		}
		p++
	}
	return p
}

func (d *decoder) bad(at int, what string) int {
	d.fault = fault{at, what}
	return malformed
}

// mismatch is a value that does not fit its column.
func (d *decoder) mismatch(at int, s []byte, t types.Type) int {
	d.fault = fault{at, fmt.Sprintf("%s is not %s", format.Quote(s), t.AsNullable())}
	return unfit
}
