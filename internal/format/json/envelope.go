package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// What tools of change data capture write is an object around rows: what was done,
// the row before and after it, and where that was. Each dialect says which members
// hold what; the rows in them are read by the scanner of plain records.

// span is a value in a message; to is 0 where it is absent.
type span struct{ from, to int }

// none reports that a value is absent or null.
func (s span) none(msg []byte) bool { return s.to == 0 || msg[s.from] == 'n' }

// dialect is a tool's form of messages.
type dialect struct {
	name, doc string
	example   format.Example
	members   []string // of the object, by the ordinals that rows and metadata use
	options   []format.Option
	metadata  []envelopeMeta
	// rows appends the rows of a message whose members were found.
	rows func(d *Envelope, msg []byte, at []span, out *vec.Batch) error
	// append writes a row; add is false for one that goes.
	append func(e *encoder, b *vec.Batch, r int, add bool) error
}

// envelopeMeta is metadata that a dialect offers: a member of the object, or one of
// an object in it.
type envelopeMeta struct {
	format.Metadata
	path   []string
	millis int64 // a number of so many ms, or a time as text; 0 = the value as it stands
}

// dialectSpec describes a dialect's format.
func dialectSpec(x *dialect) *format.Spec {
	s := &format.Spec{Name: x.name, Doc: x.doc, Example: x.example, Changes: true, Check: check, InferMessages: inferChanges}
	for _, o := range options {
		if o.Key != "fail-on-missing-field" {
			s.Options = append(s.Options, o)
		}
	}
	s.Options = append(s.Options, x.options...)
	for _, m := range x.metadata {
		s.Metadata = append(s.Metadata, m.Metadata)
	}
	s.NewMessageDecoder = func(sc format.Schema, o format.Options) (format.MessageDecoder, error) { return newEnvelope(x, sc, o) }
	s.NewMessageEncoder = func(sc format.Schema, o format.Options) (format.MessageEncoder, error) {
		e, err := newEncoder(sc, o)
		if err != nil {
			return nil, err
		}
		return &envelopeEncoder{x, e.(*encoder)}, nil
	}
	s.Lines = func(format.Options) bool { return true }
	s.NewDecoder = func(sc format.Schema, o format.Options, at format.Where) (format.Decoder, error) {
		d, err := s.NewMessageDecoder(sc, o)
		if err != nil {
			return nil, err
		}
		return format.LineDecoder(d, at), nil
	}
	s.NewEncoder = func(sc format.Schema, o format.Options) (format.Encoder, error) {
		e, err := s.NewMessageEncoder(sc, o)
		if err != nil {
			return nil, err
		}
		return format.LineEncoder(e), nil
	}
	return s
}

// Envelope decodes messages of a dialect.
type Envelope struct {
	x      *dialect
	d      *decoder
	opts   format.Options
	at     []span
	meta   []metaReader
	rows   int        // columns before metadata
	before *vec.Batch // scratch of updates that tell what has changed
	after  *vec.Batch
	old    []bool // which columns did
}

// metaReader reads one wanted metadata.
type metaReader struct {
	envelopeMeta
	field field
}

func newEnvelope(x *dialect, s format.Schema, o format.Options) (*Envelope, error) {
	d, err := newDecoder(s, withStrict{o}, format.Where{})
	if err != nil {
		return nil, err
	}
	e := &Envelope{x: x, d: d.(*decoder), opts: o, at: make([]span, len(x.members)), rows: len(s.Want)}
	var ts []types.Type
	for _, w := range s.Want {
		ts = append(ts, s.Columns[w].Type.AsNullable())
	}
	e.before, e.after, e.old = vec.NewBatch(ts), vec.NewBatch(ts), make([]bool, len(ts))
	for _, m := range s.Metadata {
		r := metaReader{envelopeMeta: x.metadata[m]}
		r.field = e.d.newField(r.Key, r.Type)
		e.meta = append(e.meta, r)
	}
	return e, nil
}

// withStrict answers for the option of plain records that dialects lack.
type withStrict struct{ format.Options }

func (o withStrict) Bool(key string) bool {
	return key != "fail-on-missing-field" && o.Options.Bool(key)
}

// Stats counts what was passed over.
func (e *Envelope) Stats() format.Stats { return e.d.stats }

