package registry

import (
	"context"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// NewWriter makes an encoder of messages that begin with the number of their schema,
// which is registered with the first of them; e writes what follows. The subject is the
// option's, or that of s.
func NewWriter(e format.MessageEncoder, k Kind, text string, s format.Schema, o format.Options) (format.MessageEncoder, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	w := &writer{e: e, client: c, kind: k, text: text}
	if w.subject = Subject(s, o); w.subject == "" {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'subject' is needed to register the schema")
	}
	return w, nil
}

// Subject is the name that the schema of messages is kept under; empty if nobody tells.
func Subject(s format.Schema, o format.Options) string {
	if x := o.String("subject"); x != "" {
		return x
	}
	return s.Subject
}

type writer struct {
	e             format.MessageEncoder
	client        *Client
	kind          Kind
	subject, text string
	id            int // 0 = not yet
}

// AppendMessage appends a row; see format.MessageEncoder.
func (w *writer) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	if w.id == 0 {
		if w.id, err = w.client.Register(w.subject, w.kind, w.text); err != nil {
			return dst, false, err
		}
	}
	return w.e.AppendMessage(AppendHead(dst, w.id), b, r)
}

// Compatible asks whether the registry would take the schema; see format.Registrar.
func (w *writer) Compatible(ctx context.Context) error {
	return w.client.Compatible(ctx, w.subject, w.kind, w.text)
}
