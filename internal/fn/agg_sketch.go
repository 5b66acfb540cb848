package fn

import (
	"encoding/binary"
	"math"
	"sort"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// newApproxPercentile gives APPROX_PERCENTILE by DDSketch (Masson, Rim, Lee:
// DDSketch, a fast and fully-mergeable quantile sketch with relative-error
// guarantees, 2019): bins whose bounds grow by a factor, so that a quantile is
// off by sketchError of its value at most. Bins are counts: rows may be taken
// back, and sketches merge by addition.
func newApproxPercentile(*AggCall) (Acc, error) { return &quantiles{}, nil }

const (
	sketchError = 0.01
	// sketchBins bounds the state of a group to 24 KiB. When there are more, the
	// bins of the lowest values are put together.
	sketchBins = 2048
	binBytes   = 12 // key 4, count 8
	zeroOffset = 1 << 20
)

var (
	sketchGamma    = (1 + sketchError) / (1 - sketchError)
	sketchLogGamma = math.Log(sketchGamma)
)

// binKey orders bins as their values are ordered.
func binKey(x float64) int32 {
	switch {
	case x > 0:
		return zeroOffset + int32(math.Ceil(math.Log(min(x, math.MaxFloat64))/sketchLogGamma))
	case x < 0:
		return -binKey(-x)
	}
	return 0
}

// binValue is the value that stands for a bin.
func binValue(key int32) float64 {
	switch {
	case key > 0:
		return 2 * math.Pow(sketchGamma, float64(key-zeroOffset)) / (sketchGamma + 1)
	case key < 0:
		return -binValue(-key)
	}
	return 0
}

// quantiles is the accumulator of APPROX_PERCENTILE. Its block holds the number
// of percentages (4 bytes), them (8 each), then the bins in order of key.
type quantiles struct{ buf []byte }

// bins is the accumulator: n bins in the block.
type bins struct {
	ref Ref
	n   int64
}

func (*quantiles) Size() int { return 16 }

// Refs gives the place of the block's reference.
func (*quantiles) Refs() []int { return []int{0} }

func (f *quantiles) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	x := args[0]
	for i, p := range accs {
		if x.IsNull(i) {
			continue
		}
		v := numberAt(x, i)
		if math.IsNaN(v) {
			continue
		}
		b := (*bins)(p)
		if b.ref == 0 {
			ps, err := percentagesOf(args[1], i)
			if err != nil {
				return err
			}
			b.ref = env.Heap.Put(0, ps)
		}
		f.add(env.Heap, b, binKey(v), int64(signOf(signs, i)))
	}
	return nil
}

// percentagesOf writes the head of a block.
func percentagesOf(v *vec.Vector, i int) ([]byte, error) {
	var at []float64
	switch {
	case v.IsNull(i):
	case v.Type.Kind == types.Array:
		for j := v.Off[i]; j < v.Off[i+1]; j++ {
			at = append(at, numberAt(v.Kids[0], int(j)))
		}
	default:
		at = append(at, numberAt(v, i))
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(at)))
	for _, p := range at {
		if !(p >= 0 && p <= 1) {
			return nil, Err("APPROX_PERCENTILE: the percentage must be between 0 and 1, not %v", p)
		}
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(p))
	}
	return out, nil
}

// headBytes is where the bins begin.
func headBytes(block []byte) int { return 4 + 8*int(binary.LittleEndian.Uint32(block)) }

func binAt(bins []byte, i int) (key int32, count int64) {
	b := bins[i*binBytes:]
	return int32(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint64(b[4:]))
}

// add changes the count of a bin, making it if it is new and dropping it when
// nothing is left in it.
func (f *quantiles) add(heap Heap, b *bins, key int32, by int64) {
	block := heap.Get(b.ref)
	head, n := headBytes(block), int(b.n)
	list := block[head:]
	i := sort.Search(n, func(i int) bool { k, _ := binAt(list, i); return k >= key })
	if i < n {
		if k, c := binAt(list, i); k == key {
			if c += by; c != 0 {
				binary.LittleEndian.PutUint64(list[i*binBytes+4:], uint64(c))
				return
			}
			copy(list[i*binBytes:], list[(i+1)*binBytes:n*binBytes])
			b.n--
			return
		}
	}
	if n == sketchBins {
		if i == 0 {
			key, _ = binAt(list, 0) // below all bins: into the lowest
			f.add(heap, b, key, by)
			return
		}
		_, low := binAt(list, 0)
		copy(list, list[binBytes:n*binBytes])
		b.n--
		key0, _ := binAt(list, 0)
		f.add(heap, b, key0, low)
		f.add(heap, b, key, by)
		return
	}
	if (n+1)*binBytes > len(list) {
		grown := make([]byte, head+max(2*n, 8)*binBytes)
		copy(grown, block[:head+n*binBytes])
		b.ref = heap.Put(b.ref, grown)
		list = heap.Get(b.ref)[head:]
	}
	copy(list[(i+1)*binBytes:], list[i*binBytes:n*binBytes])
	binary.LittleEndian.PutUint32(list[i*binBytes:], uint32(key))
	binary.LittleEndian.PutUint64(list[i*binBytes+4:], uint64(by))
	b.n++
}

func (f *quantiles) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*bins)(p), (*bins)(src[i])
		if s.ref == 0 {
			continue
		}
		f.buf = append(f.buf[:0], env.Heap.Get(s.ref)...)
		head := headBytes(f.buf)
		if d.ref == 0 {
			d.ref = env.Heap.Put(0, f.buf[:head])
		}
		for j := range int(s.n) {
			key, n := binAt(f.buf[head:], j)
			f.add(env.Heap, d, key, n)
		}
	}
	return nil
}

func (f *quantiles) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		b := (*bins)(p)
		if b.ref == 0 {
			out.AppendNulls(1)
			continue
		}
		block := env.Heap.Get(b.ref)
		head := headBytes(block)
		list := block[head:]
		total := int64(0)
		for i := range int(b.n) {
			_, n := binAt(list, i)
			total += n
		}
		if total <= 0 || head == 4 {
			out.AppendNulls(1)
			continue
		}
		to := out
		if out.Type.Kind == types.Array {
			to = out.Kids[0]
		}
		for at := 4; at < head; at += 8 {
			q := math.Float64frombits(binary.LittleEndian.Uint64(block[at:]))
			to.F64 = append(to.F64, quantile(list, int(b.n), q*float64(total-1)))
			to.Extend(1)
		}
		if to != out {
			out.Off = append(out.Off, int32(to.N))
			out.Extend(1)
		}
	}
	return nil
}

// quantile gives the value of the bin that holds the value of a rank.
func quantile(list []byte, n int, rank float64) float64 {
	below := int64(0)
	for i := range n {
		key, c := binAt(list, i)
		if below += c; float64(below) > rank || i == n-1 {
			return binValue(key)
		}
	}
	return 0
}