// DecodeMessage appends the rows of a message; see format.MessageDecoder. A null or
// empty message, which follows a deleted row in a compacted topic, has none.
func (e *Envelope) DecodeMessage(msg []byte, out *vec.Batch) error {
	if len(msg) == 0 {
		return nil
	}
	from := out.N
	err := e.decode(msg, out)
	if err == nil {
		return nil
	}
	for _, c := range out.Cols {
		c.Truncate(from)
	}
	if out.N = from; len(out.Kinds) > from {
		out.Kinds = out.Kinds[:from]
	}
	if !e.d.ignore {
		return err
	}
	e.d.note(err)
	return nil
}

func (e *Envelope) decode(msg []byte, out *vec.Batch) error {
	p := e.d.blanks(msg, 0)
	if err := e.find(msg, p, e.x.members, e.at); err != nil {
		return err
	}
	from := out.N
	if err := e.x.rows(e, msg, e.at, out); err != nil {
		return err
	}
	e.d.stats.Records++
	return e.addMetadata(msg, p, out, out.N-from)
}

// find notes where the members of the object at p are.
func (e *Envelope) find(msg []byte, p int, names []string, at []span) error {
	clear(at)
	return e.eachMember(msg, p, func(key []byte, s span) {
		for i, n := range names {
			if n == string(key) {
				at[i] = s
			}
		}
	})
}

// eachMember calls f with each member of the object at p. The key holds only during
// the call.
func (e *Envelope) eachMember(msg []byte, p int, f func(key []byte, s span)) error {
	d := e.d
	if p >= len(msg) || msg[p] != '{' {
		return format.BadMessage(p, "an object must stand here, not "+format.Quote(msg[min(p, len(msg)):]))
	}
	p = d.blanks(msg, p+1)
	for p < len(msg) && msg[p] != '}' {
		if msg[p] != '"' {
			return format.BadMessage(p, "a key in quotes must stand here, not "+format.Quote(msg[p:p+1]))
		}
		key, q := d.text(msg, p+1)
		if q < 0 {
			return e.failed(msg, q)
		}
		if q = d.blanks(msg, q); q >= len(msg) || msg[q] != ':' {
			return format.BadMessage(q, "':' must follow the key")
		}
		if q = d.blanks(msg, q+1); q >= len(msg) {
			break
		}
		name := key
		end := d.skip(msg, q)
		if end < 0 {
			return e.failed(msg, end)
		}
		f(name, span{q, end})
		if p = d.blanks(msg, end); p < len(msg) && msg[p] == ',' {
			p = d.blanks(msg, p+1)
		} else if p < len(msg) && msg[p] != '}' {
			return format.BadMessage(p, "',' or '}' must follow here, not "+format.Quote(msg[p:p+1]))
		}
	}
	if p >= len(msg) {
		return format.BadMessage(len(msg), "the message ends inside of an object")
	}
	return nil
}

// failed gives the error of a scanning function.
func (e *Envelope) failed(msg []byte, q int) error {
	if q == cut {
		return format.BadMessage(len(msg), "the message ends inside of a value")
	}
	return format.BadMessage(e.d.fault.at, e.d.fault.what)
}

// text gives a member that is a text; empty if it is absent.
func (e *Envelope) text(msg []byte, s span) string {
	if s.none(msg) || msg[s.from] != '"' {
		return ""
	}
	t, q := e.d.text(msg, s.from+1)
	if q < 0 {
		return ""
	}
	return string(t)
}

// row appends the row at s to the columns of out, with its kind, but not the
// metadata.
func (e *Envelope) row(msg []byte, s span, out *vec.Batch, kind vec.Kind) error {
	if msg[s.from] != '{' {
		return format.BadMessage(s.from, "a row is an object, not "+format.Quote(msg[s.from:s.to]))
	}
	if q := e.d.object(msg, s.from+1, &e.d.root, out.Cols[:e.rows], out.N); q < 0 {
		return e.failed(msg, q)
	}
	out.AppendKind(kind)
	out.N++
	return nil
}

// each calls f with each element of the array at s.
func (e *Envelope) each(msg []byte, s span, f func(i int, s span) error) error {
	if s.none(msg) {
		return nil
	}
	if msg[s.from] != '[' {
		return format.BadMessage(s.from, "an array of rows must stand here, not "+format.Quote(msg[s.from:s.to]))
	}
	p := e.d.blanks(msg, s.from+1)
	for i := 0; p < len(msg) && msg[p] != ']'; i++ {
		q := e.d.skip(msg, p)
		if q < 0 {
			return e.failed(msg, q)
		}
		if err := f(i, span{p, q}); err != nil {
			return err
		}
		if p = e.d.blanks(msg, q); p < len(msg) && msg[p] == ',' {
			p = e.d.blanks(msg, p+1)
		}
	}
	return nil
}

