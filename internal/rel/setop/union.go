package setop

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// union hands batches on as they are.
type union struct{ out op.Emitter }

func (u *union) Open(c *op.Context) error {
	u.out = c.Out
	return nil
}

func (u *union) Push(_ int, b *vec.Batch) (op.Status, error) {
	if b.Len() == 0 {
		return op.Done, nil
	}
	if err := u.out.Emit(b); err != nil {
		return op.Done, err
	}
	return u.Resume()
}

// Resume waits for the receiver: the batch is the sender's and is given back
// only when nobody reads it any more.
func (u *union) Resume() (op.Status, error) {
	if u.out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

func (u *union) Close() error { return nil }
