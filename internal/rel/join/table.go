package join

import (
	"math/bits"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/zeebo/xxh3"
)

// buildTable holds the rows of a hash join's build side: the columns that are
// wanted, the keys, and, once all rows are in, an index. Rows are numbered from
// 0; nothing in it is a pointer to a row.
//
// Rows of equal keys form a group and lie side by side, so that a key with many
// rows is compared once and its rows are read in order. The directory maps a
// hash to the first group of its chain, with 16 bits beside that tell which
// hashes the chain may hold, so that most misses never leave it. (The directory
// is that of HyPer's tagged hash table.)
type buildTable struct {
	cols []*column // nil where a column is not wanted
	n    int
	key  tableKeys
	// keyless rows have a null in a strict key: they are in no group.
	keyless vec.Bitmap
	keyed   int // rows with a key, which finish puts first

	dir    []uint64 // 16 tag bits, 48 bits of group + 1
	next   []uint32 // of each group: the next one of the chain + 1, 0 = end
	first  []uint32 // of each group its first row, and the end; nil if unique
	shift  uint
	unique bool // no two rows have the same key: groups are rows
	cross  bool // no keys: every row matches

	hashes []uint64 // scratch
}

// tableKeys stores and compares keys.
type tableKeys interface {
	// append adds the keys of rows sel (all n if nil) of vs.
	append(vs []*vec.Vector, sel []int32, n int)
	// hash gives the hashes of stored keys from to to-1 in out[:0].
	hash(out []uint64, from, to int) []uint64
	// same reports whether two stored keys are equal.
	same(a, b uint32) bool
	// probe takes the keys of rows sel of vs to compare with, and gives their
	// hashes; key i is then that of sel[i].
	probe(out []uint64, vs []*vec.Vector, sel []int32) []uint64
	// compare splits pairs of a probe and a stored key by whether they are equal.
	compare(at []int32, row []uint32, c *comparison)
	// keep leaves the given keys, which ascend, renumbered from 0.
	keep(keys []uint32)
	// decode appends the stored keys at to out, one vector a column.
	decode(out []*vec.Vector, at []int32)
	reset()
	// release is reset that gives the memory to the collector.
	release()
	bytes() int64
}

// comparison collects equal and unequal pairs of (probe, stored key).
type comparison struct {
	hitAt, missAt   []int32
	hitRow, missRow []uint32
}

func (c *comparison) reset() {
	c.hitAt, c.missAt, c.hitRow, c.missRow = c.hitAt[:0], c.missAt[:0], c.hitRow[:0], c.missRow[:0]
}

// newBuildTable makes an empty table. With nulls, null keys are equal to each
// other and to nothing else.
func newBuildTable(ts []types.Type, want []bool, keyTypes []types.Type, nulls bool) *buildTable {
	t := &buildTable{cols: make([]*column, len(ts)), cross: len(keyTypes) == 0}
	for i, w := range want {
		if w {
			t.cols[i] = newColumn(ts[i])
		}
	}
	switch {
	case t.cross:
	case len(keyTypes) == 1 && isInt(keyTypes[0].Phys()) && !nulls:
		t.key = &intKeys{}
	default:
		t.key = newByteKeys(keyTypes)
	}
	return t
}

func isInt(p types.Phys) bool {
	return p == types.PI64 || p == types.PI32 || p == types.PI16 || p == types.PI8
}

// add appends rows sel (all n if nil) of b; those without a key have their bit
// set in none (by position among the rows), which may be nil.
func (t *buildTable) add(b *vec.Batch, keys []*vec.Vector, sel []int32, none []bool) {
	n := b.N
	if sel != nil {
		n = len(sel)
	}
	for i, c := range t.cols {
		if c != nil {
			c.append(b.Cols[i], sel, b.N)
		}
	}
	if t.key != nil {
		t.key.append(keys, sel, b.N)
	}
	for i, x := range none {
		if !x {
			continue
		}
		for len(t.keyless)*64 < t.n+n {
			t.keyless = append(t.keyless, 0)
		}
		t.keyless.Set(t.n + i)
	}
	t.n += n
}

