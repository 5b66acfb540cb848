package fn

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Overlaps is the OVERLAPS operator: its operands are rows of a start and an
// end, or of a start and an interval.
func Overlaps() []Func {
	return []Func{{Name: "OVERLAPS", Sig: "(a ROW, b ROW)", Doc: "Whether two periods, each a start and an end or a length, have a time in common.",
		Category: temporalCategory, Hidden: true, Infer: inferOverlaps, Bind: bindOverlaps,
		Examples: []Example{{"(TIME '2:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '3:30:00', INTERVAL '2' HOUR)", "TRUE"}}}}
}

func inferOverlaps(args []Arg) (types.Type, error) {
	null := false
	for _, a := range args {
		fs := a.Type.Fields
		if len(fs) != 2 || !fs[0].Type.IsTemporal() || !fs[1].Type.IsTemporal() && !fs[1].Type.IsInterval() {
			return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "OVERLAPS compares periods: (start, end) or (start, interval)")
		}
		null = null || a.Type.Nullable || fs[0].Type.Nullable || fs[1].Type.Nullable
	}
	return types.Of(types.Boolean).WithNull(null), nil
}

// periodReader gives start and end of a period in milliseconds, ordered.
func periodReader(t types.Type) func(v *vec.Vector, i int) (from, to int64, ok bool) {
	start := timeReader(t.Fields[0].Type)
	second := t.Fields[1].Type
	end := start
	if second.IsTemporal() {
		end = timeReader(second)
	}
	return func(v *vec.Vector, i int) (int64, int64, bool) {
		a, b := v.Kids[0], v.Kids[1]
		i = v.Idx(i)
		if a.IsNull(i) || b.IsNull(i) {
			return 0, 0, false
		}
		from := start(a, i)
		var to int64
		switch second.Kind {
		case types.IntervalYM:
			to = types.AddMonthsMs(from, int(b.I64[b.Idx(i)]))
		case types.IntervalDT:
			to = from + b.I64[b.Idx(i)]
		default:
			to = end(b, i)
		}
		return min(from, to), max(from, to), true
	}
}

func bindOverlaps(c *Call) (Kernel, error) {
	left, right := periodReader(c.Args[0].Type), periodReader(c.Args[1].Type)
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		return live(x, args, out.N, func(r *row) {
			f1, t1, ok1 := left(args[0], r.i)
			f2, t2, ok2 := right(args[1], r.i)
			out.B[r.i] = t1 >= f2 && t2 >= f1
			if !ok1 || !ok2 {
				out.SetNull(r.i)
			}
		})
	}, nil
}
