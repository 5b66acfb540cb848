package fn

import (
	"math"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Temporal are the functions over dates and times.
func Temporal() []Func {
	out := []Func{
		{Name: "EXTRACT", Sig: "(unit SYMBOL, t TEMPORAL)", Doc: "A field of a date or time.", Category: temporalCategory, Infer: inferExtract, Bind: bindExtract,
			Examples: []Example{{"EXTRACT(DAY FROM DATE '2006-06-05')", "5"}}},
		{Name: "EXTRACT", Sig: "(unit SYMBOL, t INTERVAL)", Doc: "A field of an interval.", Category: temporalCategory, Infer: inferExtract, Bind: bindExtract,
			Examples: []Example{{"EXTRACT(HOUR FROM INTERVAL '1 02:00' DAY TO MINUTE)", "2"}}},
	}
	for _, f := range fieldFuncs {
		out = append(out, Func{Name: f.name, Sig: "(t TEMPORAL) -> BIGINT", Doc: "The " + f.what + " of a date or time.", Category: temporalCategory,
			Bind: func(c *Call) (Kernel, error) { return extractKernel(f.unit, c.Args[0].Type, c.Zone), nil }, Examples: []Example{f.example}})
	}
	for _, name := range []string{"FLOOR", "CEIL", "CEILING"} {
		out = append(out, Func{Name: name, Sig: "(t TEMPORAL, unit SYMBOL)", Doc: "A date or time rounded to a unit.", Category: temporalCategory,
			Infer: inferOperand, Bind: bindTimeRound(name != "FLOOR")})
	}
	out = append(out,
		Func{Name: "TIMESTAMPADD", Sig: "(unit SYMBOL, n INTEGER, t TEMPORAL)", Doc: "A time so many units later.", Category: temporalCategory,
			Infer: inferTimestampAdd, Bind: bindTimestampAdd, Examples: []Example{{"TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", "2003-01-09"}}},
		Func{Name: "TIMESTAMPDIFF", Sig: "(unit SYMBOL, a TEMPORAL, b TEMPORAL)", Doc: "The whole units from one time to another.", Category: temporalCategory,
			Infer: inferTimestampDiff, Bind: bindTimestampDiff,
			Examples: []Example{{"TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')", "1"}}},
	)
	return append(out, clocks()...)
}

var fieldFuncs = []struct {
	name, what string
	unit       types.Unit
	example    Example
}{
	{"YEAR", "year", types.Year, Example{"YEAR(DATE '1994-09-27')", "1994"}},
	{"QUARTER", "quarter", types.Quarter, Example{"QUARTER(DATE '1994-09-27')", "3"}},
	{"MONTH", "month", types.Month, Example{"MONTH(DATE '1994-09-27')", "9"}},
	{"WEEK", "ISO week", types.Week, Example{"WEEK(DATE '1994-09-27')", "39"}},
	{"DAYOFYEAR", "day of the year", types.DayOfYear, Example{"DAYOFYEAR(DATE '1994-09-27')", "270"}},
	{"DAYOFMONTH", "day of the month", types.Day, Example{"DAYOFMONTH(DATE '1994-09-27')", "27"}},
	{"DAYOFWEEK", "day of the week, 1 for Sunday,", types.DayOfWeek, Example{"DAYOFWEEK(DATE '1994-09-27')", "3"}},
	{"HOUR", "hour", types.Hour, Example{"HOUR(TIMESTAMP '1994-09-27 13:14:15')", "13"}},
	{"MINUTE", "minute", types.Minute, Example{"MINUTE(TIMESTAMP '1994-09-27 13:14:15')", "14"}},
	{"SECOND", "second", types.Second, Example{"SECOND(TIMESTAMP '1994-09-27 13:14:15')", "15"}},
}

// unitOf gives the unit that a SYMBOL argument names.
func unitOf(a Arg) (types.Unit, error) {
	name, _ := a.Value.(string)
	u, ok := types.ParseUnit(name)
	if !ok {
		return u, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "there is no time unit %s", name).
			WithHint("units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND")
	}
	return u, nil
}

func inferExtract(args []Arg) (types.Type, error) {
	u, err := unitOf(args[0])
	if err == nil && u == types.Nanosecond && args[1].Type.Kind == types.Date {
		err = sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "a DATE has no NANOSECOND").WithHint("cast it to TIMESTAMP(9)")
	}
	return types.Of(types.BigInt).WithNull(args[1].Type.Nullable), err
}

func bindExtract(c *Call) (Kernel, error) {
	u, err := unitOf(c.Args[0])
	if err != nil {
		return nil, err
	}
	k := extractKernel(u, c.Args[1].Type, c.Zone)
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error { return k(x, args[1:], out) }, nil
}

