package engine_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3/s3test"
)

// TestStateInAnObjectStore runs a job twice: the second finds in the bucket that
// all is done.
func TestStateInAnObjectStore(t *testing.T) {
	s := &s3test.Server{Objects: vfs.NewMemObjects(vfs.MemConfig{Seed: 4}), Bucket: "bucket", Key: "AK"}
	web := httptest.NewServer(s)
	defer web.Close()
	session := func() *engine.Session {
		e := engine.New(engine.Config{Options: map[string]string{"table.dml-sync": "true", "execution.checkpointing.dir": "s3://bucket/state",
			"s3.endpoint": web.URL, "s3.access-key": "AK", "s3.secret-key": "hush", "s3.path.style.access": "true"}})
		n := e.NewSession()
		t.Cleanup(func() { n.Close() })
		return n
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.csv"), []byte("1\n2\n2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `CREATE TABLE src (a INT) WITH ('connector' = 'filesystem', 'path' = '` + dir + `/in.csv', 'format' = 'csv');
CREATE TABLE dst (a INT) WITH ('connector' = 'filesystem', 'path' = '` + dir + `/out', 'format' = 'csv');
INSERT INTO dst SELECT a * 10 FROM src`
	written := func() string {
		files, err := filepath.Glob(filepath.Join(dir, "out", "*"))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.Fields(string(b))...)
		}
		return strings.Join(out, " ")
	}
	for range 2 {
		do(t, session(), script)
		if got := written(); got != "10 20 20" {
			t.Fatalf("written: %s", got)
		}
		s.Objects.Inject(vfs.Fault{Op: vfs.OpPut, Times: 2, Applied: true, Err: vfs.ErrUnknown}) // the second run is to meet them
		s.Objects.Inject(vfs.Fault{Op: vfs.OpGet, Times: 2, Err: vfs.ErrBusy})
	}
	s.Objects.Heal()
	for o, err := range s.Objects.Client().List(t.Context(), "", "") {
		if err != nil || !strings.HasPrefix(o.Key, "state/") {
			t.Errorf("%s lies outside the prefix (%v)", o.Key, err)
		}
	}
	if got := do(t, session(), "SET 's3.secret-key'"); strings.Contains(got, "hush") {
		t.Errorf("the secret is shown: %s", got)
	}
	if _, err := run(session(), "SET 'execution.checkpointing.dir' = 'hdfs://x/y'; "+script); err == nil || !strings.Contains(err.Error(), "hdfs://") {
		t.Errorf("hdfs: %v", err)
	}
	s.IgnoreNoneMatch = true
	if _, err := run(session(), "SET 'execution.checkpointing.dir' = 's3://bucket/other'; "+script); err == nil || !strings.Contains(err.Error(), "does not honour conditional puts") {
		t.Errorf("careless server: %v", err)
	}
}
