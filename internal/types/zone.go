package types

import (
	"errors"
	"sort"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the binary must know the zones where the host does not
)

// ErrZone is the error of LoadZone.
var ErrZone = errors.New("unknown time zone")

// Zone is a time zone with its transitions in a table, so that an offset costs
// a binary search and no allocation. A *Zone is immutable and safe to share.
type Zone struct {
	name string
	loc  *time.Location
	// offset[0] holds before utc[0], offset[i+1] from utc[i] on. local[i] is
	// the first local time that offset[i+1] answers for.
	utc, local []int64
	offset     []int64
	end        int64 // past this the location itself is asked
}

// UTC is the zone of offset 0.
var UTC = &Zone{name: "UTC", loc: time.UTC, offset: []int64{0}, end: 1<<63 - 1}

// zones caches what LoadZone made; only valid names get in.
var zones sync.Map

// javaZoneIDs are the short names that Java's TimeZone knows and the zone
// database does not.
var javaZoneIDs = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
	"CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris",
	"IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
	"NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
	"PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}

// LoadZone gives the zone of a name as Java's ZoneId.of reads it: a region such
// as "Asia/Shanghai", "Z", "UTC", "GMT", an offset "+08:00", or one after UTC,
// UT or GMT; and Java's three-letter names. It gives ErrZone for any other.
func LoadZone(name string) (*Zone, error) {
	switch name {
	case "Z", "UTC", "GMT", "UT":
		return UTC, nil
	}
	if z, ok := zones.Load(name); ok {
		return z.(*Zone), nil
	}
	z, err := makeZone(name)
	if err == nil {
		zones.Store(name, z)
	}
	return z, err
}

func makeZone(name string) (*Zone, error) {
	off := name
	for _, prefix := range [...]string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			off = rest
			break
		}
	}
	if off != "" && (off[0] == '+' || off[0] == '-') {
		ms, ok := parseOffset(off)
		if !ok {
			return nil, ErrZone
		}
		return FixedZone(name, int64(ms)), nil
	}
	region := name
	if id, ok := javaZoneIDs[name]; ok {
		region = id
	}
	// Go would take "" for UTC and "Local" for the host's zone.
	if region == "" || region == "Local" {
		return nil, ErrZone
	}
	loc, err := time.LoadLocation(region)
	if err != nil {
		return nil, ErrZone
	}
	z := ZoneOf(loc)
	z.name = name
	return z, nil
}

// FixedZone is a zone of one offset in milliseconds.
func FixedZone(name string, offsetMs int64) *Zone {
	return &Zone{name: name, loc: time.FixedZone(name, int(offsetMs/1000)), offset: []int64{offsetMs}, end: 1<<63 - 1}
}

// The table of transitions spans these times; rules go on for ever, tables do
// not.
var (
	firstTransition = time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTransition  = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ZoneOf makes the zone of a location.
func ZoneOf(loc *time.Location) *Zone {
	t := firstTransition.In(loc)
	_, off := t.Zone()
	z := &Zone{name: loc.String(), loc: loc, offset: []int64{int64(off) * 1000}, end: 1<<63 - 1}
	for {
		_, next := t.ZoneBounds()
		if next.IsZero() {
			return z
		}
		if !next.After(t) {
			// Where a rule's year ends, ZoneBounds may give the time asked for.
			t = t.Add(time.Hour)
			continue
		}
		if next.After(lastTransition) {
			z.end = next.UnixMilli()
			return z
		}
		t = next
		_, off := t.Zone()
		before, after := z.offset[len(z.offset)-1], int64(off)*1000
		if before == after { // a new name only
			continue
		}
		at := next.UnixMilli()
		z.utc = append(z.utc, at)
		// Java's rule for local times, in a gap and in an overlap alike: the
		// offset before the transition holds.
		z.local = append(z.local, at+max(before, after))
		z.offset = append(z.offset, after)
	}
}

// parseOffset reads +h, +hh, +hh:mm, +hhmm, +hh:mm:ss or +hhmmss, up to 18
// hours, as milliseconds.
func parseOffset(s string) (int32, bool) {
	t := timeScanner{s: s}
	neg := t.eat('-')
	if !neg && !t.eat('+') {
		return 0, false
	}
	var f [3]int
	colon := false
	for i := range f {
		least := 2
		if i == 0 {
			least = 1
		}
		var ok bool
		if f[i], ok = t.digits(least, 2); !ok {
			return 0, false
		}
		if t.done() {
			break
		}
		if i == 0 {
			colon = t.eat(':')
		} else if colon && !t.eat(':') {
			return 0, false
		}
	}
	sec := f[0]*3600 + f[1]*60 + f[2]
	if !t.done() || f[1] > 59 || f[2] > 59 || sec > 18*3600 {
		return 0, false
	}
	if neg {
		sec = -sec
	}
	return int32(sec * 1000), true
}

// Name gives the name the zone was loaded by.
func (z *Zone) Name() string { return z.name }

// Location gives the zone as Go's.
func (z *Zone) Location() *time.Location { return z.loc }

// OffsetMs gives what is added to UTC milliseconds to get local ones.
func (z *Zone) OffsetMs(utcMs int64) int64 {
	if len(z.utc) == 0 && utcMs < z.end {
		return z.offset[0]
	}
	if utcMs >= z.end {
		_, off := time.UnixMilli(utcMs).In(z.loc).Zone()
		return int64(off) * 1000
	}
	return z.offset[after(z.utc, utcMs)]
}

// after counts the elements of a sorted slice that are <= v.
func after(s []int64, v int64) int {
	// Most rows are of the present: look at the end first.
	if n := len(s); n > 0 && v >= s[n-1] {
		return n
	}
	return sort.Search(len(s), func(i int) bool { return s[i] > v })
}

// UTCToLocal gives the local time of an instant, both in milliseconds.
func (z *Zone) UTCToLocal(utcMs int64) int64 { return utcMs + z.OffsetMs(utcMs) }

// LocalToUTC gives the instant of a local time, both in milliseconds. In a gap
// the time is moved forward by the gap, in an overlap the earlier instant is
// taken, as java.time does.
func (z *Zone) LocalToUTC(localMs int64) int64 {
	if len(z.local) == 0 && localMs < z.end-MsPerDay {
		return localMs - z.offset[0]
	}
	if localMs < z.end-MsPerDay {
		return localMs - z.offset[after(z.local, localMs)]
	}
	return z.farLocalToUTC(localMs)
}

// farLocalToUTC answers for times past the table.
func (z *Zone) farLocalToUTC(localMs int64) int64 {
	before, behind := z.OffsetMs(localMs-MsPerDay), z.OffsetMs(localMs+MsPerDay)
	if z.OffsetMs(localMs-max(before, behind)) == behind {
		return localMs - behind
	}
	return localMs - before
}