// reset empties the table. Text that was handed out stays as it is.
func (t *buildTable) reset() {
	for _, c := range t.cols {
		if c != nil {
			c.reset()
		}
	}
	if t.key != nil {
		t.key.reset()
	}
	t.n, t.keyed, t.keyless, t.first, t.unique = 0, 0, nil, nil, false
}

// present reports whether row r has a key, before finish.
func (t *buildTable) present(r int) bool {
	return r>>6 >= len(t.keyless) || !t.keyless.Get(r)
}

// hasKey reports whether row r has a key, after finish.
func (t *buildTable) hasKey(r int) bool { return r < t.keyed }

// bytes estimates the memory held, the index that finish will make included.
func (t *buildTable) bytes() int64 {
	n := int64(t.n) * 4
	for _, c := range t.cols {
		if c != nil {
			n += c.bytes()
		}
	}
	if t.key != nil {
		n += t.key.bytes() + 8*int64(dirSize(t.n))
	}
	return n
}

func dirSize(rows int) int { return 1 << bits.Len(uint(max(rows, 8)+max(rows, 8)/4-1)) }

// finish makes the index, and unless all keys differ it puts the rows of each
// group together, groups and rows in order of arrival.
func (t *buildTable) finish() {
	t.unique, t.keyed = true, t.n
	if t.cross {
		return
	}
	size := dirSize(t.n)
	t.dir = sized(t.dir, size)
	clear(t.dir)
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	g := grouping{of: make([]uint32, t.n), reps: make([]uint32, 0, t.n)}
	t.next = sized(t.next, t.n)[:0]
	const step = 4096
	for from := 0; from < t.n; from += step {
		to := min(from+step, t.n)
		t.hashes = t.key.hash(t.hashes, from, to)
		t.link(&g, from, to)
	}
	if len(g.reps) < t.n {
		t.arrange(&g)
	}
}

// grouping tells which rows have equal keys.
type grouping struct {
	of   []uint32 // of each row: its group, or keylessRow
	reps []uint32 // of each group: its first row
}

const keylessRow = ^uint32(0)

// link puts rows from to to-1 into groups, new groups into chains.
func (t *buildTable) link(g *grouping, from, to int) {
	for r := from; r < to; r++ {
		if t.keyless != nil && !t.present(r) {
			g.of[r] = keylessRow
			continue
		}
		h := t.hashes[r-from]
		e := &t.dir[h>>t.shift]
		tag := uint64(1) << (48 + h&15)
		x := uint32(0)
		if *e&tag != 0 {
			for x = uint32(*e); x != 0 && !t.key.same(uint32(r), g.reps[x-1]); x = t.next[x-1] {
			}
		}
		if x == 0 {
			g.reps, t.next = append(g.reps, uint32(r)), append(t.next, uint32(*e))
			x = uint32(len(g.reps))
			*e = *e&^(1<<48-1) | tag | uint64(x)
		}
		g.of[r] = x - 1
	}
}

// arrange brings the rows into the order of their groups, those without a key
// last, and keeps one key a group.
func (t *buildTable) arrange(g *grouping) {
	first := make([]uint32, len(g.reps)+1)
	t.keyed = 0
	for _, x := range g.of {
		if x != keylessRow {
			first[x+1]++
			t.keyed++
		}
	}
	for i := 1; i < len(first); i++ {
		first[i] += first[i-1]
	}
	order := make([]int32, t.n)
	at, end := append([]uint32(nil), first...), t.keyed
	for r, x := range g.of {
		if x == keylessRow {
			order[end] = int32(r)
			end++
			continue
		}
		order[at[x]] = int32(r)
		at[x]++
	}
	for _, c := range t.cols {
		if c != nil {
			c.arrange(order)
		}
	}
	t.key.keep(g.reps)
	t.keyless = nil
	if t.unique = len(g.reps) == t.keyed; !t.unique {
		t.first = first
	}
}

