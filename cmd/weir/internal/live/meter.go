package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/types"
)

// Meter reads the figures of jobs and puts them into a line.
type Meter struct {
	jobs    []*engine.Job
	zone    *types.Zone
	started time.Time
	last    time.Time
	lastIn  int64
	rate    float64
}

// NewMeter measures from now on. Instants are shown in the zone.
func NewMeter(zone *types.Zone, now time.Time, jobs ...*engine.Job) *Meter {
	return &Meter{jobs: jobs, zone: zone, started: now, last: now}
}

// figures is what jobs have done.
type figures struct {
	in        int64 // rows that sources gave
	state     int64
	watermark int64
	zone      *types.Zone // of the watermark
	parts     int         // partitions that are being read
	idle      int         // of them, those that wait for rows and hold nothing back
	errors    int64       // records and values that were passed over
	dead      int64       // records that went to tables for dead letters
	total     float64     // rows that sources hold, -1 if unknown
	bounded   bool
}

func (m *Meter) figures() figures {
	f := figures{watermark: op.MaxWatermark, bounded: true}
	for _, j := range m.jobs {
		f.bounded = f.bounded && j.Bounded
		if j.RowsTotal < 0 || f.total < 0 {
			f.total = -1
		} else {
			f.total += j.RowsTotal
		}
		for _, v := range j.Stats() {
			f.state += v.StateBytes
			f.errors += v.ParseErrors
			f.dead += v.DeadLetters
			if len(v.Vertex.Inputs) == 0 {
				f.in += v.RowsOut
			}
			for _, p := range v.Partitions {
				if !p.Ended {
					f.parts++
				}
				if p.Idle {
					f.idle++
				}
			}
			if v.Watermark < f.watermark {
				f.watermark, f.zone = v.Watermark, scan.EventZone(v.Vertex.Node, m.zone)
			}
		}
	}
	return f
}

// Line gives the figures at a time: rows read, rows a second, and for input
// that ends how much of it is done and the time left, for a stream the
// watermark, how far that is behind the clock, and the bytes of state.
func (m *Meter) Line(now time.Time) string {
	f := m.figures()
	if d := now.Sub(m.last).Seconds(); d > 0.05 {
		r := float64(f.in-m.lastIn) / d
		if m.rate == 0 {
			m.rate = r
		}
		m.rate = 0.7*m.rate + 0.3*r
		m.last, m.lastIn = now, f.in
	}
	parts := []string{Count(f.in) + " rows read", Count(int64(m.rate)) + " rows/s"}
	switch {
	case f.bounded && f.total >= float64(f.in) && f.total > 0: // else the estimate was wrong
		done := float64(f.in) / f.total
		part := fmt.Sprintf("%.0f %%", 100*done)
		if passed := now.Sub(m.started).Seconds(); done > 0.01 && done < 1 {
			part += ", " + Span(time.Duration(passed*(1-done)/done*float64(time.Second))) + " left"
		}
		parts = append(parts, part)
	case !f.bounded && f.watermark != op.MinWatermark && f.watermark != op.MaxWatermark:
		parts = append(parts, "watermark "+string(types.AppendTimestampLTZ(nil, f.watermark, 0, 0, f.zone)))
		at := m.zone.LocalToUTC(f.zone.UTCToLocal(f.watermark)) // a TIMESTAMP is as the session's clocks show it
		if lag := now.Sub(time.UnixMilli(at)); lag > 0 {
			parts = append(parts, "lag "+Span(lag))
		}
	}
	if f.idle > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d partitions idle", f.idle, f.parts))
	}
	if f.errors > 0 {
		parts = append(parts, Count(f.errors)+" parse errors")
	}
	if f.dead > 0 {
		parts = append(parts, Count(f.dead)+" dead letters")
	}
	if f.state > 0 {
		parts = append(parts, "state "+Size(f.state))
	}
	return strings.Join(parts, " · ")
}

// Count writes a number with its thousands apart.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Size writes bytes in the unit that fits.
func Size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	x, i := float64(n), 0
	for ; x >= 1000 && i < len(units)-1; i++ {
		x /= 1000
	}
	if i == 0 || x >= 100 {
		return fmt.Sprintf("%.0f %s", x, units[i])
	}
	return fmt.Sprintf("%.1f %s", x, units[i])
}

// Span writes a duration in one or two units.
func Span(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 1:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 60:
		return fmt.Sprintf("%.0f s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", int(s)/3600, int(s)%3600/60)
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}
