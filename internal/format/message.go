package format

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// MessageDecoder turns whole messages, such as keys and values of Kafka records,
// into rows. It is used by one goroutine.
type MessageDecoder interface {
	// DecodeMessage appends the rows of a message to out, with their kinds if the
	// format has changes: none, one, or several. It keeps no reference into msg,
	// which is nil for a message that is null. A message that cannot be read
	// appends nothing; the error is a *sqlerr.Error of code Data that does not
	// tell where the message came from, since its reader knows that.
	DecodeMessage(msg []byte, out *vec.Batch) error
	Stats() Stats
}

// ManyDecoder is a MessageDecoder that decodes many messages with less work than one by
// one.
type ManyDecoder interface {
	MessageDecoder
	// DecodeMany is DecodeMessage for messages in turn. It returns how many it has
	// decoded: all, or those before one with which DecodeMessage fails.
	DecodeMany(msgs [][]byte, out *vec.Batch) (int, error)
}

// MessageEncoder turns rows into messages. It is used by one goroutine.
type MessageEncoder interface {
	// AppendMessage appends physical row r of b, as a message, to dst. null tells
	// that the message is null, which is not the same as empty.
	AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error)
}

// BadMessage is the error of a message that cannot be read: what is wrong at which
// byte of it, from 0.
func BadMessage(at int, what string) error {
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "byte %d: %s", at, what)
}
