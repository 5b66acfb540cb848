package engine

import (
	"strings"
	"testing"
)

// TestSettings sets keys and looks at what the user is told.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ key, value, warn, err string }{
		{"table.exec.state.ttl", "1 h", "", ""},
		{"table.exec.state.ttl", "1 hour 2", "", "not a value of table.exec.state.ttl"},
		{"table.exec.state.tll", "1 h", "did you mean 'table.exec.state.ttl'?", ""},
		{"execution.runtime-mode", "BATCH", "", ""},
		{"execution.runtime-mode", "bulk", "", "one of 'streaming', 'batch'"},
		{"parallelism.default", "two", "", "a whole number"},
		{"taskmanager.memory.process.size", "4 gigs", "", "a size"},
		{"taskmanager.memory.managed.fraction", "x", "", "a number"},
		{"table.local-time-zone", "Europe/Berln", "", "not a time zone"},
		{"state.backend.type", "rocksdb", "has no effect: state is in memory", ""},
		{"state.backend.type", "hashmap", "", ""},
		{"state.backend", "rocksdb", "has no effect: state is in memory", ""},
		{"state.checkpoints.dir", "x", "is an older name of 'execution.checkpointing.dir', which is set", ""},
		{"execution.savepoint-restore-mode", "MINE", "", "one of 'NO_CLAIM', 'CLAIM'"},
		{"execution.checkpointing.unaligned", "maybe", "", "'true' or 'false'"},
		{"execution.checkpointing.mode", "AT_LEAST_ONCE", "rows count once", ""},
		{"restart-strategy.exponential-delay.backoff-multiplier", "0.5", "", "from 1 on"},
		{"restart-strategy.exponential-delay.jitter-factor", "2", "", "from 0 to 1"},
		{"restart-strategy.exponential-delay.attempts-before-reset-backoff", "often", "", "'infinite', or a whole number"},
		{"restart-strategy.exponential-delay.attempts-before-reset-backoff", "INFINITE", "", ""},
		{"pipeline.max-parallelism", "40000", "", "from 1 to 32768"},
		{"restart-strategy.type", "sometimes", "", "one of"},
		{"kubernetes.cluster-id", "x", "has no effect", ""},
		{"my.own.key", "x", "is not a known setting", ""},
		{"table.exec.resource.parallelism", "2", "it is now 'table.exec.resource.default-parallelism'", ""},
		{"table.optimizer.reuse-sub-plan-enabled", "false", "has no effect: the planner shares", ""},
	} {
		warn, err := New(Config{}).NewSession().SetOption(c.key, c.value)
		msg := ""
		if err != nil {
			msg = err.Error()
		}
		if (c.warn == "") != (warn == "") || !strings.Contains(warn, c.warn) || (c.err == "") != (err == nil) || !strings.Contains(msg, c.err) {
			t.Errorf("SET %s = %s warns %q and fails with %q; want %q and %q", c.key, c.value, warn, msg, c.warn, c.err)
		}
	}
	s := New(Config{Options: map[string]string{"state.savepoints.dir": "there"}}).NewSession()
	for _, kv := range [][2]string{{"state.checkpoints.dir", "here"}, {"restart-strategy", "FIXED-DELAY"}} {
		if _, err := s.SetOption(kv[0], kv[1]); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]string{"execution.checkpointing.dir": "here", "execution.checkpointing.savepoint-dir": "there", "restart-strategy.type": "fixed-delay"} {
		if got := s.Option(key); got != want {
			t.Errorf("%s is %q under its older name; want %q", key, got, want)
		}
	}
	first, _ := s.SetOption("pipeline.object-reuse", "true")
	again, _ := s.SetOption("pipeline.object-reuse", "true")
	if first == "" || again != "" {
		t.Errorf("a key without effect warns %q, then %q; want it once", first, again)
	}
}

// TestSettingsTable checks the table itself: every default is a value of its
// key, and no key is there twice.
func TestSettingsTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Default != "" && !s.valid(s.Default) {
			t.Errorf("%s: its default %q is not one of its values", s.Key, s.Default)
		}
		if s.Doc == "" || seen[s.Key] {
			t.Errorf("%s has no text, or is there twice", s.Key)
		}
		seen[s.Key] = true
	}
}
