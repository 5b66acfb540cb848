package fn

import (
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const dayMs = 86_400_000

// Where buckets begin if no origin is given: a Monday for widths in days and
// less, the first of a year for widths in months, as in TimescaleDB.
var (
	bucketMonday = int64(types.DaysFromCivil(2000, 1, 3)) * dayMs
	bucketYear   = int64(types.DaysFromCivil(2000, 1, 1)) * dayMs
)

// TimeBuckets are the functions of time that users of other engines miss.
func TimeBuckets() []Func {
	rows := []Func{
		{Name: "TIME_BUCKET", Sig: "(width INTERVAL, t TEMPORAL [, origin TEMPORAL])", CanFail: true, Infer: inferTimeBucket, Bind: bindTimeBucket,
			Doc: "The start of the bucket of that width that the time lies in. Buckets are counted from the origin, by default Monday 2000-01-03, for widths in months 2000-01-01.",
			Examples: []Example{{"TIME_BUCKET(INTERVAL '15' MINUTE, TIMESTAMP '2024-05-06 07:38:09')", "2024-05-06 07:30:00"},
				{"TIME_BUCKET(INTERVAL '7' DAY, DATE '2024-05-09', DATE '2024-01-01')", "2024-05-06"}}},
		{Name: "DATE_TRUNC", Sig: "(unit STRINGLIKE, t TEMPORAL)", Infer: inferTrunc, Bind: bindTrunc,
			Doc:      "The time cut to a unit such as 'month', a literal; weeks begin on Monday.",
			Examples: []Example{{"DATE_TRUNC('month', DATE '2024-05-09')", "2024-05-01"}, {"DATE_TRUNC('week', DATE '2024-05-09')", "2024-05-06"}}},
		{Name: "DATE_DIFF", Sig: "(unit STRINGLIKE, a TEMPORAL, b TEMPORAL)", Infer: inferTruncDiff, Bind: bindTruncDiff,
			Doc:      "The whole units, such as 'day', a literal, from one time to another.",
			Examples: []Example{{"DATE_DIFF('day', DATE '2024-05-06', DATE '2024-05-09')", "3"}}},
	}
	for i := range rows {
		rows[i].Category, rows[i].Extension = temporalCategory, true
	}
	return rows
}

func inferTimeBucket(args []Arg) (types.Type, error) {
	for _, a := range args[1:] {
		if a.Type.Kind == types.Time {
			return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "TIME_BUCKET takes dates and timestamps, not TIME")
		}
	}
	return args[1].Type.WithAttr(types.NoAttr).WithNull(anyNullable(args)), nil
}

// bindTimeBucket works in the session's wall-clock time.
func bindTimeBucket(c *Call) (Kernel, error) {
	months := c.Args[0].Type.Kind == types.IntervalYM
	at := wallClock(c.Args[1].Type, c.Zone)
	var from func(v *vec.Vector, i int) int64
	if len(c.Args) > 2 {
		from = wallClock(c.Args[2].Type, c.Zone)
	}
	to := c.Args[1].Type
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(args[0].N)
		return live(x, args, args[0].N, func(r *row) {
			width := r.int(0)
			origin := bucketMonday
			if months {
				origin = bucketYear
			}
			if from != nil {
				origin = from(r.args[2], r.i)
			}
			switch {
			case width <= 0:
				r.fail("TIME_BUCKET needs a width above 0")
				return
			case to.Kind == types.Date && !months && width%dayMs != 0:
				r.fail("TIME_BUCKET of a DATE needs a width of whole days")
				return
			}
			ms := bucketStart(at(r.args[1], r.i), width, origin, months)
			switch to.Kind {
			case types.Date:
				out.I32[r.i] = int32(floorDiv(ms, dayMs))
			case types.TimestampLTZ:
				setTimestamp(out, r.i, c.Zone.LocalToUTC(ms), 0)
			default:
				setTimestamp(out, r.i, ms, 0)
			}
		})
	}, nil
}

func bucketStart(ms, width, origin int64, months bool) int64 {
	if !months {
		return origin + floorDiv(ms-origin, width)*width
	}
	k := floorDiv(monthOf(ms)-monthOf(origin), width) * width
	if start := types.AddMonthsMs(origin, int(k)); start <= ms {
		return start
	}
	return types.AddMonthsMs(origin, int(k-width)) // the month is right, its day is before the origin's
}

// monthOf numbers the months.
func monthOf(ms int64) int64 {
	y, m, _ := types.CivilFromDays(int32(floorDiv(ms, dayMs)))
	return int64(y)*12 + int64(m) - 1
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// wallClock reads a date or timestamp as milliseconds of local time.
func wallClock(t types.Type, zone *types.Zone) func(v *vec.Vector, i int) int64 {
	if t.Kind == types.Date {
		return func(v *vec.Vector, i int) int64 { return int64(v.I32[v.Idx(i)]) * dayMs }
	}
	local := localReader(t, zone)
	return func(v *vec.Vector, i int) int64 {
		ms, _ := local(v, i)
		return ms
	}
}

// unitText gives a unit that is named by a literal.
func unitText(args []Arg) (Arg, error) {
	s, ok := literalText(args[0])
	if !ok {
		return Arg{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the unit must be a literal such as 'day'")
	}
	a := Arg{Lit: true, Value: strings.ToUpper(s), Type: types.Of(types.Symbol)}
	_, err := unitOf(a)
	return a, err
}

func inferTrunc(args []Arg) (types.Type, error) {
	_, err := unitText(args)
	return args[1].Type.WithAttr(types.NoAttr).WithNull(anyNullable(args)), err
}

func bindTrunc(c *Call) (Kernel, error) {
	unit, err := unitText(c.Args)
	if err != nil {
		return nil, err
	}
	if unit.Value == "WEEK" && c.Args[1].Type.Kind != types.Time {
		week := Arg{Type: types.Of(types.IntervalDT)}
		k, err := bindTimeBucket(&Call{Args: []Arg{week, c.Args[1]}, Ret: c.Ret, Zone: c.Zone})
		width := vec.Literal(week.Type, int64(7*dayMs), 1)
		return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
			width.N = args[1].N
			return k(x, []*vec.Vector{width, args[1]}, out)
		}, err
	}
	k, err := bindTimeRound(false)(&Call{Args: []Arg{c.Args[1], unit}, Ret: c.Ret, Zone: c.Zone})
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error { return k(x, args[1:], out) }, err
}

func inferTruncDiff(args []Arg) (types.Type, error) {
	unit, err := unitText(args)
	if err != nil {
		return types.Type{}, err
	}
	return inferTimestampDiff([]Arg{unit, args[1], args[2]})
}

func bindTruncDiff(c *Call) (Kernel, error) {
	unit, err := unitText(c.Args)
	if err != nil {
		return nil, err
	}
	return bindTimestampDiff(&Call{Args: []Arg{unit, c.Args[1], c.Args[2]}, Ret: c.Ret, Zone: c.Zone})
}
