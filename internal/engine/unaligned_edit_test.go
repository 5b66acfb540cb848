package engine_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// TestEditAfterUnaligned edits scripts whose jobs were killed after a checkpoint that
// had overtaken rows: the job runs as it was until an aligned one, and the edit goes on
// from that.
func TestEditAfterUnaligned(t *testing.T) {
	overtaking := map[string]string{"execution.checkpointing.unaligned.enabled": "true", "execution.checkpointing.aligned-checkpoint-timeout": "0 ms", "weir.batch-rows": "3"}
	met := 0
	for i, steps := range []int{120, 180, 240, 300, 360} {
		s := newStory(t)
		s.seed = uint64(steps)
		sink := sinkOf("k INT, s INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", []string{"upsert", "all"}[i%2])
		s.grow(300)
		s.killed(s.script(sink, "INSERT INTO a SELECT k, s, n FROM "+aggregated), steps, overtaking)
		r, err := snapshot.Read(vfs.OS{}, filepath.Join(s.dir, "state", "job"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(r.Meta, []byte(`"Unaligned":true`)) {
			met++
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		s.grow(20)
		for j, query := range []string{"SELECT k, s * 10, n FROM " + aggregated, "SELECT k, SUM(v) + MAX(v), COUNT(*) FROM t WHERE v >= 0 GROUP BY k"} {
			edited := s.script(sink, "INSERT INTO a "+query)
			overtaking["parallelism.default"] = fmt.Sprint(1 + (i+j)%3)
			if j == 0 {
				s.killed(edited, steps/2, overtaking)
			}
			s.run(edited, overtaking)
			s.same(edited, "a")
		}
		delete(overtaking, "parallelism.default")
	}
	if met < 2 {
		t.Errorf("rows were overtaken %d times", met)
	}
}
