package join

import (
	"container/list"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
)

// rowCache keeps the rows of keys that were looked up, the keys used last first.
// It is not state: after a restart it is empty.
type rowCache struct {
	limits *connector.PartialCache
	ctx    *op.Context
	byKey  map[string]*list.Element
	order  *list.List
	rows   int64
	held   int64
}

type cachedKey struct {
	key           string
	rows          [][]byte
	bytes         int64
	written, used int64 // processing time, ms
}

func newRowCache(p *connector.PartialCache, c *op.Context) *rowCache {
	return &rowCache{limits: p, ctx: c, byKey: map[string]*list.Element{}, order: list.New()}
}

// get gives the rows of a key; false if they are not known or too old.
func (r *rowCache) get(key string) ([][]byte, bool) {
	e := r.byKey[key]
	if e == nil {
		return nil, false
	}
	k, now := e.Value.(*cachedKey), r.ctx.Fn.NowMs
	if p := r.limits; p.WriteMs > 0 && now >= k.written+p.WriteMs || p.AccessMs > 0 && now >= k.used+p.AccessMs {
		r.remove(e)
		return nil, false
	}
	k.used = now
	r.order.MoveToFront(e)
	return k.rows, true
}

// put keeps the rows of a key, in place of those that were used longest ago.
func (r *rowCache) put(key string, rows [][]byte) {
	if len(rows) == 0 && !r.limits.Missing {
		return
	}
	k := &cachedKey{key: key, rows: rows, bytes: int64(len(key)) + 96, written: r.ctx.Fn.NowMs, used: r.ctx.Fn.NowMs}
	for _, x := range rows {
		k.bytes += int64(len(x)) + 24
	}
	if r.ctx.State.Reserve(k.bytes) != nil {
		r.drop() // memory is short: state goes first
		return
	}
	r.held += k.bytes
	r.byKey[key] = r.order.PushFront(k)
	r.rows += weight(k)
	for p := r.limits; p.Rows > 0 && r.rows > p.Rows && r.order.Len() > 0; {
		r.remove(r.order.Back())
	}
}

// weight counts a key without rows as one.
func weight(k *cachedKey) int64 { return int64(max(len(k.rows), 1)) }

func (r *rowCache) remove(e *list.Element) {
	k := e.Value.(*cachedKey)
	r.order.Remove(e)
	delete(r.byKey, k.key)
	r.rows -= weight(k)
	r.held -= k.bytes
	_ = r.ctx.State.Reserve(-k.bytes)
}

// drop empties the cache.
func (r *rowCache) drop() {
	_ = r.ctx.State.Reserve(-r.held)
	r.byKey, r.order, r.rows, r.held = map[string]*list.Element{}, list.New(), 0, 0
}
