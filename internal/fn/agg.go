package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Agg is one row of the table of aggregate functions. Sig is as for Func, with
// the aggregated arguments.
type Agg struct {
	Name      string
	Sig       string
	Doc       string
	Examples  []Example // SQL is a whole query over VALUES
	Extension bool
	Hidden    bool // what the planner writes (SINGLE_VALUE), not listed
	Ordered   bool // the result depends on arrival order (FIRST_VALUE, LISTAGG, ARRAY_AGG)
	// NoDistinct aggregates ignore DISTINCT (MIN, MAX).
	NoDistinct bool
	// WindowOnly functions need OVER (ROW_NUMBER, LAG, ...); New is nil for them.
	WindowOnly bool
	// NeverNull results are NOT NULL (COUNT); others are null for an empty group.
	NeverNull bool
	// Empty is the result over no rows of an aggregate that is NeverNull.
	Empty any

	Infer func(args []Arg) (types.Type, error)
	// New gives the accumulator for a bound call.
	New func(c *AggCall) (Acc, error)
}

// AggCall is an aggregate call being bound.
type AggCall struct {
	Args []Arg
	Ret  types.Type
	// Retract: the input has -U or -D rows, Update is called with negative signs.
	Retract bool
}

// Acc folds rows into fixed-width accumulators that lie inside state rows. One
// Acc serves all groups of one task; it holds no group's data.
//
// accs[i] points to Size() bytes, zeroed at birth and 8-byte aligned, for the
// i-th row. Several i may share one accumulator; rows are in arrival order.
// Text and collections live in env's heap and are referred to by Ref.
type Acc interface {
	// Size is the bytes of one accumulator, a multiple of 8.
	Size() int
	// Update folds row i of args into accs[i]; the vectors are dense and not
	// Const. signs is nil when all rows add; else +1 or -1 a row.
	Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error
	// Merge folds src[i] into dst[i] and leaves src as it is. Both are in env's
	// heap.
	Merge(env *Env, dst, src []unsafe.Pointer) error
	// Result appends one row an accumulator to out.
	Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error
}

// Learner is implemented by accumulators that learn from the first row what all
// rows have in common, a literal argument, and need it for results before the next
// one comes: it is saved beside their states.
type Learner interface {
	// Learned gives it; false as long as there was no row.
	Learned() (string, bool)
	Learn(string)
}

// Referrer is implemented by an Acc whose accumulators hold Refs: it gives
// their offsets. An Acc without it is flat: its bytes are all there is, and may
// be copied and shipped.
type Referrer interface {
	Refs() []int
}

// Extreme is implemented by an Acc (MIN, MAX over rows that are retracted) whose
// result is the least or the greatest value of a group: the operator keeps the
// group's values in an ordered multiset and does not call Update or Result.
type Extreme interface {
	// Greatest is true for MAX.
	Greatest() bool
}

// Ref names a variable-length value in a Heap; 0 is none.
type Ref uint64

// Heap keeps the variable parts of accumulators. It is the arena of the state
// table that the accumulators lie in.
type Heap interface {
	// Put stores a copy of b in place of old (which may be 0) and gives its name.
	Put(old Ref, b []byte) Ref
	// Grow gives old (which may be 0) room for n bytes in all, the first of which are
	// its own and the others anything. Where that is too much it stays as it is, and
	// the heap's owner knows.
	Grow(old Ref, n int) Ref
	// Get gives the bytes, which may be changed in place; valid until the next
	// Put or Free.
	Get(r Ref) []byte
	Free(r Ref)
}

// Env is what an Acc may use.
type Env struct {
	Heap Heap
	Ctx  *Ctx
}

// field gives the T that lies off bytes into an accumulator.
func field[T any](p unsafe.Pointer, off uintptr) *T { return (*T)(unsafe.Add(p, off)) }
