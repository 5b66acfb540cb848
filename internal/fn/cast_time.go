package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// temporal casts among DATE, TIME and the timestamps. A TIMESTAMP is local time;
// the session's zone is between it and TIMESTAMP_LTZ.
func (x caster) temporal() Kernel {
	f, t := x.from, x.to
	switch {
	case f.Kind == types.Time && t.Kind == types.Time:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			for i := range out.I32 {
				out.I32[i] = cutTime(v.I32[v.Idx(i)], t.Prec)
			}
			return nil
		}
	case f.Kind == types.Date && t.Kind == types.Time:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			out.Resize(args[0].N)
			clear(out.I32)
			return nil
		}
	case f.Kind == types.Time && t.Kind == types.Date:
		return nil
	}
	if f.Kind == t.Kind && timeUnit(f) == 3 && timeUnit(t) == 6 {
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			return convert(args, out, func(out, a []int64) { each(out, a, func(ms int64) int64 { return ms * 1000 }) })
		}
	}
	from, to := x.reader(), x.writer()
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range v.N {
			ms, ns := from(v, i)
			to(out, i, ms, ns)
		}
		return nil
	}
}

// reader gives a temporal value as local milliseconds and nanoseconds; of a
// TIMESTAMP_LTZ cast to another TIMESTAMP_LTZ as the instant.
func (x caster) reader() func(v *vec.Vector, i int) (int64, int32) {
	switch x.from.Kind {
	case types.Date:
		return func(v *vec.Vector, i int) (int64, int32) { return types.MsOfDate(v.I32[v.Idx(i)]), 0 }
	case types.Time:
		return func(v *vec.Vector, i int) (int64, int32) { return int64(v.I32[v.Idx(i)]), 0 }
	case types.TimestampLTZ:
		if x.to.Kind != types.TimestampLTZ {
			return func(v *vec.Vector, i int) (int64, int32) {
				ms, ns := timestampAt(v, i)
				return x.zone.UTCToLocal(ms), ns
			}
		}
	}
	return timestampAt
}

func (x caster) writer() func(out *vec.Vector, i int, ms int64, ns int32) {
	t := x.to
	switch t.Kind {
	case types.Date:
		return func(out *vec.Vector, i int, ms int64, _ int32) { out.I32[i], _ = types.SplitMs(ms) }
	case types.Time:
		return func(out *vec.Vector, i int, ms int64, _ int32) {
			_, of := types.SplitMs(ms)
			out.I32[i] = cutTime(of, t.Prec)
		}
	case types.TimestampLTZ:
		if x.from.Kind != types.TimestampLTZ {
			return func(out *vec.Vector, i int, ms int64, ns int32) {
				ms, ns = types.TruncateTimestamp(x.zone.LocalToUTC(ms), ns, t.Prec)
				setTimestamp(out, i, ms, ns)
			}
		}
	}
	return func(out *vec.Vector, i int, ms int64, ns int32) {
		ms, ns = types.TruncateTimestamp(ms, ns, t.Prec)
		setTimestamp(out, i, ms, ns)
	}
}
