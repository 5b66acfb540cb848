package fold

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// distinct is what the DISTINCT calls over one list of arguments have seen: a
// table from (group id, values) to, for rows that only add, a bit for each
// filter under which the values came; else a count for each. So any number of
// calls with any filters costs one probe a row.
type distinct struct {
	args     []int
	variants []*variant
	calls    [][]int // the calls of each variant
	table    *state.Table
	retract  bool

	// recent remembers values of one BIGINT-like argument that were seen lately,
	// so that hot ones do not get as far as the table; nil where it cannot help.
	recent []recentValue

	keys    state.Keys
	keyCols []*vec.Vector
	refs    []state.Ref
	created []bool
	ptrs    []unsafe.Pointer
	want    []uint64
	cand    []int32
	marks   []state.Ref
	gone    []state.Ref
	fresh   [][]int32 // by variant: rows that are new under it
	signs   [][]int8  // with retract: whether they come or go
	at      []unsafe.Pointer
	cols    []*vec.Vector
	seen    map[int64]*state.Keys // values by id, where they are tracked
}

type recentValue struct {
	id, value uint64
	mask      uint64
}

const (
	recentBits  = 12
	maxVariants = 64
)

func (f *Fold) addDistinct(call int) error {
	c := &f.calls[call]
	var d *distinct
	for _, x := range f.distincts {
		if slices.Equal(x.args, c.Args) {
			d = x
		}
	}
	if d == nil {
		d = &distinct{args: c.Args, retract: f.spec.Retract}
		f.distincts = append(f.distincts, d)
	}
	at := slices.Index(d.variants, c.variant)
	if at < 0 {
		at = len(d.variants)
		if at == maxVariants {
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "more than %d filters over the same DISTINCT arguments are not supported", maxVariants)
		}
		d.variants = append(d.variants, c.variant)
		d.calls = append(d.calls, nil)
		d.fresh, d.signs = append(d.fresh, nil), append(d.signs, nil)
	}
	d.calls[at] = append(d.calls[at], call)
	return nil
}

func (d *distinct) declare(f *Fold, i int) {
	key := []types.Type{types.Of(types.BigInt).NotNull()}
	for _, a := range d.args {
		key = append(key, f.spec.In[a])
	}
	fixed := 8
	if d.retract {
		fixed = 8 * len(d.variants)
	} else if len(d.args) == 1 && f.spec.In[d.args[0]].Phys() == types.PI64 && f.spec.TTL == 0 {
		d.recent = make([]recentValue, 1<<recentBits)
	}
	d.table = f.spec.Store.Table(state.TableSpec{Name: f.tableName("distinct", i), Lazy: true, Key: key, Fixed: fixed, TTL: f.spec.TTL, ByID: true,
		From: argsOf(d.args), KeyNames: []string{"group"}, Fields: words(fixed / 8)})
	d.keyCols = make([]*vec.Vector, len(key))
	for j, t := range key {
		d.keyCols[j] = vec.New(t, 0)
	}
}

// update passes rows on to the calls for which their values are new, or gone.
func (d *distinct) update(f *Fold, b *vec.Batch, rows []unsafe.Pointer, signs []int8) error {
	d.wanted(len(rows))
	d.candidates(f, b, rows)
	if len(d.cand) == 0 {
		return nil
	}
	d.encode(f, b, rows)
	n := len(d.cand)
	if cap(d.refs) < n {
		d.refs, d.created = make([]state.Ref, n+n/4), make([]bool, n+n/4)
	}
	d.refs, d.created = d.refs[:n], d.created[:n]
	d.table.Upsert(&d.keys, d.refs, d.created)
	if d.seen != nil {
		d.note(rows)
	}
	d.ptrs = d.table.Ptrs(d.refs, d.ptrs)
	d.marks = d.marks[:0]
	for v := range d.fresh {
		d.fresh[v], d.signs[v] = d.fresh[v][:0], d.signs[v][:0]
	}
	if d.retract {
		d.count(signs)
	} else {
		d.see()
	}
	d.table.Mark(d.marks)
	return d.pass(f, b, rows)
}

// wanted computes for each row the filters that it passes, as bits.
func (d *distinct) wanted(n int) {
	if cap(d.want) < n {
		d.want = make([]uint64, n+n/4)
	}
	d.want = d.want[:n]
	all := uint64(0)
	for v, x := range d.variants {
		if x.pos == nil {
			all |= 1 << v
		}
	}
	for i := range d.want {
		d.want[i] = all
	}
	for v, x := range d.variants {
		for _, p := range x.pos {
			d.want[p] |= 1 << v
		}
	}
}