// span gives the rows of a group, from and to.
func (t *buildTable) span(group uint32) (uint32, uint32) {
	if t.first == nil {
		return group, group + 1
	}
	return t.first[group], t.first[group+1]
}

// heads gives the probes (positions in hashes) that may have a match, with the
// first group of their chain.
func (t *buildTable) heads(hashes []uint64, at []int32, row []uint32) ([]int32, []uint32) {
	n := len(hashes)
	at, row = sized(at, n), sized(row, n)
	k, shift, dir := 0, t.shift, t.dir
	for i, h := range hashes {
		e := dir[h>>shift]
		at[k], row[k] = int32(i), uint32(e)-1
		k += int(e >> (48 + h&15) & 1)
	}
	return at[:k], row[:k]
}

// advance adds to (toAt, toRow) the next groups of the chains.
func (t *buildTable) advance(at []int32, row []uint32, toAt []int32, toRow []uint32) ([]int32, []uint32) {
	for i, r := range row {
		if x := t.next[r]; x != 0 {
			toAt, toRow = append(toAt, at[i]), append(toRow, x-1)
		}
	}
	return toAt, toRow
}

// intKeys are keys of one integer column.
type intKeys struct {
	keys    []int64
	probe64 []int64
}

// mixInt is the finaliser of MurmurHash3 with its second half left out: the top
// bits index, the low ones tag.
func mixInt(x int64) uint64 {
	h := uint64(x) * 0x9E3779B97F4A7C15
	h ^= h >> 32
	return h * 0xD6E8FEB86659FD93
}

func (k *intKeys) append(vs []*vec.Vector, sel []int32, n int) {
	if sel != nil {
		n = len(sel)
	}
	k.keys = doubled(k.keys, n)
	k.keys = widen(k.keys, vs[0], sel, n)
}

// widen appends rows sel (all n if nil) of an integer column.
func widen(dst []int64, v *vec.Vector, sel []int32, n int) []int64 {
	if v.Const {
		x := int64(0)
		if !v.IsNull(0) {
			x = v.Value(0).(int64)
		}
		for range n {
			dst = append(dst, x)
		}
		return dst
	}
	switch v.Type.Phys() {
	case types.PI64:
		return widenAll(dst, v.I64, sel, n)
	case types.PI32:
		return widenAll(dst, v.I32, sel, n)
	case types.PI16:
		return widenAll(dst, v.I16, sel, n)
	}
	return widenAll(dst, v.I8, sel, n)
}

func widenAll[T int64 | int32 | int16 | int8](dst []int64, src []T, sel []int32, n int) []int64 {
	base := len(dst)
	dst = append(dst, make([]int64, n)...)
	out := dst[base:]
	if sel == nil {
		for i, x := range src[:n] {
			out[i] = int64(x)
		}
		return dst
	}
	for i, r := range sel {
		out[i] = int64(src[r])
	}
	return dst
}

func (k *intKeys) hash(out []uint64, from, to int) []uint64 {
	out = sized(out, to-from)
	for i, x := range k.keys[from:to] {
		out[i] = mixInt(x)
	}
	return out
}

func (k *intKeys) same(a, b uint32) bool { return k.keys[a] == k.keys[b] }

func (k *intKeys) probe(out []uint64, vs []*vec.Vector, sel []int32) []uint64 {
	k.probe64 = widen(k.probe64[:0], vs[0], sel, len(sel))
	out = sized(out, len(sel))
	for i, x := range k.probe64 {
		out[i] = mixInt(x)
	}
	return out
}

