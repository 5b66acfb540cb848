package connector

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is a suffix of a quantity and what it multiplies by.
type unit struct {
	names string // space-separated
	mul   int64
}

// durationUnits are Flink's (TimeUtils), in nanoseconds.
var durationUnits = []unit{
	{"d day days", 86_400_000_000_000}, {"h hour hours", 3_600_000_000_000}, {"min m minute minutes", 60_000_000_000},
	{"s sec secs second seconds", 1_000_000_000}, {"ms milli millis millisecond milliseconds", 1_000_000},
	{"µs micro micros microsecond microseconds us", 1_000}, {"ns nano nanos nanosecond nanoseconds", 1},
}

// memoryUnits are Flink's (MemorySize), in bytes.
var memoryUnits = []unit{
	{"b bytes", 1}, {"k kb kibibytes", 1 << 10}, {"m mb mebibytes", 1 << 20}, {"g gb gibibytes", 1 << 30}, {"t tb tebibytes", 1 << 40},
}

// ParseDuration reads Flink's durations ("10 s", "1min", "500") and ISO-8601's
// of days and time ("PT1M30S"), as milliseconds; a number without a unit is
// milliseconds.
func ParseDuration(s string) (ms int64, err error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "P") || strings.HasPrefix(s, "p") {
		return parseISODuration(strings.ToUpper(s))
	}
	n, mul, err := quantity(s, durationUnits, 1_000_000)
	if err != nil {
		return 0, err
	}
	if mul >= 1_000_000 {
		mul /= 1_000_000
		if n > math.MaxInt64/mul {
			return 0, fmt.Errorf("it is too long")
		}
		return n * mul, nil
	}
	return n / (1_000_000 / mul), nil
}

// ParseMemory reads Flink's sizes ("128mb", "64 kb", "1024"), as bytes.
func ParseMemory(s string) (int64, error) {
	n, mul, err := quantity(strings.TrimSpace(s), memoryUnits, 1)
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt64/mul {
		return 0, fmt.Errorf("it is too large")
	}
	return n * mul, nil
}

// quantity splits a whole number from its unit.
func quantity(s string, units []unit, plain int64) (n, mul int64, err error) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, perr := strconv.ParseInt(s[:i], 10, 64)
	if perr != nil {
		return 0, 0, errValue
	}
	name := strings.ToLower(strings.TrimSpace(s[i:]))
	if name == "" {
		return n, plain, nil
	}
	var known []string
	for _, u := range units {
		names := strings.Fields(u.names)
		for _, k := range names {
			if k == name {
				return n, u.mul, nil
			}
		}
		known = append(known, names[0])
	}
	return 0, 0, fmt.Errorf("units are %s", strings.Join(known, ", "))
}

// parseISODuration reads PnDTnHnMn.nS.
func parseISODuration(s string) (int64, error) {
	date, clock, _ := strings.Cut(s[1:], "T")
	total := 0.0
	for _, part := range []struct {
		text  string
		units string
		mul   []float64
	}{{date, "D", []float64{86_400_000}}, {clock, "HMS", []float64{3_600_000, 60_000, 1000}}} {
		rest := part.text
		for rest != "" {
			i := strings.IndexAny(rest, "DHMS")
			if i <= 0 {
				return 0, errValue
			}
			u := strings.IndexByte(part.units, rest[i])
			x, err := strconv.ParseFloat(rest[:i], 64)
			if u < 0 || err != nil {
				return 0, errValue
			}
			total += x * part.mul[u]
			rest = rest[i+1:]
		}
	}
	if date == "" && clock == "" || math.Abs(total) > math.MaxInt64/2 {
		return 0, errValue
	}
	return int64(math.Round(total)), nil
}
