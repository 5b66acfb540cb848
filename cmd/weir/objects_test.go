package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3/s3test"
)

// TestCommandsOnObjectStores runs a job whose state lies in a bucket, and looks at
// it there.
func TestCommandsOnObjectStores(t *testing.T) {
	web := httptest.NewServer(&s3test.Server{Objects: vfs.NewMemObjects(vfs.MemConfig{}), Bucket: "bucket", Key: "AK"})
	defer web.Close()
	t.Setenv("AWS_ENDPOINT_URL", web.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AK")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SK")
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	write(t, dir, "in.csv", "1\n2\n2\n")
	write(t, dir, "job.sql", `CREATE TABLE src (a INT) WITH ('connector' = 'filesystem', 'path' = '`+dir+`/in.csv', 'format' = 'csv');
CREATE TABLE dst (a INT, n BIGINT) WITH ('connector' = 'print');
INSERT INTO dst SELECT a, COUNT(*) FROM src GROUP BY a;`)
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"run --state-dir s3://bucket/st job.sql", 0, "+I[1, 1]"},
		{"run --state-dir s3://bucket/st job.sql", 0, "all of its input has been processed"},
		{"state inspect s3://bucket/st", 0, "log-0000000001-000000.wlog"},
		{"job show s3://bucket/st", 0, "not running"},
		{"savepoint create s3://bucket/st s3://bucket/points/one", 0, "savepoint s3://bucket/points/one"},
		{"savepoint create s3://bucket/st " + dir + "/local", 0, "/local: checkpoint"},
		{"savepoint list s3://bucket/points", 0, "s3:/bucket/points/one"},
		{"savepoint inspect s3://bucket/points/one", 0, "sinks have committed"},
		{"savepoint drop s3://bucket/points/one", 0, "dropped"},
		{"state inspect s3://bucket/none", 2, "there is no state directory"},
		{"run --state-dir s3://other/st job.sql", 1, "make the bucket first"},
	} {
		out, errs, status := weir(t, dir, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: status %d\n%s%s", c.args, status, out, errs)
		}
	}
}
