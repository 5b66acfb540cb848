package parquet

import (
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/deprecated"
	pf "github.com/parquet-go/parquet-go/format"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// fromTimestamp reads INT64 timestamps of any unit into TIMESTAMP and
// TIMESTAMP_LTZ of any precision.
func fromTimestamp[S int32 | int64](l *pf.TimestampType, t types.Type, zone *zoneRule, src func(*run) []S) conv {
	if !t.IsTimestamp() {
		if t.Kind == types.BigInt { // the raw number, as Flink allows
			return moved(func(v *vec.Vector) []int64 { return v.I64 }, src)
		}
		return nil
	}
	shift := shiftOf(l.IsAdjustedToUTC, t, zone)
	have, want := unitDigits(l.Unit), storedDigits(t)
	if shift == nil && have == want && want < 9 {
		return moved(func(v *vec.Vector) []int64 { return v.I64 }, src)
	}
	toMs := types.Pow10Int64(have - 3)
	perNs := types.Pow10Int64(9 - have)
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i, x := range src(r)[from : from+n] {
			ms, rest := floorDiv(int64(x), toMs)
			if shift != nil {
				ms = shift(ms)
			}
			if err := putTimestamp(v, at+i, ms, int32(rest*perNs)); err != nil {
				return err
			}
		}
		return nil
	}
}

// storedDigits is the resolution of a column of a timestamp type.
func storedDigits(t types.Type) int {
	switch {
	case t.Prec <= 3:
		return 3
	case t.Prec <= 6:
		return 6
	}
	return 9
}

// putTimestamp stores milliseconds and nanoseconds within them.
func putTimestamp(v *vec.Vector, at int, ms int64, ns int32) error {
	switch storedDigits(v.Type) {
	case 3:
		v.I64[at] = ms
	case 6:
		us, ok := mulOK(ms, 1000)
		if !ok {
			return fmt.Errorf("a timestamp is out of range")
		}
		v.I64[at] = us + int64(ns)/1000
	default:
		v.TS[at] = types.TimeNs{Ms: ms, Ns: ns}
	}
	return nil
}

// shiftOf gives how milliseconds of a stored timestamp become those of the
// column, nil for "as they are". Instants become local times by the zone and
// the other way round; like stays like.
func shiftOf(instant bool, t types.Type, zone *zoneRule) func(int64) int64 {
	if instant == (t.Kind == types.TimestampLTZ) || zone == nil || zone.zone == nil || zone.zone.Location() == time.UTC {
		return nil
	}
	if instant {
		if zone.utc {
			return nil
		}
		return zone.zone.UTCToLocal
	}
	return zone.zone.LocalToUTC
}

func floorDiv(x, d int64) (q, r int64) {
	q, r = x/d, x%d
	if r < 0 {
		q, r = q-1, r+d
	}
	return q, r
}

// julianEpoch is 1970-01-01 as a Julian day number.
const julianEpoch = 2440588

// fromInt96 reads Impala's and Spark's timestamps: nanoseconds of the day and a
// Julian day.
func fromInt96(t types.Type, zone *zoneRule) conv {
	if !t.IsTimestamp() {
		return nil
	}
	shift := shiftOf(true, t, zone)
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i, x := range r.i96[from : from+n] {
			ms, ns := int96Time(x)
			if shift != nil {
				ms = shift(ms)
			}
			if err := putTimestamp(v, at+i, ms, ns); err != nil {
				return err
			}
		}
		return nil
	}
}

func int96Time(x deprecated.Int96) (ms int64, ns int32) {
	ofDay := int64(uint64(x[0]) | uint64(x[1])<<32)
	q, rest := floorDiv(ofDay, 1_000_000)
	return (int64(int32(x[2]))-julianEpoch)*types.MsPerDay + q, int32(rest)
}
