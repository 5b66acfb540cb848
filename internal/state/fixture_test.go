package state

import (
	"os"
	"path/filepath"
	"testing"
)

// TestEarlierDeltas reads deltas that earlier releases wrote: testdata/deltas has a
// folder for each version, with a file for each of two epochs of each table. They are
// never written again.
func TestEarlierDeltas(t *testing.T) {
	l := newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer l.store.Close()
	for epoch := range 2 {
		for i := range 200 {
			l.act((i+epoch)%24, i%9, i%13)
		}
		if *writeFixture {
			writeDeltas(t, l, []string{"-0", "-1"}[epoch])
		}
	}
	want := text(l)
	for version, first := range map[string]byte{"v1": deltaVersion, "v2": deltaRecords} {
		x := newLife(&fakeTime{now: 1000}, 0, 0, 12)
		defer x.store.Close()
		seen := 0
		for _, epoch := range []string{"-0", "-1"} {
			for _, o := range x.store.Tables() {
				data, err := os.ReadFile(filepath.Join("testdata/deltas", version, o.Info().Name+epoch))
				if err == nil {
					err = x.store.ApplyDelta(o, data, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				if data[0] == first {
					seen++
				}
			}
		}
		if err := x.store.Link(); err != nil {
			t.Fatal(err)
		}
		if seen < 4 {
			t.Errorf("%s: only %d deltas are of that version", version, seen)
		}
		if got := text(x); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", version, got, want)
		}
	}
}

// writeDeltas writes what has changed, as it is written now and one record a change
// with all that it has, which was version 1.
func writeDeltas(t *testing.T, l *life, epoch string) {
	for _, o := range l.store.Tables() {
		now, before := AppendDelta(o, nil), []byte{deltaVersion}
		err := EachChange(o.Info().Name, now, func(c Change) error {
			before = appendChange(before, c)
			return nil
		})
		for version, data := range map[string][]byte{"v1": before, "v2": now} {
			dir := filepath.Join("testdata/deltas", version)
			if err == nil {
				err = os.MkdirAll(dir, 0o755)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, o.Info().Name+epoch), data, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
