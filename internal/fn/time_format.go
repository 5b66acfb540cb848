package fn

import (
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TimeTexts are the functions between times and text.
func TimeTexts() []Func {
	stamp := types.TimestampOf(3)
	ltz := types.TimestampLTZOf(3)
	return []Func{
		{Name: "DATE_FORMAT", Sig: "(t TEMPORAL, pattern STRINGLIKE) -> STRING", Doc: "A time as text, by a pattern of Java's DateTimeFormatter.",
			Category: temporalCategory, CanFail: true, Bind: bindDateFormat, Examples: []Example{{"DATE_FORMAT(TIMESTAMP '2020-01-02 03:04:05', 'yyyy-MM-dd HH:mm')", "2020-01-02 03:04"}}},
		nullable(Func{Name: "DATE_FORMAT", Sig: "(t STRINGLIKE, pattern STRINGLIKE)", Doc: "A time, given as text, as text by a pattern.",
			Category: temporalCategory, CanFail: true, Bind: bindDateFormatText}, types.String()),
		nullable(Func{Name: "TO_DATE", Sig: "(s STRINGLIKE [, pattern STRINGLIKE])", Doc: "The date that a text gives, by a pattern (yyyy-MM-dd); NULL if it gives none.",
			Category: temporalCategory, CanFail: true, Bind: bindToDate, Examples: []Example{{"TO_DATE('2020-01-02')", "2020-01-02"}}}, types.Of(types.Date)),
		nullable(Func{Name: "TO_TIMESTAMP", Sig: "(s STRINGLIKE [, pattern STRINGLIKE])", Doc: "The TIMESTAMP(3) that a text gives, by a pattern (yyyy-MM-dd HH:mm:ss); NULL if it gives none.",
			Category: temporalCategory, CanFail: true, Bind: bindToTimestamp, Examples: []Example{{"TO_TIMESTAMP('2020-01-02 03:04:05')", "2020-01-02 03:04:05.000"}}}, stamp),
		nullable(Func{Name: "TO_TIMESTAMP_LTZ", Sig: "(n NUMERIC [, precision INTEGER])", Doc: "The instant of seconds (precision 0) or milliseconds (3, the default) since 1970.",
			Category: temporalCategory, CanFail: true, Bind: bindEpochToLTZ, Examples: []Example{{"TO_TIMESTAMP_LTZ(100, 0)", "1970-01-01 00:01:40.000"}}}, ltz),
		nullable(Func{Name: "TO_TIMESTAMP_LTZ", Sig: "(s STRINGLIKE [, pattern STRINGLIKE] [, zone STRINGLIKE])", Doc: "The instant that a text gives, by a pattern, in a time zone (UTC).",
			Category: temporalCategory, CanFail: true, Bind: bindTextToLTZ, Examples: []Example{{"TO_TIMESTAMP_LTZ('2023-01-01 00:00:00')", "2023-01-01 00:00:00.000"}}}, ltz),
		{Name: "UNIX_TIMESTAMP", Sig: "() -> BIGINT NOT NULL", Doc: "The seconds since 1970 now.", Category: temporalCategory, Volatility: Stable,
			Kernel: func(c *Ctx, _ []*vec.Vector, out *vec.Vector) error {
				out.Resize(c.N)
				fill(out.I64, c.NowMs/1000)
				return nil
			}, Examples: []Example{{"UNIX_TIMESTAMP()", "1767323045"}}},
		nullable(Func{Name: "UNIX_TIMESTAMP", Sig: "(s STRINGLIKE [, pattern STRINGLIKE])", Doc: "The seconds since 1970 of a text in the session's time zone, by a pattern of Java's SimpleDateFormat.",
			Category: temporalCategory, CanFail: true, Bind: bindUnixTimestamp, Examples: []Example{{"UNIX_TIMESTAMP('1970-01-01 00:01:00')", "60"}}}, types.Of(types.BigInt)),
		{Name: "FROM_UNIXTIME", Sig: "(seconds INTEGER [, pattern STRINGLIKE]) -> STRING", Doc: "Seconds since 1970 as text in the session's time zone.", Category: temporalCategory,
			CanFail: true, Bind: bindFromUnixtime, Examples: []Example{{"FROM_UNIXTIME(44)", "1970-01-01 00:00:44"}}},
		nullable(Func{Name: "CONVERT_TZ", Sig: "(s STRINGLIKE, from STRINGLIKE, to STRINGLIKE)", Doc: "A time, as text, of one time zone in another.", Category: temporalCategory,
			CanFail: true, Bind: bindConvertTZ, Examples: []Example{{"CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", "1969-12-31 16:00:00"}}}, types.String()),
	}
}

const (
	secondsPattern = "yyyy-MM-dd HH:mm:ss"
	datePattern    = "yyyy-MM-dd"
)

// patterns compiles the pattern argument of a call: once if it is a literal or
// absent, else when it changes.
type patterns struct {
	arg     int
	simple  bool
	text    string
	pattern *types.Pattern
	err     error
}

// newPatterns gives the patterns of argument arg, absent if the call has none. A
// wrong literal is an error at once.
func newPatterns(c *Call, arg int, absent string, simple bool) (*patterns, error) {
	p := &patterns{arg: -1, simple: simple}
	if arg < len(c.Args) {
		text, ok := literalText(c.Args[arg])
		if !ok {
			p.arg = arg
			return p, nil
		}
		absent = text
	}
	p.compile(absent)
	return p, p.err
}

func (p *patterns) compile(text string) {
	p.text = text
	if p.simple {
		p.pattern, p.err = types.CompileSimplePattern(text)
	} else {
		p.pattern, p.err = types.CompilePattern(text)
	}
	if p.err != nil {
		p.err = failure(sqlerr.Pattern, "invalid time pattern '%s': %v", text, p.err)
	}
}

// at gives the pattern of a row; nil after r.fail.
func (p *patterns) at(r *row) *types.Pattern {
	if p.arg >= 0 {
		if s := r.str(p.arg); p.pattern == nil || s != p.text {
			p.compile(s)
		}
	}
	if p.err != nil {
		r.err = p.err
		return nil
	}
	return p.pattern
}

// zoneArg gives the zone that argument arg names, cached while it stays.
type zoneArg struct {
	arg  int
	name string
	zone *types.Zone
}

func (z *zoneArg) at(r *row) *types.Zone {
	if name := r.str(z.arg); z.zone == nil || name != z.name {
		zone, err := types.LoadZone(name)
		if err != nil {
			r.fail("there is no time zone '%s'", name)
			return nil
		}
		z.name, z.zone = name, zone
	}
	return z.zone
}

// timeGrain gives how fine a pattern looks, in milliseconds: texts of times in
// one grain are equal. 0 means that only equal times are.
func timeGrain(pattern string) int64 {
	switch {
	case strings.ContainsAny(pattern, "SAnNzVOXxZ"):
		return 0
	case strings.Contains(pattern, "s"):
		return types.MsPerSecond
	case strings.Contains(pattern, "m"):
		return types.MsPerMinute
	case strings.ContainsAny(pattern, "HhKka"):
		return types.MsPerHour
	}
	return types.MsPerDay
}

// bindDateFormat keeps the texts of the times seen last: a stream's rows mostly
// fall into the same day, hour or minute, and then no text is made at all.
func bindDateFormat(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, "", false)
	if err != nil {
		return nil, err
	}
	t, zone := c.Args[0].Type, c.Zone
	if ps.arg < 0 {
		if grain := timeGrain(ps.text); grain > 0 {
			return cachedFormat(t, zone, ps.pattern, grain), nil
		}
	}
	read := formatReader(t)
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		p := ps.at(r)
		if p == nil {
			return dst, false
		}
		ms, ns := read(r.args[0], r.i)
		if t.Kind == types.TimestampLTZ {
			return p.AppendIn(dst, ms, ns, zone), true
		}
		return p.Append(dst, ms, ns), true
	}), nil
}

