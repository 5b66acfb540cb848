package vfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// ErrNoConditions says that a store does not keep what conditional puts need.
var ErrNoConditions = errors.New("the object store does not honour conditional puts")

// Probe tries out whether a store refuses the conditional puts that it must
// refuse: many servers that speak S3 take If-None-Match or If-Match and ignore it,
// and then two writers both believe that they own a state. It writes and removes
// one object, prefix + ".probe-" + nonce, whose nonce no other process uses.
func Probe(ctx context.Context, store Objects, prefix, nonce string) (err error) {
	key := prefix + ".probe-" + nonce
	defer func() {
		if derr := store.Delete(ctx, key); err == nil {
			err = derr
		}
	}()
	etag, err := store.PutIfAbsent(ctx, key, []byte("first "+nonce))
	if err != nil {
		return fmt.Errorf("trying out conditional puts: %w", err)
	}
	if _, err = store.PutIfAbsent(ctx, key, []byte("second "+nonce)); !errors.Is(err, fs.ErrExist) {
		return refusal("If-None-Match: *, for an object that exists", err)
	}
	second, err := store.PutIf(ctx, key, []byte("third "+nonce), etag)
	if err != nil {
		return refusal("If-Match with the right ETag, which it refused", err)
	}
	if _, err = store.PutIf(ctx, key, []byte("fourth "+nonce), etag); !errors.Is(err, ErrChanged) {
		return refusal("If-Match with the ETag of an earlier object", err)
	}
	if o, err := store.Stat(ctx, key); err != nil || o.ETag != second {
		return refusal("If-Match: what it refused it has written", err)
	}
	return nil
}

func refusal(what string, err error) error {
	if err != nil && !errors.Is(err, ErrChanged) && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("trying out conditional puts: %w", err)
	}
	return fmt.Errorf("%w (%s); use a store or a version of it that does, or a directory", ErrNoConditions, what)
}

// probed tries the conditions of a store out before it relies on them.
type probed struct {
	Objects
	prefix, nonce string

	mu   sync.Mutex
	done bool
}

// NewProbed gives a store that is probed before its first conditional put, below a
// prefix and with a nonce as Probe takes them.
func NewProbed(store Objects, prefix, nonce string) Objects {
	return &probed{Objects: store, prefix: prefix, nonce: nonce}
}

func (p *probed) probe(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return nil
	}
	err := Probe(ctx, p.Objects, p.prefix, p.nonce)
	p.done = err == nil
	return err
}

func (p *probed) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	if err := p.probe(ctx); err != nil {
		return "", err
	}
	return p.Objects.PutIfAbsent(ctx, key, data)
}

func (p *probed) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	if err := p.probe(ctx); err != nil {
		return "", err
	}
	return p.Objects.PutIf(ctx, key, data, etag)
}
