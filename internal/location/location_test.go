package location_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3"
)

func TestPlaces(t *testing.T) {
	local, objects := vfs.NewMem(vfs.MemConfig{}), vfs.NewMemObjects(vfs.MemConfig{})
	var opened []string
	seed := uint64(0)
	f := location.New(t.Context(), location.Config{Local: local.Process(), Clock: clock.NewFake(time.UnixMilli(0)),
		Option: func(key string) string { return map[string]string{"s3.endpoint": "https://store:9000"}[key] },
		Seed:   func() uint64 { seed++; return seed },
		Open: func(c s3.Config) (vfs.Objects, error) {
			opened = append(opened, c.Endpoint+" "+c.Bucket)
			return objects.Client(), nil
		}})
	put := func(path string) {
		t.Helper()
		if err := f.MkdirAll(strings.TrimSuffix(path, "/f")); err != nil {
			t.Fatal(err)
		}
		h, err := f.CreateExclusive(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(h, path)
		if err := errors.Join(err, h.Sync(), h.Close(), f.SyncDir(strings.TrimSuffix(path, "/f"))); err != nil {
			t.Fatal(err)
		}
	}
	put("/local/f")
	if len(opened) > 0 {
		t.Fatalf("opened %v", opened)
	}
	put("s3://one/a/f")
	put("s3:/two/b/f") // as filepath.Join leaves it
	if got := strings.Join(opened, ", "); got != "https://store:9000 one, https://store:9000 two" {
		t.Fatalf("opened %s", got)
	}
	for _, path := range []string{"/local/f", "file:///local/f", "s3a://one/a/f", "s3://two/b/f"} {
		h, err := f.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(h); err != nil || !strings.HasSuffix(string(b), "/f") {
			t.Fatalf("%s holds %q: %v", path, b, err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Rename("s3://one/a/f", "/local/g"); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("renamed between places: %v", err)
	}
	for path, ok := range map[string]bool{"/x": true, "s3://b/x": true, "file:///x": true, "s3://": false, "hdfs://h/x": false, "": true} {
		if err := location.Check(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
	if got := location.Join("s3://b/x/", "job") + " " + location.Join("/x/", "job"); got != "s3://b/x/job /x/job" {
		t.Errorf("joined: %s", got)
	}
}
