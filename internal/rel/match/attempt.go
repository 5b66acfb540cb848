package match

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// partition is the rows of one partition, by their position in its order.
type partition struct {
	n     int // rows that are known
	limit int // rows that may be taken; only NEXT looks at those behind
	final bool
	// future is a time that no row behind the known ones comes before.
	future int64
	rows   []int32 // rows of engine.data; -1 = not read yet
	times  []int64 // their times, where WITHIN looks at them

	start   int // first row of the attempt, or of the next one
	at      int // next row of the attempt
	covered int // rows before it are in a match
	number  int64
}

// thread is one way to map the rows of an attempt so far.
type thread struct {
	pos  int32 // position that took the last row; -1 = none yet
	tail int32 // last run; -1 = none
}

// run is consecutive rows of one label; it ends where the next run of the thread
// begins.
type run struct {
	prev int32
	from int32 // position of the first row
	l    label
}

// found is a match that wins unless a more preferred thread comes to an end.
type found struct {
	ok   bool
	tail int32
	end  int // position behind its last row
}

// maxThreads bounds the ways that one attempt follows.
const maxThreads = 1 << 16

// stepsAtOnce bounds the work between two looks at the output and at markers.
const stepsAtOnce = 1 << 15

// engine runs attempts over one partition at a time.
type engine struct {
	spec
	data   *vec.Batch
	read   func(pos int) int32 // reads a row into data
	p      *partition
	conds  conditions
	out    output
	active bool // an attempt is under way

	threads, next []thread
	runs          []run
	accs, spare   []uint64 // accumulators of threads and next
	best          found
	chain         []int32
	compactAt     int
	spent         int
}

