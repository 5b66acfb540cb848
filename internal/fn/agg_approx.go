package fn

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// newApprox gives APPROX_COUNT_DISTINCT: HyperLogLog (Flajolet et al. 2007) with
// the exact small counts of HyperLogLog++ (Heule et al. 2013): up to
// sparseHashes hashes are kept as they are, then 2^14 registers of a byte, whose
// standard error is 0.8 percent.
func newApprox(c *AggCall) (Acc, error) {
	if c.Retract {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "APPROX_COUNT_DISTINCT over rows that are updated is not supported").
			WithHint("use COUNT(DISTINCT ...)")
	}
	return &approx{}, nil
}

const (
	hllBits      = 14
	hllRegisters = 1 << hllBits
	sparseHashes = 512
)

type approx struct{ buf []byte }

// sketch is the accumulator: n hashes in the block, or registers where n is -1.
type sketch struct {
	ref Ref
	n   int64
}

func (*approx) Size() int { return 16 }

// Refs gives the place of the block's reference.
func (*approx) Refs() []int { return []int{0} }

func (f *approx) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	v := args[0]
	for i, p := range accs {
		if v.IsNull(i) {
			continue
		}
		f.buf = vec.AppendCanonical(f.buf[:0], v, i)
		(*sketch)(p).add(env.Heap, xxh3.Hash(f.buf))
	}
	return nil
}

func (s *sketch) add(heap Heap, hash uint64) {
	if s.n < 0 {
		raise(heap.Get(s.ref), hash)
		return
	}
	var block []byte
	if s.ref != 0 {
		block = heap.Get(s.ref)
	}
	for i := range int(s.n) {
		if binary.LittleEndian.Uint64(block[8*i:]) == hash {
			return
		}
	}
	if s.n == sparseHashes {
		s.densify(heap)
		raise(heap.Get(s.ref), hash)
		return
	}
	if 8*int(s.n) == len(block) {
		grown := make([]byte, max(2*len(block), 32))
		copy(grown, block)
		s.ref = heap.Put(s.ref, grown)
		block = heap.Get(s.ref)
	}
	binary.LittleEndian.PutUint64(block[8*s.n:], hash)
	s.n++
}

func (s *sketch) densify(heap Heap) {
	registers := make([]byte, hllRegisters)
	block := heap.Get(s.ref)
	for i := range int(s.n) {
		raise(registers, binary.LittleEndian.Uint64(block[8*i:]))
	}
	s.ref, s.n = heap.Put(s.ref, registers), -1
}

// raise notes a hash: the register of its top bits holds the most leading zeros
// seen in the rest, plus one.
func raise(registers []byte, hash uint64) {
	zeros := byte(bits.LeadingZeros64(hash<<hllBits|1<<(hllBits-1))) + 1
	if r := &registers[hash>>(64-hllBits)]; zeros > *r {
		*r = zeros
	}
}

func (f *approx) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*sketch)(p), (*sketch)(src[i])
		if s.ref == 0 {
			continue
		}
		f.buf = append(f.buf[:0], env.Heap.Get(s.ref)...)
		if s.n >= 0 {
			for j := range int(s.n) {
				d.add(env.Heap, binary.LittleEndian.Uint64(f.buf[8*j:]))
			}
			continue
		}
		if d.n >= 0 {
			if d.ref == 0 {
				d.ref = env.Heap.Put(0, make([]byte, hllRegisters))
				d.n = -1
			} else {
				d.densify(env.Heap)
			}
		}
		to := env.Heap.Get(d.ref)
		for j, r := range f.buf[:hllRegisters] {
			to[j] = max(to[j], r)
		}
	}
	return nil
}

func (f *approx) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	for i, p := range accs {
		s := (*sketch)(p)
		if out.I64[from+i] = s.n; s.n < 0 {
			out.I64[from+i] = estimate(env.Heap.Get(s.ref))
		}
	}
	return nil
}

// estimate is Ertl's improved estimator (New cardinality estimation algorithms
// for HyperLogLog sketches, 2017), which needs no tables of bias.
func estimate(registers []byte) int64 {
	const q = 64 - hllBits
	var counts [q + 2]int
	for _, r := range registers[:hllRegisters] {
		counts[r]++
	}
	m := float64(hllRegisters)
	z := m * tau(1-float64(counts[q+1])/m)
	for k := q; k >= 1; k-- {
		z = 0.5 * (z + float64(counts[k]))
	}
	z += m * sigma(float64(counts[0])/m)
	return int64(math.Round(m * m / (2 * math.Ln2 * z)))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