// empty reports whether an object has no members.
func (e *Envelope) empty(msg []byte, s span) bool {
	if s.none(msg) || msg[s.from] != '{' {
		return false
	}
	p := e.d.blanks(msg, s.from+1)
	return p < len(msg) && msg[p] == '}'
}

// update appends the row before and after a change of which old has only the fields
// that changed, as they were; a field that was NULL is there as null.
func (e *Envelope) update(msg []byte, old, data span, out *vec.Batch) error {
	e.before.Reset()
	e.after.Reset()
	if err := e.row(msg, data, e.after, vec.Insert); err != nil {
		return err
	}
	clear(e.old)
	if !old.none(msg) {
		if err := e.row(msg, old, e.before, vec.Insert); err != nil {
			return err
		}
		err := e.eachMember(msg, old.from, func(key []byte, _ span) {
			if f, ok := e.d.root.byName[string(key)]; ok {
				e.old[f] = true
			}
		})
		if err != nil {
			return err
		}
	}
	for i := range e.rows {
		if e.old[i] {
			out.Cols[i].Append(e.before.Cols[i], 0)
		} else {
			out.Cols[i].Append(e.after.Cols[i], 0)
		}
	}
	out.AppendKind(vec.UpdateBefore)
	out.N++
	for i := range e.rows {
		out.Cols[i].Append(e.after.Cols[i], 0)
	}
	out.AppendKind(vec.UpdateAfter)
	out.N++
	return nil
}

// addMetadata appends what the object at p tells, n times.
func (e *Envelope) addMetadata(msg []byte, p int, out *vec.Batch, n int) error {
	if n == 0 {
		return nil
	}
	for i := range e.meta {
		m := &e.meta[i]
		at := span{p, len(msg)}
		for _, name := range m.path {
			one := [1]span{}
			if msg[at.from] == '{' {
				if err := e.find(msg, at.from, []string{name}, one[:]); err != nil {
					return err
				}
			}
			if at = one[0]; at.none(msg) {
				break
			}
		}
		v := out.Cols[e.rows+i]
		if err := e.appendMeta(msg, at, m, v); err != nil {
			return err
		}
		if n > 1 {
			v.AppendRepeat(v, v.N-1, n-1)
		}
	}
	return nil
}

func (e *Envelope) appendMeta(msg []byte, at span, m *metaReader, v *vec.Vector) error {
	if at.none(msg) {
		v.AppendNulls(1)
		return nil
	}
	if m.millis > 0 && msg[at.from] != '"' {
		n, q := shortInt(msg, at.from)
		if q != at.to {
			return format.BadMessage(at.from, "'"+m.path[len(m.path)-1]+"' is a number of time, not "+format.Quote(msg[at.from:at.to]))
		}
		v.I64 = append(v.I64, n*m.millis)
		v.Extend(1)
		return nil
	}
	if q := e.d.value(msg, at.from, &m.field, v); q < 0 {
		return e.failed(msg, q)
	}
	return nil
}

// unknownKind is the error of a change of a kind that the dialect does not have.
func unknownKind(at span, member, kind string) error {
	return format.BadMessage(at.from, "'"+member+"' is "+format.Quote([]byte(kind))+", which is no kind of change")
}

// without is the error of a change whose rows are missing.
func without(at span, what, hint string) error {
	e := format.BadMessage(at.from, what)
	if x, ok := e.(*sqlerr.Error); ok && hint != "" {
		return x.WithHint("%s", hint)
	}
	return e
}

// envelopeEncoder writes a row a message.
type envelopeEncoder struct {
	x *dialect
	e *encoder
}

// AppendMessage appends a row; see format.MessageEncoder. The halves of an update
// are a row that goes and one that comes.
func (m *envelopeEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	m.e.buf = dst
	k := b.Kind(r)
	err = m.x.append(m.e, b, r, k == vec.Insert || k == vec.UpdateAfter)
	dst, m.e.buf = m.e.buf, nil
	return dst, false, err
}

// surround writes a row between two texts.
func (e *encoder) surround(before string, b *vec.Batch, r int, after string) error {
	e.buf = append(e.buf, before...)
	if err := e.object(e.cols, b.Cols, r); err != nil {
		return err
	}
	e.buf = append(e.buf, after...)
	return nil
}
