package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestJobStop: whoever stops a job is answered, although the process of the job ends
// right after, and the job goes on from there.
func TestJobStop(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "p.sql", `SET 'pipeline.name' = 'job'; SET 'execution.checkpointing.interval' = '20 ms';
		CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');
		CREATE TABLE o (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
		INSERT INTO o SELECT id FROM n`)
	for _, how := range [][]string{nil, {"--savepoint", "saved"}, nil, {"--drain"}} {
		cmd := exec.CommandContext(t.Context(), binary, "run", "--state-dir", "state", "p.sql")
		var errs bytes.Buffer
		cmd.Dir, cmd.Stderr = dir, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		until := time.Now().Add(patience)
		for {
			if out, _, status := weir(t, dir, "", "job", "show", "state"); status == 0 && strings.Contains(out, "checkpoint") && !strings.Contains(out, "not running") {
				break
			}
			if time.Now().After(until) {
				t.Fatal("the job cannot be reached: " + errs.String())
			}
		}
		out, said, status := weir(t, dir, "", append([]string{"job", "stop", "state"}, how...)...)
		if status != 0 || out != "stopped\n" || said != "" {
			t.Errorf("job stop %v gave %d: %q %q", how, status, out, said)
		}
		if status := ended(t, cmd); status != 0 {
			t.Errorf("the job that was stopped gave %d: %s", status, errs.String())
		}
	}
	if _, said, status := weir(t, dir, "", "run", "--state-dir", "state", "p.sql"); status != 0 || !strings.Contains(said, "all of its input has been processed") {
		t.Errorf("after it was drained: %d %s", status, said)
	}
}
