package over

import (
	"bytes"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// updating evaluates calls over partitions whose rows come and go anywhere in
// their order: rows that arrive change the results of others. It keeps all rows in
// order and, for each partition that a batch of input changes, evaluates the rows
// that the change can touch before and after, and emits what is different.
type updating struct {
	spec
	c     *op.Context
	eval  *evaluator
	reach reach
	rows  *state.Sorted
	resc  *vec.Codec

	b    *vec.Batch
	next int
	sel  []int32
	kind vec.Kind // of rows that are new
	// always: rows that are touched are emitted though their results are the
	// same. Row by row Flink compares accumulators, and that of an average
	// changes with every row.
	always bool

	keys  state.Keys
	refs  []state.Ref
	vs    []*vec.Vector
	enc   vec.Rows
	sorts []extent // sort key of each row
	data  []byte   // what the step remembers
	parts []touched
	at    map[state.Ref]int32

	iter   state.Iter
	reads  [][]byte
	cols   []*vec.Vector
	res    []*vec.Vector
	resEnc vec.Rows
	now    []kept
	out    emission
}

// extent is bytes in the step's memory.
type extent struct{ from, to int }

// kept is a row with its results, and its sort key.
type kept struct {
	key, row, res extent
	gone          bool // matched by another
}

// touched is a partition that changes in a step: the least and the greatest sort
// key of what comes and goes, and the rows that are touched as they were.
type touched struct {
	g           state.Ref
	first, last extent
	was         []kept
	lo, hi      int // of was: the rows between the sort keys
}

// averages are the aggregates whose accumulators say more than their results.
var averages = map[string]bool{"AVG": true, "STDDEV": true, "STDDEV_POP": true, "STDDEV_SAMP": true, "VARIANCE": true, "VAR_POP": true, "VAR_SAMP": true}

func newUpdating(s spec) *updating { return &updating{spec: s} }

// Open declares the state and compiles the calls.
func (u *updating) Open(c *op.Context) error {
	u.c = c
	var err error
	if u.eval, err = newEvaluator(&u.spec, c); err != nil {
		return err
	}
	u.reach = reachOf(&u.spec)
	for _, call := range u.calls {
		u.always = u.always || !c.MiniBatch && !c.Batch && averages[call.Agg.Name]
	}
	key := make([]types.Type, len(u.partition))
	for i, p := range u.partition {
		key[i] = u.in[p]
	}
	u.rows = c.State.Sorted(state.SortedSpec{Name: "over", Key: key, Row: u.in, TTL: time.Duration(u.ttlMs) * time.Millisecond,
		Route: c.Route(0, u.partition, 0), From: state.Origin{Input: 1, Key: u.partition}})
	u.cols = make([]*vec.Vector, len(u.in))
	for _, col := range u.eval.need {
		u.cols[col] = vec.New(u.in[col], 0)
	}
	var res []types.Type
	for _, call := range u.calls {
		res = append(res, call.Type)
		u.res = append(u.res, vec.New(call.Type, 0))
	}
	u.resc = vec.NewCodec(res)
	u.at = map[state.Ref]int32{}
	u.out.batch, u.out.plain = vec.NewBatch(u.outTypes()), len(u.in)
	return nil
}

// Push takes rows in, all at once or, where Flink emits row by row, one by one.
func (u *updating) Push(_ int, b *vec.Batch) (op.Status, error) {
	if b.Len() == 0 {
		return op.Done, nil
	}
	u.b, u.next = b, 0
	return u.Resume()
}

// Resume goes on with the batch at hand.
func (u *updating) Resume() (op.Status, error) {
	for u.b != nil {
		if u.c.Out.Full() {
			return op.More, nil
		}
		k := u.b.Len() - u.next
		if !u.c.MiniBatch {
			k = min(k, 1)
		}
		u.sel = u.sel[:0]
		for i := range k {
			u.sel = append(u.sel, int32(u.b.Row(u.next+i)))
		}
		u.next += k
		u.kind = vec.Insert
		if k == 1 && !u.c.MiniBatch && u.b.Kind(int(u.sel[0])).Adds() {
			u.kind = u.b.Kind(int(u.sel[0])) // row by row the input's kind stays
		}
		if err := u.step(u.b); err != nil {
			return op.Done, err
		}
		if u.next >= u.b.Len() {
			u.b = nil
		}
		if err := u.out.emit(u.c.Out, u.rows.RowCodec(), u.resc, u.data); err != nil {
			return op.Done, err
		}
	}
	if u.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// step applies rows sel of b.
func (u *updating) step(b *vec.Batch) error {
	u.vs = u.vs[:0]
	for _, p := range u.partition {
		u.vs = append(u.vs, b.Cols[p])
	}
	u.keys.EncodeVectors(u.rows.KeyCodec(), u.vs, u.sel, b.N)
	u.refs = sized(u.refs, len(u.sel))
	u.rows.Upsert(&u.keys, u.refs, nil)
	u.rows.RowCodec().EncodeVectors(&u.enc, b.Cols, u.sel, b.N)
	u.touch(b)
	for i := range u.parts {
		t := &u.parts[i]
		var err error
		if t.was, t.lo, t.hi, err = u.read(t, t.was[:0]); err != nil {
			return err
		}
	}
	for i, g := range u.refs {
		s := u.sorts[i]
		if key := u.data[s.from:s.to]; b.Kind(int(u.sel[i])).Adds() {
			u.rows.Insert(g, key, u.enc.Row(i))
		} else {
			u.rows.DeleteEqual(g, key, u.enc.Row(i))
		}
	}
	for i := range u.parts {
		if err := u.compare(&u.parts[i]); err != nil {
			return err
		}
	}
	for i := range u.parts {
		if g := u.parts[i].g; u.rows.Count(g) == 0 {
			u.rows.DeleteKey(g)
		}
	}
	return nil
}

// touch finds the sort keys of the rows and the partitions that they change.
func (u *updating) touch(b *vec.Batch) {
	u.data, u.sorts, u.parts = u.data[:0], u.sorts[:0], u.parts[:0]
	clear(u.at)
	for i, g := range u.refs {
		from := len(u.data)
		for _, k := range u.order {
			u.data = state.AppendSortKey(u.data, b.Cols[k.Col], int(u.sel[i]), k.Desc, k.NullsFirst)
		}
		key := extent{from, len(u.data)}
		u.sorts = append(u.sorts, key)
		at, ok := u.at[g]
		if !ok {
			at = int32(len(u.parts))
			u.at[g] = at
			if len(u.parts) < cap(u.parts) {
				u.parts = u.parts[:at+1]
			} else {
				u.parts = append(u.parts, touched{})
			}
			t := &u.parts[at]
			t.g, t.first, t.last = g, key, key
			continue
		}
		t := &u.parts[at]
		if bytes.Compare(u.bytes(key), u.bytes(t.first)) < 0 {
			t.first = key
		}
		if bytes.Compare(u.bytes(key), u.bytes(t.last)) > 0 {
			t.last = key
		}
	}
}

func (u *updating) bytes(e extent) []byte { return u.data[e.from:e.to] }

func (u *updating) save(b []byte) extent {
	from := len(u.data)
	u.data = append(u.data, b...)
	return extent{from, len(u.data)}
}

// read evaluates the touched rows of a partition as it is now and appends them to
// out; those from lo to hi-1 are between its sort keys.
func (u *updating) read(t *touched, out []kept) (rows []kept, lo, hi int, err error) {
	n := u.rows.Count(t.g)
	lo = u.rows.Rank(t.g, u.bytes(t.first))
	end := u.save(u.bytes(t.last))
	u.data = append(u.data, 0) // no key is a prefix of another
	hi = u.rows.Rank(t.g, u.data[end.from:end.to+1])
	a, b, from, to := u.reach.span(lo, hi, n)
	if a >= b {
		return out, 0, 0, nil
	}
	u.reads = u.reads[:0]
	for u.rows.Iter(&u.iter, t.g, from); len(u.reads) < to-from; u.iter.Next() {
		u.reads = append(u.reads, u.iter.Row())
	}
	for _, v := range u.cols {
		if v != nil {
			v.Resize(0)
		}
	}
	u.rows.RowCodec().Decode(u.reads, u.cols)
	for _, v := range u.res {
		v.Resize(0)
	}
	if err := u.eval.eval(u.cols, 0, to-from, u.res); err != nil {
		return nil, 0, 0, err
	}
	u.resc.EncodeVectors(&u.resEnc, u.res, nil, to-from)
	u.rows.Iter(&u.iter, t.g, a)
	for i := a; i < b; i++ {
		out = append(out, kept{key: u.save(u.iter.SortKey()), row: u.save(u.iter.Row()), res: u.save(u.resEnc.Row(i - from))})
		u.iter.Next()
	}
	return out, lo - a, hi - a, nil
}

// compare finds what is different in a partition. Rows around the changed sort
// keys are the same as before; those between are matched by key and content.
func (u *updating) compare(t *touched) error {
	now, lo, hi, err := u.read(t, u.now[:0])
	if err != nil {
		return err
	}
	u.now = now
	if !u.c.MiniBatch {
		u.single(t, now, lo, hi)
		return nil
	}
	for i := range t.lo {
		u.pair(&t.was[i], &now[i])
	}
	was, is := t.was[t.lo:t.hi], now[lo:hi]
	for len(was) > 0 && len(is) > 0 {
		switch c := bytes.Compare(u.bytes(was[0].key), u.bytes(is[0].key)); {
		case c < 0:
			was = was[1:]
		case c > 0:
			is = is[1:]
		default:
			was, is = u.group(was, is)
		}
	}
	for i := range t.was[t.hi:] {
		u.pair(&t.was[t.hi+i], &now[hi+i])
	}
	for i := range t.was {
		if k := &t.was[i]; !k.gone {
			u.out.add(vec.Delete, k)
		}
	}
	for i := range now {
		if k := &now[i]; !k.gone {
			u.out.add(u.kind, k)
		}
	}
	return nil
}

// single emits what one row of input changes, as Flink does it: in the order of
// the partition, the row that comes or goes at its place among the others.
func (u *updating) single(t *touched, now []kept, lo, hi int) {
	switch gone, is := t.was[t.lo:t.hi], now[lo:hi]; {
	case len(is) > len(gone):
		at := hi - 1 // it came last of its peers
		for i := range at {
			u.pair(&t.was[i], &now[i])
		}
		u.out.add(u.kind, &now[at])
		now = now[hi:]
	case len(is) < len(gone):
		at := t.lo + u.missing(gone, is)
		for i := range at {
			u.pair(&t.was[i], &now[i])
		}
		u.out.come = append(u.out.come, change{vec.Delete, t.was[at].row, t.was[at].res})
		for i := at + 1; i < t.hi; i++ {
			u.pair(&t.was[i], &now[i-1])
		}
		now = now[hi:]
	}
	for i := range t.was[t.hi:] {
		u.pair(&t.was[t.hi+i], &now[i])
	}
}

// missing is which of the peers was, of which one is gone in is, went: of equal
// rows the first in a frame of rows, the last where peers share their results.
func (u *updating) missing(was, is []kept) int {
	same := func(x, y *kept) bool { return bytes.Equal(u.bytes(x.row), u.bytes(y.row)) }
	at := 0
	for at < len(is) && same(&was[at], &is[at]) {
		at++
	}
	for u.frame.Rows && at > 0 && same(&was[at-1], &was[at]) {
		at--
	}
	return at
}

// group pairs equal rows of one sort key and gives what follows them.
func (u *updating) group(was, is []kept) (restWas, restIs []kept) {
	n, m := u.run(was), u.run(is)
	from := 0
	for i := range was[:n] {
		for j := from; j < m; j++ {
			if !is[j].gone && bytes.Equal(u.bytes(was[i].row), u.bytes(is[j].row)) {
				u.pair(&was[i], &is[j])
				break
			}
		}
		for from < m && is[from].gone {
			from++
		}
	}
	return was[n:], is[m:]
}

// run is the number of rows with the sort key of the first.
func (u *updating) run(rows []kept) int {
	n := 1
	for n < len(rows) && bytes.Equal(u.bytes(rows[n].key), u.bytes(rows[0].key)) {
		n++
	}
	return n
}

// pair notes that a row is there before and after.
func (u *updating) pair(was, is *kept) {
	was.gone, is.gone = true, true
	if !u.always && bytes.Equal(u.bytes(was.res), u.bytes(is.res)) {
		return
	}
	if u.before {
		u.out.add(vec.UpdateBefore, was)
	}
	u.out.add(vec.UpdateAfter, is)
}

// Close has nothing to free.
func (u *updating) Close() error { return nil }

var _ op.Operator = (*updating)(nil)
