package json

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/format"
)

// inferMessages finds the columns of messages that are objects or arrays of them.
func inferMessages(msgs [][]byte, _ format.Options) ([]format.Column, error) {
	return inferEach(msgs, func(root *shape, d *jsontext.Decoder) error { return root.addRows(d) })
}

// rowMembers are where messages of change data capture have rows, whatever tool they
// are of; within wrapper, if there is one.
var rowMembers = []string{"after", "before", "data"}

const wrapper = "payload"

// inferChanges finds the columns of the rows in messages of change data capture.
func inferChanges(msgs [][]byte, _ format.Options) ([]format.Column, error) {
	return inferEach(msgs, (*shape).addChange)
}

// inferEach learns from each message that is JSON; others are passed over.
func inferEach(msgs [][]byte, add func(*shape, *jsontext.Decoder) error) ([]format.Column, error) {
	lax := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	root := shape{}
	var bad error
	for _, m := range msgs {
		if len(m) == 0 { // follows a deleted row
			continue
		}
		if !jsontext.Value(m).IsValid(lax...) {
			bad = errors.New(format.Quote(m) + " is not JSON")
			continue
		}
		if err := add(&root, jsontext.NewDecoder(bytes.NewReader(m), lax...)); err != nil {
			bad = err
		}
	}
	if len(root.fields) == 0 && bad != nil {
		return nil, bad
	}
	var cols []format.Column
	for _, m := range root.fields {
		cols = append(cols, format.Column{Name: m.name, Type: m.shape.typ()})
	}
	return cols, nil
}

// addRows learns from an object, or from those of an array. Null has none.
func (s *shape) addRows(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '{':
		return s.add(d)
	case '[':
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != ']' {
			if err := s.addRows(d); err != nil {
				return err
			}
		}
		_, err := d.ReadToken()
		return err
	case 'n':
		return d.SkipValue()
	}
	v, err := d.ReadValue()
	if err == nil {
		err = errors.New("a record is a JSON object, not " + format.Quote(v))
	}
	return err
}

// addChange learns from the rows of a change.
func (s *shape) addChange(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(rowMembers, name.String()):
			err = s.addRows(d)
		case name.String() == wrapper:
			err = s.addChange(d)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}