// extractKernel gives a field of its one argument. A TIMESTAMP_LTZ is seen in
// the session's zone. Fields of the date are kept from row to row, since rows
// that follow each other mostly are of one day.
func extractKernel(u types.Unit, t types.Type, zone *types.Zone) Kernel {
	dateField := u < types.Hour || u > types.Nanosecond && u != types.Epoch
	var read func(v *vec.Vector, i int) int64
	switch {
	case t.Kind == types.Date:
		read = func(v *vec.Vector, i int) int64 { return types.ExtractDate(u, v.I32[v.Idx(i)]) }
	case t.Kind == types.Time:
		read = func(v *vec.Vector, i int) int64 { return types.ExtractTime(u, v.I32[v.Idx(i)]) }
	case t.Kind == types.IntervalYM:
		read = func(v *vec.Vector, i int) int64 { return types.ExtractIntervalYM(u, v.I64[v.Idx(i)]) }
	case t.Kind == types.IntervalDT:
		read = func(v *vec.Vector, i int) int64 { return types.ExtractIntervalDT(u, v.I64[v.Idx(i)]) }
	case dateField:
		day, field := int32(math.MinInt32), int64(0)
		local := localReader(t, zone)
		read = func(v *vec.Vector, i int) int64 {
			ms, _ := local(v, i)
			if d, _ := types.SplitMs(ms); d != day {
				day, field = d, types.ExtractDate(u, d)
			}
			return field
		}
	default:
		local := localReader(t, zone)
		if u == types.Epoch {
			local = timestampAt
		}
		read = func(v *vec.Vector, i int) int64 {
			ms, ns := local(v, i)
			return types.ExtractTimestamp(u, ms, ns)
		}
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range out.I64 {
			out.I64[i] = read(v, i)
		}
		return nil
	}
}

// localReader gives a timestamp as local time.
func localReader(t types.Type, zone *types.Zone) func(v *vec.Vector, i int) (int64, int32) {
	if t.Kind != types.TimestampLTZ {
		return timestampAt
	}
	return func(v *vec.Vector, i int) (int64, int32) {
		ms, ns := timestampAt(v, i)
		return zone.UTCToLocal(ms), ns
	}
}

func bindTimeRound(up bool) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		u, err := unitOf(c.Args[1])
		if err != nil {
			return nil, err
		}
		t, zone := c.Args[0].Type, c.Zone
		date, clock, stamp := types.FloorDate, types.FloorTime, types.FloorTimestamp
		if up {
			date, clock, stamp = types.CeilDate, types.CeilTime, types.CeilTimestamp
		}
		local := localReader(t, zone)
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			for i := range v.N {
				switch t.Kind {
				case types.Date:
					out.I32[i] = date(u, v.I32[v.Idx(i)])
				case types.Time:
					out.I32[i] = clock(u, v.I32[v.Idx(i)])
				default:
					ms, ns := local(v, i)
					ms, ns = stamp(u, ms, ns)
					if t.Kind == types.TimestampLTZ {
						ms = zone.LocalToUTC(ms)
					}
					setTimestamp(out, i, ms, ns)
				}
			}
			return nil
		}, nil
	}
}

func inferTimestampAdd(args []Arg) (types.Type, error) {
	u, err := unitOf(args[0])
	t := args[2].Type.WithAttr(types.NoAttr)
	null := anyNullable(args)
	if t.Kind == types.Date && u >= types.Hour && u <= types.Nanosecond {
		p := 0
		switch u {
		case types.Millisecond:
			p = 3
		case types.Microsecond:
			p = 6
		case types.Nanosecond:
			p = 9
		}
		t = types.TimestampOf(p)
	}
	return t.WithNull(null), err
}

func bindTimestampAdd(c *Call) (Kernel, error) {
	u, err := unitOf(c.Args[0])
	if err != nil {
		return nil, err
	}
	from, to := c.Args[2].Type, c.Ret
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[2]
		out.Resize(v.N)
		return live(x, args, v.N, func(r *row) {
			n := r.int(1)
			switch {
			case from.Kind == types.Date && to.Kind == types.Date:
				ms, _ := types.TimestampAdd(u, n, types.MsOfDate(v.I32[v.Idx(r.i)]), 0)
				out.I32[r.i], _ = types.SplitMs(ms)
			case from.Kind == types.Date:
				ms, ns := types.TimestampAdd(u, n, types.MsOfDate(v.I32[v.Idx(r.i)]), 0)
				setTimestamp(out, r.i, ms, ns)
			case from.Kind == types.Time:
				ms, _ := types.TimestampAdd(u, n, int64(v.I32[v.Idx(r.i)]), 0)
				_, out.I32[r.i] = types.SplitMs(ms)
			default:
				ms, ns := timestampAt(v, r.i)
				ms, ns = types.TimestampAdd(u, n, ms, ns)
				setTimestamp(out, r.i, ms, ns)
			}
		})
	}, nil
}

