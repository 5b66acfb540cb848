package variant

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/types"
)

// Parse appends the value of a JSON text. Integers of 64 bits are integers, other
// plain numbers of at most 38 digits are decimals, the rest doubles. A name
// twice in an object is an error, or the last one counts (duplicates).
func (m *Maker) Parse(dst []byte, text string, duplicates bool) ([]byte, error) {
	m.start()
	d := jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowDuplicateNames(true))
	if _, err := m.read(d, duplicates); err != nil {
		return dst, plain(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return dst, errors.New("there is something after the value")
	}
	return m.finish(dst)
}

// plain leaves out what the decoder says about itself.
func plain(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it ends too early")
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && syntax.Err != nil {
		return fmt.Errorf("%w at byte %d", syntax.Err, syntax.ByteOffset+1)
	}
	return err
}

func (m *Maker) read(d *jsontext.Decoder, duplicates bool) (int32, error) {
	t, err := d.ReadToken()
	if err != nil {
		return 0, err
	}
	switch t.Kind() {
	case 'n':
		return m.add(node{kind: Null}), nil
	case 't':
		return m.add(node{kind: Bool, n: 1}), nil
	case 'f':
		return m.add(node{kind: Bool}), nil
	case '"':
		return m.add(node{kind: String, s: t.String()}), nil
	case '0':
		n, err := number(t.String())
		return m.add(n), err
	case '[':
		at := m.add(node{kind: Array})
		from := len(m.order)
		for d.PeekKind() != ']' {
			k, err := m.read(d, duplicates)
			if err != nil {
				return 0, err
			}
			m.order = append(m.order, k)
		}
		m.link(at, m.order[from:])
		m.order = m.order[:from]
		_, err = d.ReadToken()
		return at, err
	case '{':
		return m.readObject(d, duplicates)
	}
	return 0, errors.New("it is no value")
}

func (m *Maker) readObject(d *jsontext.Decoder, duplicates bool) (int32, error) {
	at := m.add(node{kind: Object})
	from := len(m.order)
	defer func() { m.order = m.order[:from] }()
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return 0, err
		}
		key := t.String()
		k, err := m.read(d, duplicates)
		if err != nil {
			return 0, err
		}
		m.nodes[k].key = key
		m.order = append(m.order, k)
	}
	kids := m.order[from:]
	slices.SortFunc(kids, m.byName)
	kept := kids[:0]
	for i, k := range kids {
		key := m.nodes[k].key
		if i > 0 && key == m.nodes[kept[len(kept)-1]].key {
			if !duplicates {
				return 0, fmt.Errorf("the name %q is in an object twice", key)
			}
			continue
		}
		kept = append(kept, k)
	}
	m.link(at, kept)
	_, err := d.ReadToken()
	return at, err
}

// number picks the kind of a number.
func number(s string) (node, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return node{kind: Int, n: n}, nil
	}
	if !strings.ContainsAny(s, "eE") {
		whole, part, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
		digits := strings.TrimLeft(whole+part, "0")
		if scale := len(part); len(digits) <= types.MaxPrecision && scale <= types.MaxPrecision {
			if d, err := types.ParseDecimal(s, types.MaxPrecision, scale); err == nil {
				return node{kind: Decimal, d: d, n: int64(scale)}, nil
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return node{}, fmt.Errorf("the number %s is too large", s)
	}
	return node{kind: Double, f: f}, nil
}