func (k *intKeys) compare(at []int32, row []uint32, c *comparison) {
	n := len(at)
	c.hitAt, c.missAt, c.hitRow, c.missRow = sized(c.hitAt, n), sized(c.missAt, n), sized(c.hitRow, n), sized(c.missRow, n)
	h, m := 0, 0
	for i, a := range at {
		r := row[i]
		eq := 0
		if k.keys[r] == k.probe64[a] {
			eq = 1
		}
		c.hitAt[h], c.hitRow[h] = a, r
		c.missAt[m], c.missRow[m] = a, r
		h += eq
		m += 1 - eq
	}
	c.hitAt, c.missAt, c.hitRow, c.missRow = c.hitAt[:h], c.missAt[:m], c.hitRow[:h], c.missRow[:m]
}

func (k *intKeys) keep(keys []uint32) {
	for i, x := range keys {
		k.keys[i] = k.keys[x]
	}
	k.keys = k.keys[:len(keys)]
}

func (k *intKeys) reset() { k.keys = k.keys[:0] }

func (k *intKeys) bytes() int64 { return int64(8 * cap(k.keys)) }

// text views bytes as a string that is not kept.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// byteKeys are keys of any types in canonical form.
type byteKeys struct {
	codec  *vec.Codec
	stride int // bytes of a key if all are of one length
	fixed  []byte
	text   arena
	refs   []int64
	rows   vec.Rows
	probes vec.Rows
}

func newByteKeys(ts []types.Type) *byteKeys {
	k := &byteKeys{codec: vec.NewCodec(ts)}
	if !k.codec.Variable() {
		k.stride = k.codec.FixedLen()
	}
	return k
}

func (k *byteKeys) append(vs []*vec.Vector, sel []int32, n int) {
	k.codec.EncodeVectors(&k.rows, vs, sel, n)
	if k.stride > 0 {
		k.fixed = append(doubled(k.fixed, len(k.rows.Data)), k.rows.Data...)
		return
	}
	k.refs = doubled(k.refs, k.rows.Len())
	for i := range k.rows.Len() {
		k.refs = append(k.refs, k.text.put(text(k.rows.Row(i))))
	}
}

func (k *byteKeys) key(r uint32) string {
	if k.stride > 0 {
		return text(k.fixed[int(r)*k.stride : (int(r)+1)*k.stride])
	}
	return k.text.get(k.refs[r])
}

func (k *byteKeys) hash(out []uint64, from, to int) []uint64 {
	out = sized(out, to-from)
	for i := range out {
		out[i] = xxh3.HashString(k.key(uint32(from + i)))
	}
	return out
}

func (k *byteKeys) same(a, b uint32) bool { return k.key(a) == k.key(b) }

func (k *byteKeys) probe(out []uint64, vs []*vec.Vector, sel []int32) []uint64 {
	k.codec.EncodeVectors(&k.probes, vs, sel, len(sel))
	return vec.HashRows(&k.probes, out)
}

func (k *byteKeys) compare(at []int32, row []uint32, c *comparison) {
	for i, a := range at {
		if r := row[i]; k.key(r) == text(k.probes.Row(int(a))) {
			c.hitAt, c.hitRow = append(c.hitAt, a), append(c.hitRow, r)
		} else {
			c.missAt, c.missRow = append(c.missAt, a), append(c.missRow, r)
		}
	}
}

func (k *byteKeys) keep(keys []uint32) {
	if k.stride > 0 {
		for i, x := range keys {
			copy(k.fixed[i*k.stride:(i+1)*k.stride], k.fixed[int(x)*k.stride:])
		}
		k.fixed = k.fixed[:len(keys)*k.stride]
		return
	}
	for i, x := range keys {
		k.refs[i] = k.refs[x]
	}
	k.refs = k.refs[:len(keys)]
}

func (k *byteKeys) reset() { k.fixed, k.refs, k.text = k.fixed[:0], k.refs[:0], arena{} }

func (k *byteKeys) bytes() int64 { return int64(cap(k.fixed)+8*cap(k.refs)) + k.text.bytes }
