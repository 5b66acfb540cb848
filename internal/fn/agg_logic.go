package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func inferBool(args []Arg) (types.Type, error) {
	return types.Of(types.Boolean).WithNull(args[0].Type.Nullable), nil
}

// tally counts the TRUE and the FALSE values, so that rows can be taken back.
type tally struct{ yes, no int64 }

// logicAcc is BOOL_AND, BOOL_OR and COUNT_IF; result reads the counts.
type logicAcc struct {
	result func(t *tally) bool
}

func newLogic(result func(t *tally) bool) func(*AggCall) (Acc, error) {
	return func(*AggCall) (Acc, error) { return &logicAcc{result}, nil }
}

func (*logicAcc) Size() int { return 16 }

func (*logicAcc) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	for i, p := range accs {
		t := (*tally)(p)
		switch {
		case v.IsNull(i):
		case v.B[i]:
			t.yes += int64(signOf(signs, i))
		default:
			t.no += int64(signOf(signs, i))
		}
	}
	return nil
}

func (*logicAcc) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*tally)(p), (*tally)(src[i])
		d.yes, d.no = d.yes+s.yes, d.no+s.no
	}
	return nil
}

func (f *logicAcc) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		t := (*tally)(p)
		switch {
		case out.Type.Kind == types.BigInt:
			out.I64 = append(out.I64, t.yes)
			out.Extend(1)
		case t.yes <= 0 && t.no <= 0:
			out.AppendNulls(1)
		default:
			out.B = append(out.B, f.result(t))
			out.Extend(1)
		}
	}
	return nil
}
