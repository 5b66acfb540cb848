package process

import (
	"fmt"
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// operator calls the function for each row and each timer.
type operator struct {
	node   *Node
	ctx    *op.Context
	codec  *vec.Codec // of partition keys
	stores map[string]*store
	named  *store // timers of each partition: name, time
	timers *state.Timers
	names  [][]string // of the columns of each table
	out    *vec.Batch

	b    *vec.Batch // the batch being handled, nil when there is none
	from int
	next int
	keys state.Keys
	one  state.Keys // the partition of the call
	lead []*vec.Vector
	due  []state.Timer
	wm   int64
	// firing: timers up to wm are being called.
	firing  bool
	reached int64 // timers up to it were called; kept in fired
	fired   *state.Single
	call    call
}

var (
	_ op.Operator    = (*operator)(nil)
	_ op.Watermarker = (*operator)(nil)
	_ op.Restorer    = (*operator)(nil)
)

func (o *operator) Open(c *op.Context) error {
	o.ctx, o.wm, o.reached = c, op.MinWatermark, op.MinWatermark
	var key []types.Type
	for _, k := range o.node.Tables[0].Keys {
		key = append(key, c.Inputs[0][k])
	}
	o.codec = vec.NewCodec(key)
	o.stores = map[string]*store{}
	route := c.Route(0, o.node.Tables[0].Keys, 0)
	for _, s := range o.node.States {
		o.stores[s.Name] = newStore("state "+s.Name, s, key, route, c.State, c.Fn.Zone)
	}
	if o.node.Fn.Timer != nil {
		o.named = newStore("timer names", State{State: &udf.State{Name: "timer names", Kind: udf.MapState}, Key: types.String(), Row: []types.Type{types.Of(types.BigInt)}}, key, route, c.State, c.Fn.Zone)
		o.timers = c.State.NamedTimersOf(o.named.t, "timers")
		o.fired = c.State.Single("timers fired")
	}
	for _, in := range o.node.In {
		o.names = append(o.names, plan.Names(in.Fields()))
	}
	for _, t := range key {
		o.lead = append(o.lead, vec.New(t, 0))
	}
	o.out = vec.NewBatch(plan.Types(o.node.Output))
	o.call.o = o
	return nil
}

func (o *operator) Push(in int, b *vec.Batch) (op.Status, error) {
	o.b, o.from, o.next = b, in, 0
	o.keys.Encode(o.codec, b, o.node.Tables[in].Keys)
	return o.Resume()
}

// Watermark fires the timers that event time has reached. Those that were set for a
// time that had passed wait for the next watermark, also where this one comes again
// after a restart.
func (o *operator) Watermark(wm int64) (op.Status, error) {
	o.b, o.wm, o.firing = nil, wm, o.timers != nil && wm > o.reached
	return o.Resume()
}

// Restored takes up how far timers were fired.
func (o *operator) Restored() error {
	if o.fired != nil {
		if o.reached = o.fired.Time(); o.reached != math.MinInt64 {
			o.fired.SetTime(o.reached) // others may have said so
		}
	}
	return nil
}

func (o *operator) Resume() (op.Status, error) {
	o.out.Reset() // what was emitted has been read
	for {
		done, err := o.step()
		if err != nil {
			return op.Done, err
		}
		if !done && o.out.N < op.BatchRows {
			continue
		}
		if o.out.N > 0 {
			if err := o.ctx.Out.Emit(o.out); err != nil {
				return op.Done, err
			}
			if o.ctx.Out.Full() {
				return op.More, nil
			}
			o.out.Reset()
		}
		if done {
			return op.Done, nil
		}
	}
}

// step makes one call and reports whether there is nothing more to do.
func (o *operator) step() (done bool, err error) {
	switch {
	case o.b != nil && o.next < o.b.Len():
		err = o.row()
		o.next++
		return false, err
	case !o.firing:
		o.b = nil
		return true, nil
	}
	if o.due = o.timers.PopDue(o.wm, 1, o.due); len(o.due) == 0 {
		o.firing, o.reached = false, o.wm
		o.fired.SetTime(o.wm)
		return true, nil
	}
	return false, o.timer(o.due[0])
}

// row calls the function for the next row.
func (o *operator) row() error {
	in, r := &o.node.Tables[o.from], o.b.Row(o.next)
	o.one.Reset()
	o.one.AppendRaw(o.keys.Hash(o.next), o.keys.Bytes(o.next))
	vals := make([]any, len(o.b.Cols))
	for i, c := range o.b.Cols {
		vals[i] = udf.Value(c, r, o.ctx.Fn.Zone)
	}
	c := &o.call
	c.begin()
	if in.OnTime >= 0 {
		c.at(o.b.Cols[in.OnTime], r)
	}
	if o.node.Passes {
		c.whole, c.r = o.b, r
	}
	row := udf.NewRow(in.Arg.Name, o.b.Kind(r).String(), o.names[o.from], vals)
	return o.guard(func() error { return o.node.Fn.Eval(c, row) })
}

// timer calls the function for a timer.
func (o *operator) timer(t state.Timer) error {
	key, rest := state.SplitNamed(t.Key)
	name := string(rest)
	o.one.Reset()
	o.one.Append(key)
	if err := o.named.remove(&o.one, timerKey(name, t.TS)); err != nil {
		return err
	}
	c := &o.call
	c.begin()
	c.ms, c.timed, c.fired = t.TS, true, true
	return o.guard(func() error { return o.node.Fn.Timer(c, name) })
}

// timerKey tells the timers of a partition apart: those without a name by time.
func timerKey(name string, ts int64) string {
	if name == "" {
		return fmt.Sprintf("\x00%d", ts)
	}
	return name
}

// guard turns panics and errors of the function into errors that name it.
func (o *operator) guard(f func() error) (err error) {
	defer func() {
		p := recover()
		if _, ok := p.(*state.Unreadable); ok {
			panic(p) // not the function's
		}
		if p != nil {
			err = sqlerr.New(sqlerr.Runtime, o.node.Pos, "%s panicked: %v", o.node.Fn.Name, p)
		}
	}()
	if err = f(); err == nil {
		err = o.call.err
	}
	if err != nil {
		if _, ok := err.(*sqlerr.Error); !ok {
			err = &sqlerr.Error{Code: sqlerr.Runtime, Pos: o.node.Pos, Msg: o.node.Fn.Name + ": " + err.Error(), Err: err}
		}
	}
	return err
}

func (o *operator) Close() error { return nil }
