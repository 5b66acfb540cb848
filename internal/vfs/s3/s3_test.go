package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"go.uber.org/goleak"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3"
	"github.com/weir-stream/weir/internal/vfs/s3/s3test"
	"github.com/weir-stream/weir/internal/vfs/vfstest"
)

func TestMain(m *testing.M) {
	minio.DefaultRetryUnit = time.Microsecond // its pause after the only attempt
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

func serve(t *testing.T, s *s3test.Server) s3.Config {
	t.Helper()
	if s.Objects == nil {
		s.Objects = vfs.NewMemObjects(vfs.MemConfig{Seed: 7})
	}
	s.Bucket, s.Key = "bucket", "AK"
	web := httptest.NewServer(s)
	web.Config.ErrorLog = nil
	t.Cleanup(web.Close)
	return s3.Config{Endpoint: web.URL, AccessKey: "AK", SecretKey: "SK", PathStyle: true, Bucket: "bucket", Prefix: "state/",
		Clock: clock.NewFake(time.UnixMilli(0)), Seed: 1, Timeout: 10 * time.Second, Attempts: 20}
}

func open(t *testing.T, c s3.Config) vfs.Objects {
	t.Helper()
	store, err := s3.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	s := &s3test.Server{}
	vfstest.Objects(t, open(t, serve(t, s)))
	for o, err := range s.Objects.Client().List(t.Context(), "", "") {
		if err != nil || !strings.HasPrefix(o.Key, "state/") {
			t.Errorf("%s lies outside the prefix (%v)", o.Key, err)
		}
	}
}

func TestStoreUnderFaults(t *testing.T) {
	s := &s3test.Server{}
	c := serve(t, s)
	for _, f := range vfstest.Passing {
		s.Objects.Inject(f)
	}
	vfstest.Objects(t, open(t, c))
	if s.Objects.Struck(vfs.AnyOp) < 50 {
		t.Errorf("only %d calls were struck", s.Objects.Struck(vfs.AnyOp))
	}
}

func TestCarelessServersAreRefused(t *testing.T) {
	for _, s := range []*s3test.Server{{IgnoreNoneMatch: true}, {IgnoreMatch: true}} {
		store := vfs.NewProbed(open(t, serve(t, s)), "x/", "1")
		_, err := store.PutIfAbsent(t.Context(), "k", nil)
		if !errors.Is(err, vfs.ErrNoConditions) || !strings.Contains(err.Error(), "If-") {
			t.Errorf("%v", err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *s3.Config, o *vfs.MemObjects)
		want   string
	}{
		{"key", func(c *s3.Config, _ *vfs.MemObjects) { c.AccessKey = "other" }, "see s3.access-key"},
		{"half a key", func(c *s3.Config, _ *vfs.MemObjects) { c.SecretKey = "" }, "given together"},
		{"bucket", func(c *s3.Config, _ *vfs.MemObjects) { c.Bucket = "none-such" }, "make the bucket first"},
		{"rights", func(_ *s3.Config, o *vfs.MemObjects) {
			o.Inject(vfs.Fault{Op: vfs.OpPut, Err: errors.New("denied")})
		}, "may not do this"},
		{"endpoint", func(c *s3.Config, _ *vfs.MemObjects) { c.Endpoint = "http://a/b" }, "no URL"},
		{"nobody", func(c *s3.Config, _ *vfs.MemObjects) { c.Endpoint, c.Attempts = "http://127.0.0.1:1", 2 }, "given up after 2 attempts"},
		{"busy", func(c *s3.Config, o *vfs.MemObjects) {
			c.Attempts = 3
			o.Inject(vfs.Fault{Err: vfs.ErrBusy})
		}, "given up after 3 attempts"},
	} {
		s := &s3test.Server{}
		cfg := serve(t, s)
		c.change(&cfg, s.Objects)
		store, err := s3.Open(cfg)
		if err == nil {
			err = vfs.Probe(t.Context(), store, "", "1")
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "SK") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestStalledAnswersAreGivenUp(t *testing.T) {
	s := &s3test.Server{Objects: vfs.NewMemObjects(vfs.MemConfig{Clock: clock.System{}})}
	c := serve(t, s)
	c.Timeout = 50 * time.Millisecond
	store := open(t, c)
	s.Objects.Inject(vfs.Fault{Op: vfs.OpPut, Delay: 200 * time.Millisecond, Times: 1})
	if _, err := store.PutIfAbsent(t.Context(), "k", []byte("data")); err != nil {
		t.Fatal(err)
	}
	s.Objects.Inject(vfs.Fault{Op: vfs.OpGet, Delay: 200 * time.Millisecond, Times: 1})
	if b, err := vfs.ReadObject(t.Context(), store, "k"); err != nil || !bytes.Equal(b, []byte("data")) {
		t.Fatalf("%q %v", b, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Stat(ctx, "k"); !errors.Is(err, context.Canceled) || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("cancelled: %v", err)
	}
}

func TestConfiguration(t *testing.T) {
	var c s3.Config
	for _, o := range s3.Options {
		if err := c.Set(o, "true"); err != nil {
			t.Error(err)
		}
	}
	if err := c.Set("s3.path.style.access", "maybe"); err == nil {
		t.Error("path style maybe")
	}
	for location, want := range map[string]string{
		"s3://b": "b ", "s3a://b/": "b ", "s3://b/x/y/": "b x/y/", "s3://b/x": "b x/",
		"s3://": "error", "s3:///x": "error", "s3://b/../x": "error", "s3://u@b/x": "error", "file:///x": "error", "s3://b//x//y": "error",
	} {
		bucket, prefix, err := s3.ParseURL(location)
		got := bucket + " " + prefix
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", location, got, want)
		}
	}
}

// TestRealServer runs against the server that WEIR_S3_TEST_URL (s3://bucket/prefix)
// and the usual environment name.
func TestRealServer(t *testing.T) {
	location := os.Getenv("WEIR_S3_TEST_URL")
	if location == "" {
		t.Skip("WEIR_S3_TEST_URL names no bucket")
	}
	bucket, prefix, err := s3.ParseURL(location)
	if err != nil {
		t.Fatal(err)
	}
	vfstest.Objects(t, open(t, s3.Config{Bucket: bucket, Prefix: prefix, PathStyle: true, Getenv: os.Getenv, Seed: uint64(time.Now().UnixNano())}))
}
