// Package kill ends the real binary with SIGKILL again and again: what its sinks
// hold in the end must be what the same queries give as a batch. It exists because
// only a process that is gone shows what was in its memory alone.
package kill

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// perLife is about how long a process lives; the input lasts for all of them.
const (
	perLife = 350 * time.Millisecond
	rate    = 4000 // rows a second
)

// pipeline is what is killed: queries by the names of their sinks, changes where
// the query changes its rows.
type pipeline struct {
	name    string
	sinks   []string
	columns string
	queries []string
	changes []bool
}

var pipelines = []pipeline{
	{"aggregate", []string{"a"}, "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
		[]string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM n GROUP BY k"}, []bool{true}},
	{"join", []string{"a"}, "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
		[]string{"SELECT l.id, l.k, r.v, r.id FROM n l JOIN m r ON l.id = r.id * 3"}, []bool{false}},
	{"window", []string{"a"}, "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
		[]string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end"}, []bool{false}},
	{"deduplication", []string{"a"}, "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
		[]string{"SELECT k, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM n) WHERE rn = 1"}, []bool{true}},
	{"statement set", []string{"a", "b"}, "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
		[]string{"SELECT id, k, v, id FROM n WHERE v < 300", "SELECT k, COUNT(*), SUM(v), MIN(id) FROM n GROUP BY k"}, []bool{false, true}},
}

// script writes the pipeline as one that is paced and keeps checkpoints, or as a
// batch.
func (p *pipeline) script(dir string, rows int, batch bool) string {
	var b strings.Builder
	set := func(k, v string) { fmt.Fprintf(&b, "SET '%s' = '%s';\n", k, v) }
	perSecond := rate
	if batch {
		perSecond = 0
		set("execution.runtime-mode", "batch")
	}
	set("pipeline.name", "job")
	set("parallelism.default", "2")
	set("execution.checkpointing.interval", "50 ms")
	set("weir.state.replay-time", "0 ms") // bases are made all the time
	for i, name := range []string{"n", "m"} {
		fmt.Fprintf(&b, "CREATE TABLE %s (id BIGINT, k AS MOD(id * 7919, 97), v AS MOD(id * 31, 1000), ts AS TO_TIMESTAMP_LTZ(id * 10, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '%d', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%d');\n",
			name, rows/(i+1), perSecond/(i+1), rows/(i+1))
	}
	for i, s := range p.sinks {
		op := ""
		if p.changes[i] && !batch {
			op = "op STRING, "
		}
		fmt.Fprintf(&b, "CREATE TABLE %s (%s%s) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'csv');\n", s, op, p.columns, filepath.Join(dir, s))
	}
	if batch {
		for i, s := range p.sinks {
			fmt.Fprintf(&b, "INSERT INTO %s %s;\n", s, p.queries[i])
		}
		return b.String()
	}
	b.WriteString("EXECUTE STATEMENT SET BEGIN\n")
	for i, s := range p.sinks {
		q := p.queries[i]
		if p.changes[i] {
			q = "SELECT * FROM TO_CHANGELOG(input => TABLE (" + q + "))"
		}
		fmt.Fprintf(&b, "INSERT INTO %s %s;\n", s, q)
	}
	b.WriteString("END;\n")
	return b.String()
}

// fold reads a sink and gives how often each row is there.
func fold(t *testing.T, dir string, changes bool) map[string]int {
	out := map[string]int{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") || strings.HasPrefix(f.Name(), "_") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 && text[len(text)-1] != '\n' {
			t.Errorf("%s ends within a row", f.Name())
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			by := 1
			if changes {
				op, row, _ := strings.Cut(line, ",")
				line = row
				if op == "UPDATE_BEFORE" || op == "DELETE" {
					by = -1
				}
			}
			if out[line] += by; out[line] == 0 {
				delete(out, line)
			}
		}
	}
	return out
}

// kills is WEIR_KILLS, the number of kills of each pipeline.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("WEIR_KILLS"))
	if err != nil {
		n = 3
	}
	if testing.Short() || n == 0 {
		t.Skip("it takes as long as its input")
	}
	return n
}

// build makes the binary.
func build(t *testing.T) string {
	bin := filepath.Join(t.TempDir(), "weir")
	if out, err := exec.Command("go", "build", "-o", bin, "../../cmd/weir").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func TestKill9(t *testing.T) {
	n := kills(t)
	bin := build(t)
	for i, p := range pipelines {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			(&loop{T: t, bin: bin, p: &p, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))}).run(n)
		})
	}
}

// loop is the life of one pipeline.
type loop struct {
	*testing.T
	bin string
	p   *pipeline
	dir string
	rnd *rand.Rand
}

func (l *loop) run(kills int) {
	rows := int(float64(rate) * perLife.Seconds() * float64(kills+2))
	script := l.write("job.sql", l.p.script(filepath.Join(l.dir, "out"), rows, false))
	within, last := 0, uint64(0)
	for range kills {
		cmd := l.start(script)
		time.Sleep(perLife/2 + time.Duration(l.rnd.Int64N(int64(perLife))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		epoch, finished := l.epoch()
		if epoch < last {
			l.Fatalf("the last durable epoch was %d and is %d", last, epoch)
		}
		if last = epoch; epoch > 0 && !finished {
			within++
		}
	}
	cmd := l.start(script)
	if err := cmd.Wait(); err != nil {
		l.Fatalf("%v\n%s", err, cmd.Stderr)
	}
	end, finished := l.epoch()
	l.Logf("%d of %d kills between the first and the last durable epoch; the last run went on from epoch %d and ended at %d", within, kills, last, end)
	if within*3 < kills*2 || last == 0 || end <= last || !finished {
		l.Errorf("too few kills met a job that had something to go on from")
	}
	l.compare(rows)
}

// compare compares the sinks with those of the batch.
func (l *loop) compare(rows int) {
	batch := l.write("batch.sql", l.p.script(filepath.Join(l.dir, "batch"), rows, true))
	if out, err := exec.Command(l.bin, "run", batch).CombinedOutput(); err != nil {
		l.Fatalf("%v\n%s", err, out)
	}
	for i, s := range l.p.sinks {
		want, got := fold(l.T, filepath.Join(l.dir, "batch", s), false), fold(l.T, filepath.Join(l.dir, "out", s), l.p.changes[i])
		wrong := 0
		for row, n := range want {
			if got[row] != n {
				wrong++
				if wrong < 5 {
					l.Errorf("sink %s: row %s is there %d times, not %d", s, row, got[row], n)
				}
			}
		}
		if len(want) == 0 || len(got) != len(want) {
			l.Errorf("sink %s: %d rows, not %d; %d wrong", s, len(got), len(want), wrong)
		}
	}
}

func (l *loop) write(name, text string) string {
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		l.Fatal(err)
	}
	return path
}

func (l *loop) start(script string) *exec.Cmd {
	cmd := exec.Command(l.bin, "run", "--state-dir", filepath.Join(l.dir, "state"), script)
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	return cmd
}

// epoch is the last durable epoch, 0 if there is none.
func (l *loop) epoch() (epoch uint64, finished bool) {
	dir := filepath.Join(l.dir, "state", "job")
	if _, err := os.Stat(dir); err != nil {
		return 0, false
	}
	info, err := snapshot.Inspect(vfs.OS{}, dir)
	if err != nil {
		l.Fatal(err)
	}
	return info.Epoch, info.Outcome == snapshot.Finished
}