func inferTimestampDiff(args []Arg) (types.Type, error) {
	_, err := unitOf(args[0])
	return types.Of(types.Int).WithNull(anyNullable(args)), err
}

func bindTimestampDiff(c *Call) (Kernel, error) {
	u, err := unitOf(c.Args[0])
	if err != nil {
		return nil, err
	}
	a, b := c.Args[1].Type, c.Args[2].Type
	mixed := (a.Kind == types.TimestampLTZ) != (b.Kind == types.TimestampLTZ)
	reader := func(t types.Type) func(v *vec.Vector, i int) int64 {
		if mixed && t.Kind == types.TimestampLTZ {
			local := localReader(t, c.Zone)
			return func(v *vec.Vector, i int) int64 {
				ms, _ := local(v, i)
				return ms
			}
		}
		return timeReader(t)
	}
	from, to := reader(a), reader(b)
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(args[1].N)
		for i := range out.I32 {
			out.I32[i] = int32(types.TimestampDiff(u, from(args[1], i), to(args[2], i)))
		}
		return nil
	}, nil
}

// clocks are the functions that read the clock; it stands still within a batch.
func clocks() []Func {
	ltz := types.TimestampLTZOf(3).NotNull()
	clock := func(name, call, doc string, t types.Type, ex string, set func(c *Ctx, local int64, out *vec.Vector)) Func {
		f := Func{Name: name, Sig: "()", Doc: doc, Category: temporalCategory, Volatility: Stable, Infer: nullableResult(t),
			Bind: func(b *Call) (Kernel, error) {
				return func(c *Ctx, _ []*vec.Vector, out *vec.Vector) error {
					out.Resize(c.N)
					set(c, b.Zone.UTCToLocal(c.NowMs), out)
					return nil
				}, nil
			}}
		if ex != "" {
			f.Examples = []Example{{name + call, ex}}
		}
		return f
	}
	now := func(c *Ctx, _ int64, out *vec.Vector) { fill(out.I64, c.NowMs) }
	ofDay := func(_ *Ctx, local int64, out *vec.Vector) {
		_, of := types.SplitMs(local)
		fill(out.I32, cutTime(of, 0))
	}
	return []Func{
		clock("CURRENT_TIMESTAMP", "", "The time now.", ltz, "2026-01-02 03:04:05.678", now),
		clock("NOW", "()", "The time now.", ltz, "2026-01-02 03:04:05.678", now),
		clock("CURRENT_ROW_TIMESTAMP", "()", "The time now.", ltz, "2026-01-02 03:04:05.678", now),
		clock("LOCALTIMESTAMP", "", "The local time now.", types.TimestampOf(3).NotNull(), "2026-01-02 03:04:05.678",
			func(_ *Ctx, local int64, out *vec.Vector) { fill(out.I64, local) }),
		clock("CURRENT_DATE", "", "The local date now.", types.Of(types.Date).NotNull(), "2026-01-02",
			func(_ *Ctx, local int64, out *vec.Vector) {
				d, _ := types.SplitMs(local)
				fill(out.I32, d)
			}),
		clock("CURRENT_TIME", "", "The local time of day now.", types.TimeOf(0).NotNull(), "03:04:05", ofDay),
		clock("LOCALTIME", "", "The local time of day now.", types.TimeOf(0).NotNull(), "03:04:05", ofDay),
		clock("PROCTIME", "()", "The processing time: a column of it is a time attribute.", ltz.WithAttr(types.Proctime), "2026-01-02 03:04:05.678", now),
		{Name: "CURRENT_WATERMARK", Sig: "(rowtime TIMESTAMPLIKE)", Doc: "The watermark of the task, NULL before the first.", Category: temporalCategory,
			Nulls: Custom, Volatility: Stable, Kernel: currentWatermark, Examples: []Example{{"CURRENT_WATERMARK(CURRENT_TIMESTAMP)", "NULL"}},
			Infer: func(args []Arg) (types.Type, error) {
				t := args[0].Type.AsNullable().WithAttr(types.NoAttr)
				t.Prec = 3
				return t, nil
			}},
		{Name: "SOURCE_WATERMARK", Sig: "()", Doc: "Stands for the source's own watermark in a WATERMARK clause.", Category: temporalCategory,
			Infer: func([]Arg) (types.Type, error) {
				return types.Type{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "SOURCE_WATERMARK() can only stand alone in a WATERMARK clause, for a source that makes watermarks")
			}},
	}
}

func currentWatermark(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
	out.Resize(args[0].N)
	if c.Watermark == math.MinInt64 {
		out.SetAllNull()
		return nil
	}
	fill(out.I64, c.Watermark)
	return nil
}