// candidates lists the rows that have to be looked up: with a value, and not
// known to have been seen under all their filters.
func (d *distinct) candidates(f *Fold, b *vec.Batch, rows []unsafe.Pointer) {
	d.cand = d.cand[:0]
	if cap(d.cand) < len(rows) {
		d.cand = make([]int32, 0, len(rows)+len(rows)/4)
	}
	first := f.base.column(b, d.args[0])
	skipsNull := first.MayHaveNulls() && f.skipsNull(d)
	switch {
	case d.recent != nil:
		vals := first.I64[:len(rows)]
		for i, w := range d.want {
			if w == 0 {
				continue
			}
			if first.Valid != nil && !first.Valid.Get(i) {
				if !skipsNull {
					d.cand = append(d.cand, int32(i))
				}
				continue
			}
			id, v := *(*uint64)(rows[i]), uint64(vals[i])
			e := &d.recent[(id*0x9E3779B97F4A7C15^v)*0xD6E8FEB86659FD93>>(64-recentBits)]
			if e.id == id && e.value == v {
				if w&^e.mask == 0 {
					continue
				}
				e.mask |= w
			} else {
				*e = recentValue{id, v, w}
			}
			d.cand = append(d.cand, int32(i))
		}
	case len(d.args) == 1 && skipsNull:
		for i, w := range d.want {
			if w != 0 && first.Valid.Get(i) {
				d.cand = append(d.cand, int32(i))
			}
		}
	default:
		for i, w := range d.want {
			if w != 0 {
				d.cand = append(d.cand, int32(i))
			}
		}
	}
}

// skipsNull reports whether no call of d makes anything of a null.
func (f *Fold) skipsNull(d *distinct) bool {
	for _, calls := range d.calls {
		for _, c := range calls {
			if n := f.calls[c].Agg.Name; n == "ARRAY_AGG" || n == "JSON_ARRAYAGG" || n == "SINGLE_VALUE" {
				return false
			}
		}
	}
	return true
}

// encode makes the keys of the candidates.
func (d *distinct) encode(f *Fold, b *vec.Batch, rows []unsafe.Pointer) {
	ids := d.keyCols[0]
	ids.Resize(len(d.cand))
	for k, i := range d.cand {
		ids.I64[k] = *(*int64)(rows[i])
	}
	for j, a := range d.args {
		d.keyCols[j+1] = f.base.column(b, a).Gather(d.keyCols[j+1], d.cand)
	}
	d.keys.EncodeVectors(d.table.Codec(), d.keyCols, nil, len(d.cand))
}

// see notes the candidates in the masks.
func (d *distinct) see() {
	for k, i := range d.cand {
		mask := (*uint64)(d.ptrs[k])
		news := d.want[i] &^ *mask
		if news == 0 {
			continue
		}
		*mask |= news
		if !d.created[k] {
			d.marks = append(d.marks, d.refs[k])
		}
		for ; news != 0; news &= news - 1 {
			v := bits.TrailingZeros64(news)
			d.fresh[v] = append(d.fresh[v], i)
		}
	}
}

// count notes the candidates in the counts. A value is there while its count is
// positive, whatever the order in which rows and their retractions came.
func (d *distinct) count(signs []int8) {
	for k, i := range d.cand {
		counts := unsafe.Slice((*int64)(d.ptrs[k]), len(d.variants))
		sign := int8(1)
		if signs != nil {
			sign = signs[i]
		}
		for w := d.want[i]; w != 0; w &= w - 1 {
			v := bits.TrailingZeros64(w)
			before := counts[v] > 0
			counts[v] += int64(sign)
			if (counts[v] > 0) != before {
				d.fresh[v] = append(d.fresh[v], i)
				d.signs[v] = append(d.signs[v], sign)
			}
		}
	}
	d.gone = d.gone[:0]
	for k, r := range d.refs {
		if live(d.ptrs[k], len(d.variants)) {
			d.marks = append(d.marks, r)
		} else {
			d.gone = append(d.gone, r)
		}
	}
	for _, r := range d.gone {
		d.table.Delete(r)
	}
}

// live tells whether any count is not zero.
func live(p unsafe.Pointer, n int) bool {
	for _, c := range unsafe.Slice((*int64)(p), n) {
		if c != 0 {
			return true
		}
	}
	return false
}

// pass hands the rows that count on to the calls.
func (d *distinct) pass(f *Fold, b *vec.Batch, rows []unsafe.Pointer) error {
	for v, fresh := range d.fresh {
		if len(fresh) == 0 {
			continue
		}
		d.cols = d.cols[:0]
		for j, a := range d.args {
			d.keyCols[j+1] = f.base.column(b, a).Gather(d.keyCols[j+1], fresh)
			d.cols = append(d.cols, d.keyCols[j+1])
		}
		var signs []int8
		if d.retract {
			signs = d.signs[v]
		}
		for _, call := range d.calls[v] {
			c := &f.calls[call]
			d.at = offset(rows, fresh, c.off, d.at)
			if err := c.acc.Update(&f.env, d.at, d.cols, signs); err != nil {
				return err
			}
		}
	}
	return nil
}