// advance goes on until rows are wanted (true), or there is output enough, or it
// has worked for a while (false).
func (e *engine) advance() (bool, error) {
	for e.spent = 0; e.out.n < op.BatchRows && e.spent < stepsAtOnce; e.spent++ {
		if !e.active {
			if e.p.start >= e.p.limit {
				return true, nil
			}
			e.begin()
		}
		if len(e.threads) > 0 {
			if e.p.at < e.p.limit && !e.late() {
				if err := e.step(); err != nil {
					return false, err
				}
				continue
			}
			if !e.over() {
				return true, nil
			}
		}
		if err := e.finish(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// begin starts an attempt at row p.start.
func (e *engine) begin() {
	e.active, e.p.at = true, e.p.start
	e.runs, e.best, e.compactAt = e.runs[:0], found{}, 0
	e.threads = append(e.threads[:0], thread{-1, -1})
	e.accs = e.conds.fresh(e.accs[:0])
	e.settle()
}

// late reports whether the next row comes too late for WITHIN.
func (e *engine) late() bool {
	return e.within > 0 && e.time(e.p.at)-e.time(e.p.start) >= e.within
}

// over reports whether no further row can be taken.
func (e *engine) over() bool {
	switch {
	case e.p.at < e.p.n:
		return e.late()
	case e.p.final:
		return true
	}
	return e.within > 0 && e.p.future-e.time(e.p.start) >= e.within
}

func (e *engine) time(pos int) int64 {
	e.row(pos)
	return e.p.times[pos]
}

// row gives the row of data at a position, -1 if there is none.
func (e *engine) row(pos int) int32 {
	if pos < 0 || pos >= e.p.n {
		return -1
	}
	if r := e.p.rows[pos]; r >= 0 {
		return r
	}
	return e.read(pos)
}

// step offers the next row to each thread.
func (e *engine) step() error {
	pos := e.p.at
	e.conds.row = e.row(pos)
	e.next, e.spare = e.next[:0], e.spare[:0]
	e.conds.newRow()
	for i := range e.threads {
		t := &e.threads[i]
		e.conds.thread(i)
		for _, to := range e.auto.states[t.pos+1].targets {
			l := e.auto.label[to.pos]
			ok, err := e.takes(l.variable(), to.guards)
			if err != nil {
				return err
			}
			if ok && !e.conds.repeated(to.pos) {
				if err := e.take(i, to.pos, l); err != nil {
					return err
				}
			}
		}
	}
	if len(e.next) > maxThreads {
		return sqlerr.New(sqlerr.Runtime, e.pos, "MATCH_RECOGNIZE follows more than %d ways to map the rows of one match", maxThreads).
			WithHint("the conditions of DEFINE overlap; make them exclude each other, or use fewer quantifiers")
	}
	e.spent += len(e.threads) / 4
	e.threads, e.next = e.next, e.threads
	e.accs, e.spare = e.spare, e.accs
	e.p.at++
	e.settle()
	return nil
}

// takes reports whether the row satisfies a variable and no guard.
func (e *engine) takes(v int, guards Set) (bool, error) {
	ok, err := e.conds.holds(e, v)
	for g := 0; ok && err == nil && guards != 0; g, guards = g+1, guards>>1 {
		if guards&1 != 0 {
			var taken bool
			taken, err = e.conds.holds(e, g)
			ok = !taken
		}
	}
	return ok && err == nil, err
}

// take makes the thread that maps the row to a position.
func (e *engine) take(parent int, pos int32, l label) (err error) {
	tail := e.threads[parent].tail
	if tail < 0 || e.runs[tail].l != l {
		e.runs = append(e.runs, run{prev: tail, from: int32(e.p.at), l: l})
		tail = int32(len(e.runs) - 1)
	}
	e.next = append(e.next, thread{pos, tail})
	e.spare, err = e.conds.inherit(e, e.spare, parent, l.variable())
	return err
}

// settle notes the most preferred match that ends here and drops the threads
// that are less preferred.
func (e *engine) settle() {
	for i, t := range e.threads {
		s := &e.auto.states[t.pos+1]
		if !s.ends {
			continue
		}
		e.best = found{true, t.tail, e.p.at}
		if len(s.targets) > 0 {
			i++
		}
		e.threads = e.threads[:i]
		return
	}
	if len(e.runs) > max(e.compactAt, 1024) {
		e.compact()
		e.compactAt = 2 * len(e.runs)
	}
}

// compact drops the runs that no thread has any more.
func (e *engine) compact() {
	to := make(map[int32]int32, len(e.threads))
	var kept []run
	var keep func(r int32) int32
	keep = func(r int32) int32 {
		var path []int32
		for ; r >= 0; r = e.runs[r].prev {
			if _, ok := to[r]; ok {
				break
			}
			path = append(path, r)
		}
		last := int32(-1)
		if r >= 0 {
			last = to[r]
		}
		for i := len(path) - 1; i >= 0; i-- {
			x := e.runs[path[i]]
			x.prev = last
			kept = append(kept, x)
			last = int32(len(kept) - 1)
			to[path[i]] = last
		}
		return last
	}
	for i := range e.threads {
		e.threads[i].tail = keep(e.threads[i].tail)
	}
	if e.best.ok {
		e.best.tail = keep(e.best.tail)
	}
	e.runs = append(e.runs[:0], kept...)
}

// finish ends the attempt: with a match, or a row later.
func (e *engine) finish() error {
	e.active, e.threads = false, e.threads[:0]
	p, next := e.p, e.p.start+1
	if !e.best.ok {
		if p.start >= p.covered {
			e.out.unmatched(e)
		}
		p.start = next
		return nil
	}
	p.number++
	if err := e.out.match(e); err != nil {
		return err
	}
	if e.best.end > p.start {
		var err error
		if next, err = e.after(); err != nil {
			return err
		}
		p.covered = max(p.covered, e.best.end)
	} else {
		p.covered = max(p.covered, next)
	}
	p.start = next
	return nil
}

// after finds where the next match may begin.
func (e *engine) after() (int, error) {
	switch e.skip.Kind {
	case PastLastRow:
		return e.best.end, nil
	case ToNextRow:
		return e.p.start + 1, nil
	}
	v := Value{Vars: e.skip.Vars, First: e.skip.Kind == ToFirst}
	to := e.locate(&v, e.best.tail, e.best.end, -1)
	switch {
	case to < 0:
		return 0, sqlerr.New(sqlerr.Runtime, e.pos, "AFTER MATCH %s: the match has no row of %s", e.skip, e.skip.Name).
			WithHint("skip to a variable that every match has, or PAST LAST ROW")
	case to == e.p.start:
		return 0, sqlerr.New(sqlerr.Runtime, e.pos, "AFTER MATCH %s goes back to the first row of the match, which would be found for ever", e.skip).
			WithHint("skip to a variable that comes later in the pattern, or TO NEXT ROW")
	}
	return to, nil
}

// locate finds the row of a value among the rows that end before position end and
// are mapped by the runs from tail on; the row at end is mapped to extra, if that
// is not negative. It gives -1 if there is none.
func (e *engine) locate(v *Value, tail int32, end, extra int) int {
	if v.First {
		return e.locateFirst(v, tail, end, extra)
	}
	off := v.Offset
	if extra >= 0 && v.Vars.Has(extra) {
		if off == 0 {
			return end
		}
		off--
	}
	for hi := end; tail >= 0; tail = e.runs[tail].prev {
		r := &e.runs[tail]
		if n := hi - int(r.from); v.Vars.Has(r.l.variable()) {
			if off < n {
				return hi - 1 - off
			}
			off -= n
		}
		hi = int(r.from)
	}
	return -1
}

func (e *engine) locateFirst(v *Value, tail int32, end, extra int) int {
	if v.Vars == All {
		last := end - 1
		if extra >= 0 {
			last = end
		}
		if pos := e.p.start + v.Offset; pos <= last {
			return pos
		}
		return -1
	}
	e.link(tail)
	off := v.Offset
	for i, id := range e.chain {
		r := &e.runs[id]
		if !v.Vars.Has(r.l.variable()) {
			continue
		}
		hi := end
		if i+1 < len(e.chain) {
			hi = int(e.runs[e.chain[i+1]].from)
		}
		if n := hi - int(r.from); off >= n {
			off -= n
			continue
		}
		return int(r.from) + off
	}
	if extra >= 0 && v.Vars.Has(extra) && off == 0 {
		return end
	}
	return -1
}

// link makes chain the runs up to tail, first to last.
func (e *engine) link(tail int32) {
	e.chain = e.chain[:0]
	for ; tail >= 0; tail = e.runs[tail].prev {
		e.chain = append(e.chain, tail)
	}
	for i, j := 0, len(e.chain)-1; i < j; i, j = i+1, j-1 {
		e.chain[i], e.chain[j] = e.chain[j], e.chain[i]
	}
}

// variableAt gives the label of a row of the match.
func (e *engine) variableAt(pos int, tail int32) label {
	for int(e.runs[tail].from) > pos {
		tail = e.runs[tail].prev
	}
	return e.runs[tail].l
}
