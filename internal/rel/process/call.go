package process

import (
	"fmt"
	"math"
	"time"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// call is what the function sees of one call.
type call struct {
	o     *operator
	whole *vec.Batch // the table that is passed through, at row r
	r     int
	ms    int64 // event time
	timed bool
	fired bool // a timer's call
	err   error
}

var _ udf.Context = (*call)(nil)

func (c *call) begin() { *c = call{o: c.o} }

func (c *call) at(v *vec.Vector, r int) {
	if !v.IsNull(r) {
		ms, _ := format.TimestampAt(v, v.Idx(r))
		c.ms, c.timed = ms, true
	}
}

// Arg gives a scalar argument.
func (c *call) Arg(name string) any { return c.o.node.Scalars[name] }

// Key gives the partition columns.
func (c *call) Key() []any {
	out := []any{}
	for _, v := range c.leading() {
		out = append(out, udf.Value(v, 0, c.o.ctx.Fn.Zone))
	}
	return out
}

// leading decodes the partition's key.
func (c *call) leading() []*vec.Vector {
	for _, v := range c.o.lead {
		v.Resize(0)
	}
	if len(c.o.lead) > 0 {
		c.o.codec.Decode([][]byte{c.o.one.Bytes(0)}, c.o.lead)
	}
	return c.o.lead
}

// Emit gives a row.
func (c *call) Emit(values ...any) error { return c.emit(vec.Insert, values) }

// EmitKind gives a change.
func (c *call) EmitKind(kind string, values ...any) error {
	k, ok := vec.ParseKind(kind)
	if !ok {
		return fmt.Errorf("'%s' is not a kind of change: they are +I, -U, +U and -D", kind)
	}
	if k != vec.Insert && !c.o.node.Fn.Updates {
		return fmt.Errorf("it gives %s, but is declared without Updates", kind)
	}
	return c.emit(k, values)
}

func (c *call) emit(k vec.Kind, values []any) error {
	n, out := c.o.node, c.o.out
	if len(values) != len(n.Fn.Columns) {
		return fmt.Errorf("it gave %d values for %d columns", len(values), len(n.Fn.Columns))
	}
	fresh := make([]*vec.Vector, len(values))
	for i, x := range values { // all or nothing: a column must not run ahead
		fresh[i] = vec.New(out.Cols[n.Lead+i].Type, 0)
		if err := udf.Append(fresh[i], x); err != nil {
			return fmt.Errorf("column %s: %w", n.Fn.Columns[i].Name, err)
		}
	}
	if c.whole != nil {
		for i, v := range c.whole.Cols {
			out.Cols[i].Append(v, c.r)
		}
	} else if err := c.lead(out); err != nil {
		return err
	}
	for i, v := range fresh {
		out.Cols[n.Lead+i].Append(v, 0)
	}
	if n.Rowtime {
		v := out.Cols[len(out.Cols)-1]
		if c.timed {
			format.AppendTimestamp(v, c.ms, 0)
		} else {
			v.AppendNulls(1)
		}
	}
	out.AppendKind(k)
	out.N++
	return nil
}

// lead writes the partition columns, once for each set table.
func (c *call) lead(out *vec.Batch) error {
	n := c.o.node
	if n.Lead == 0 {
		return nil
	}
	key := c.leading()
	if n.Passes {
		return fmt.Errorf("a timer cannot give rows of a table that is passed through")
	}
	for i := range n.Lead {
		out.Cols[i].Append(key[i%len(key)], 0)
	}
	return nil
}

func (c *call) store(name string, kind udf.StateKind) *store {
	s := c.o.stores[name]
	if s == nil || s.Kind != kind {
		c.err = fmt.Errorf("it declares no state %s of this kind", name)
		return nil
	}
	return s
}

// Value gives a value state.
func (c *call) Value(name string) []any {
	var out []any
	if s := c.store(name, udf.ValueState); s != nil {
		s.each(&c.o.one, func(v []any) bool { out = v; return false })
	}
	return out
}

// SetValue replaces it.
func (c *call) SetValue(name string, values ...any) error {
	if s := c.store(name, udf.ValueState); s != nil {
		return s.set(&c.o.one, values)
	}
	return c.err
}

// List gives a list state.
func (c *call) List(name string) [][]any {
	out := [][]any{}
	if s := c.store(name, udf.ListState); s != nil {
		s.each(&c.o.one, func(v []any) bool { out = append(out, v); return true })
	}
	return out
}

// Append adds an entry to it.
func (c *call) Append(name string, values ...any) error {
	if s := c.store(name, udf.ListState); s != nil {
		return s.add(&c.o.one, values)
	}
	return c.err
}

// Get gives the entry of a map state.
func (c *call) Get(name string, key any) []any {
	if s := c.store(name, udf.MapState); s != nil {
		_, _, row, err := s.at(&c.o.one, key)
		if err != nil {
			c.err = err
		} else if row != nil {
			return s.decode(row)[1:]
		}
	}
	return nil
}

// Put replaces it.
func (c *call) Put(name string, key any, values ...any) error {
	if s := c.store(name, udf.MapState); s != nil {
		return s.put(&c.o.one, key, values)
	}
	return c.err
}

// Remove removes it.
func (c *call) Remove(name string, key any) error {
	if s := c.store(name, udf.MapState); s != nil {
		return s.remove(&c.o.one, key)
	}
	return c.err
}

// Each walks a map state in order of its keys.
func (c *call) Each(name string, f func(key any, values []any) bool) {
	if s := c.store(name, udf.MapState); s != nil {
		s.each(&c.o.one, func(v []any) bool { return f(v[0], v[1:]) })
	}
}

// Clear empties a state.
func (c *call) Clear(name string) {
	if s := c.o.stores[name]; s != nil {
		s.clear(&c.o.one)
		return
	}
	c.err = fmt.Errorf("it declares no state %s", name)
}

// ClearAll empties all states and timers of the partition.
func (c *call) ClearAll() {
	for _, s := range c.o.stores {
		s.clear(&c.o.one)
	}
	if c.o.named != nil {
		c.o.named.each(&c.o.one, func(v []any) bool {
			c.ClearTimer(v[0].(string))
			return true
		})
		c.o.named.clear(&c.o.one)
	}
}

// Time is the event time of the row or timer.
func (c *call) Time() (time.Time, bool) { return time.UnixMilli(c.ms).UTC(), c.timed }

// Watermark is how far event time has come.
func (c *call) Watermark() (time.Time, bool) {
	wm := c.o.ctx.Fn.Watermark
	if c.fired {
		wm = max(wm, c.ms)
	}
	return time.UnixMilli(wm).UTC(), wm != op.MinWatermark && wm != math.MaxInt64
}

// SetTimer sets a timer.
func (c *call) SetTimer(name string, t time.Time) error {
	if c.o.timers == nil {
		return fmt.Errorf("it sets a timer, but has no Timer")
	}
	ts := t.UnixMilli()
	c.ClearTimer(timerKey(name, ts))
	if err := c.o.named.put(&c.o.one, timerKey(name, ts), []any{ts}); err != nil {
		return err
	}
	c.o.timers.Register(c.timer(name), ts)
	return nil
}

// ClearTimer takes it back.
func (c *call) ClearTimer(name string) {
	if c.o.timers == nil {
		return
	}
	_, _, row, err := c.o.named.at(&c.o.one, name)
	if err != nil || row == nil {
		return
	}
	ts := c.o.named.decode(row)[1].(int64)
	plain := name
	if len(name) > 0 && name[0] == 0 {
		plain = ""
	}
	c.o.timers.Delete(c.timer(plain), ts)
	c.err = c.o.named.remove(&c.o.one, name)
}

// timer gives the key of a timer of the partition.
func (c *call) timer(name string) []byte {
	return state.AppendNamed(nil, c.o.one.Bytes(0), name)
}

// RowtimeType is the type of the column rowtime for a column of on_time.
func RowtimeType(t types.Type) types.Type { return t.WithAttr(types.Rowtime).AsNullable() }
