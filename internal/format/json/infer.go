package json

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// inferRecords is how many records of the sample are looked at.
const inferRecords = 1000

// shape is what is known about the values at one place.
type shape struct {
	kind   kind
	fields []*member // objects, in order of appearance
	elem   *shape    // arrays
}

type member struct {
	name  string
	shape shape
}

// kind is a type that JSON values may have.
type kind uint8

const (
	unknown kind = iota // nothing but null
	boolean
	long
	double
	date
	timestamp
	instant
	text
	list
	record
	mixed // several kinds: read as text
)

// infer finds the columns of a sample of records.
func infer(sample []byte, _ io.ReaderAt, _ int64, _ format.Options) ([]format.Column, error) {
	sample = bytes.TrimPrefix(sample, []byte("\xef\xbb\xbf"))
	d := jsontext.NewDecoder(bytes.NewReader(sample), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	root := shape{}
	n := 0
	for n < inferRecords {
		k := d.PeekKind()
		if k == '[' || k == ']' { // the file is one array
			if _, err := d.ReadToken(); err != nil {
				break
			}
			continue
		}
		if k == 0 {
			break
		}
		if k != '{' {
			return nil, fmt.Errorf("record %d is no JSON object", n+1)
		}
		if err := root.add(d); err != nil {
			if n > 0 { // the sample ends inside of a record
				break
			}
			return nil, err
		}
		n++
	}
	if n == 0 {
		return nil, errors.New("there is no JSON object to read columns from")
	}
	var cols []format.Column
	for _, m := range root.fields {
		cols = append(cols, format.Column{Name: m.name, Type: m.shape.typ()})
	}
	return cols, nil
}

// add learns from the next value.
func (s *shape) add(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '{':
		return s.addObject(d)
	case '[':
		s.join(list)
		if s.elem == nil {
			s.elem = &shape{}
		}
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != ']' {
			if err := s.elem.add(d); err != nil {
				return err
			}
		}
		_, err := d.ReadToken()
		return err
	}
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch t.Kind() {
	case 't', 'f':
		s.join(boolean)
	case '0':
		s.join(numberKind(t.String()))
	case '"':
		s.join(textKind(t.String()))
	}
	return nil
}

func (s *shape) addObject(d *jsontext.Decoder) error {
	s.join(record)
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := s.member(t.String()).add(d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (s *shape) member(name string) *shape {
	for _, m := range s.fields {
		if m.name == name {
			return &m.shape
		}
	}
	m := &member{name: name}
	s.fields = append(s.fields, m)
	return &m.shape
}

// join widens the kind.
func (s *shape) join(k kind) {
	switch {
	case s.kind == unknown || s.kind == k:
		s.kind = k
	case s.kind == long && k == double, s.kind == double && k == long:
		s.kind = double
	case s.kind == date && k == timestamp, s.kind == timestamp && k == date:
		s.kind = timestamp
	case isTextual(s.kind) && isTextual(k):
		s.kind = text
	default:
		s.kind = mixed
	}
}

func isTextual(k kind) bool { return k == date || k == timestamp || k == instant || k == text }

func numberKind(s string) kind {
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return long
	}
	return double
}

// textKind tells dates and timestamps from other texts by their form.
func textKind(s string) kind {
	is := func(t types.Type) bool {
		return format.ParserOf(t, types.UTC, new(format.Arena))(vec.New(t, 0), []byte(s)) == nil
	}
	switch {
	case len(s) < 10 || s[0] < '0' || s[0] > '9' || s[4] != '-' || s[7] != '-':
	case len(s) == 10 && is(types.Of(types.Date)):
		return date
	case len(s) >= 19 && (s[10] == 'T' || s[10] == ' '):
		if is(types.TimestampLTZOf(3)) {
			if c := s[len(s)-1]; c == 'Z' || len(s) > 19 && (s[len(s)-6] == '+' || s[len(s)-6] == '-') && s[len(s)-3] == ':' {
				return instant
			}
			return timestamp
		}
	}
	return text
}

var kindTypes = [...]types.Type{unknown: types.String(), boolean: types.Of(types.Boolean), long: types.Of(types.BigInt), double: types.Of(types.Double),
	date: types.Of(types.Date), timestamp: types.TimestampOf(3), instant: types.TimestampLTZOf(3), text: types.String(), mixed: types.String()}

func (s *shape) typ() types.Type {
	switch s.kind {
	case list:
		return types.ArrayOf(s.elem.typ())
	case record:
		if len(s.fields) == 0 {
			return types.String()
		}
		var fields []types.Field
		for _, m := range s.fields {
			fields = append(fields, types.Field{Name: m.name, Type: m.shape.typ()})
		}
		return types.RowOf(fields...)
	}
	return kindTypes[s.kind]
}
