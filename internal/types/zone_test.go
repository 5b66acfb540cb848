package types

import (
	"math/rand"
	"testing"
	"time"
)

func TestLoadZone(t *testing.T) {
	for name, want := range map[string]int64{
		"UTC": 0, "Z": 0, "GMT": 0, "GMT+08:00": 8 * MsPerHour, "UTC-3": -3 * MsPerHour, "+05:30": 330 * MsPerMinute, "-0930": -570 * MsPerMinute,
		"Asia/Shanghai": 8 * MsPerHour, "PST": -8 * MsPerHour, "America/Los_Angeles": -8 * MsPerHour, "+01:02:03": 3723000,
	} {
		z, err := LoadZone(name)
		if err != nil || z.OffsetMs(1577836800000) != want {
			t.Errorf("LoadZone(%q) = %v, %v", name, z, err)
		}
	}
	for _, name := range []string{"", "Local", "Mars/Base", "+25:00", "GMT+", "+1:2", "+08:00x", "../etc/passwd"} {
		if z, err := LoadZone(name); err == nil {
			t.Errorf("LoadZone(%q) = %v", name, z)
		}
	}
}

func TestZoneAgainstTime(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"} {
		z, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 20000; i++ {
			utc := MinTimestampMs + r.Int63n(MaxTimestampMs-MinTimestampMs)
			if i%2 == 0 {
				utc = -2e12 + r.Int63n(7e12)
			}
			_, off := time.UnixMilli(utc).In(z.Location()).Zone()
			if got := z.OffsetMs(utc); got != int64(off)*1000 {
				t.Fatalf("%s at %d: offset %d, want %d", name, utc, got, off*1000)
			}
			// The way back gives the same instant, or the earlier of two.
			back := z.LocalToUTC(z.UTCToLocal(utc))
			if back != utc && (back > utc || z.UTCToLocal(back) != z.UTCToLocal(utc)) {
				t.Fatalf("%s at %d goes to %d", name, utc, back)
			}
		}
	}
}

func TestGapAndOverlap(t *testing.T) {
	z, _ := LoadZone("America/New_York")
	for local, want := range map[string]string{
		"2021-03-14 01:59:59": "2021-03-14 06:59:59",
		"2021-03-14 02:30:00": "2021-03-14 07:30:00", // gap: as if 03:30 summer time
		"2021-03-14 03:00:00": "2021-03-14 07:00:00",
		"2021-11-07 01:30:00": "2021-11-07 05:30:00", // overlap: summer time
		"2021-11-07 02:00:00": "2021-11-07 07:00:00",
		"2150-03-08 02:30:00": "2150-03-08 07:30:00", // past the table
		"2150-11-01 01:30:00": "2150-11-01 05:30:00",
	} {
		if got := show(z.LocalToUTC(at(t, local)), 0); got != want {
			t.Errorf("%s is %s, want %s", local, got, want)
		}
	}
}

func BenchmarkZoneOffset(b *testing.B) {
	z, _ := LoadZone("America/New_York")
	var s int64
	for i := int64(0); b.Loop(); i++ {
		s += z.OffsetMs(1600000000000 + i)
	}
	_ = s
}