// formatReader gives a temporal value as milliseconds and nanoseconds; of
// TIMESTAMP_LTZ the instant.
func formatReader(t types.Type) func(v *vec.Vector, i int) (int64, int32) {
	if t.IsTimestamp() {
		return timestampAt
	}
	ms := timeReader(t)
	return func(v *vec.Vector, i int) (int64, int32) { return ms(v, i), 0 }
}

const formatCacheSize = 256

type formatted struct {
	grain int64
	text  string
	set   bool
}

func cachedFormat(t types.Type, zone *types.Zone, p *types.Pattern, grain int64) Kernel {
	cache := new([formatCacheSize]formatted)
	read := formatReader(t)
	if t.Kind == types.TimestampLTZ {
		read = localReader(t, zone)
	}
	var buf []byte
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		last, text := int64(0), ""
		have := false
		for i := range out.S {
			ms, _ := read(v, i)
			g := ms / grain
			if ms < 0 && g*grain != ms {
				g--
			}
			if !have || g != last {
				e := &cache[uint64(g)%formatCacheSize]
				if !e.set || e.grain != g {
					if !c.Live.Get(i) {
						continue
					}
					buf = p.Append(buf[:0], g*grain, 0)
					*e = formatted{g, string(buf), true}
				}
				last, text, have = g, e.text, true
			}
			out.S[i] = text
		}
		return nil
	}
}

// bindDateFormatText formats what CAST(s AS TIMESTAMP) reads.
func bindDateFormatText(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, "", false)
	if err != nil {
		return nil, err
	}
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		p := ps.at(r)
		if p == nil {
			return dst, false
		}
		ms, ns, ok := types.ParseTimestamp(r.str(0), 9)
		if !ok {
			return dst, false
		}
		return p.Append(dst, ms, ns), true
	}), nil
}

func bindToDate(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, datePattern, true)
	if err != nil {
		return nil, err
	}
	plain := len(c.Args) == 1
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		return live(x, args, out.N, func(r *row) {
			var ok bool
			if plain {
				out.I32[r.i], ok = types.ParseDate(r.str(0))
			} else if p := ps.at(r); p != nil {
				var ms int64
				ms, _, ok = p.Parse(r.str(0))
				out.I32[r.i], _ = types.SplitMs(ms)
			}
			if !ok {
				out.SetNull(r.i)
			}
		})
	}, nil
}

func bindToTimestamp(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, secondsPattern, false)
	if err != nil {
		return nil, err
	}
	plain := len(c.Args) == 1
	return longOf(func(r *row) (int64, bool) {
		if plain {
			ms, _, ok := types.ParseTimestamp(r.str(0), 3)
			return ms, ok
		}
		p := ps.at(r)
		if p == nil {
			return 0, false
		}
		return p.ParseTimestamp(r.str(0))
	}), nil
}

func bindEpochToLTZ(c *Call) (Kernel, error) {
	from := c.Args[0].Type
	whole := from.IsInteger()
	want := make([]types.Type, len(c.Args))
	want[0] = types.Of(types.Double)
	if whole {
		want[0] = types.Of(types.BigInt)
	}
	if len(want) > 1 {
		want[1] = c.Args[1].Type.AsNullable()
	}
	return coerced(c, want, longOf(func(r *row) (int64, bool) {
		p := int64(3)
		if r.has(1) {
			p = r.int(1)
		}
		unit := int64(1)
		switch p {
		case 0:
			unit = 1000
		case 3:
		default:
			r.fail("TO_TIMESTAMP_LTZ has no precision %d: use 0 for seconds or 3 for milliseconds", p)
			return 0, false
		}
		ms := int64(0)
		if whole {
			n := r.int(0)
			if ms = n * unit; ms/unit != n {
				return 0, false
			}
		} else {
			ms = types.DoubleToInt64(r.double(0) * float64(unit))
		}
		return ms, ms >= types.MinTimestampMs && ms <= types.MaxTimestampMs
	}))
}

func bindTextToLTZ(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, secondsPattern, false)
	if err != nil {
		return nil, err
	}
	zone := &zoneArg{arg: 2}
	plain := len(c.Args) == 1
	return longOf(func(r *row) (int64, bool) {
		z := types.UTC
		if r.has(2) {
			if z = zone.at(r); z == nil {
				return 0, false
			}
		}
		if plain {
			ms, _, ok := types.ParseTimestamp(r.str(0), 3)
			return ms, ok
		}
		p := ps.at(r)
		if p == nil {
			return 0, false
		}
		ms, _, off, has, ok := p.ParseOffset(r.str(0))
		switch {
		case !ok:
			if ms, ok = p.ParseTimestamp(r.str(0)); !ok {
				return 0, false
			}
		case has:
			return ms - int64(off), true
		}
		return z.LocalToUTC(ms), true
	}), nil
}

// bindUnixTimestamp gives Long.MIN_VALUE for a text that does not fit, as Flink.
func bindUnixTimestamp(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, secondsPattern, true)
	if err != nil {
		return nil, err
	}
	return longOf(func(r *row) (int64, bool) {
		p := ps.at(r)
		if p == nil {
			return 0, false
		}
		ms, _, off, has, ok := p.ParseOffset(r.str(0))
		switch {
		case !ok:
			return -1 << 63, true
		case has:
			ms -= int64(off)
		default:
			ms = c.Zone.LocalToUTC(ms)
		}
		s := ms / 1000
		if ms < 0 && s*1000 != ms {
			s--
		}
		return s, true
	}), nil
}

func bindFromUnixtime(c *Call) (Kernel, error) {
	ps, err := newPatterns(c, 1, secondsPattern, true)
	if err != nil {
		return nil, err
	}
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		p := ps.at(r)
		if p == nil {
			return dst, false
		}
		return p.AppendIn(dst, r.int(0)*1000, 0, c.Zone), true
	}), nil
}

func bindConvertTZ(*Call) (Kernel, error) {
	p, err := types.CompileSimplePattern(secondsPattern)
	from, to := &zoneArg{arg: 1}, &zoneArg{arg: 2}
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		ms, ns, ok := p.Parse(r.str(0))
		if !ok {
			return dst, false
		}
		f := from.at(r)
		if f == nil {
			return dst, false
		}
		t := to.at(r)
		if t == nil {
			return dst, false
		}
		return p.AppendIn(dst, f.LocalToUTC(ms), ns, t), true
	}), err
}
