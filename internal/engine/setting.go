package engine

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Setting is one row of the table of session settings. Keys are Flink's where
// Flink has one.
type Setting struct {
	Key     string
	Kind    format.OptionKind
	Default string
	Enum    []string
	Doc     string
	// NoEffect: the key is taken for the sake of Flink's scripts; what it tunes
	// is done here without asking.
	NoEffect bool
}

// Settings is the table of all settings.
func Settings() []Setting {
	return withFlinks([]Setting{
		{Key: "execution.runtime-mode", Kind: format.EnumOption, Default: "streaming", Enum: []string{"streaming", "batch"}, Doc: "Whether queries give changelogs as rows arrive (streaming) or one final answer over bounded input (batch)."},
		{Key: "execution.checkpointing.interval", Kind: format.DurationOption, Default: "1 s", Doc: "How often sinks commit what was written."},
		{Key: "execution.checkpointing.dir", Kind: format.StringOption, Doc: "The state directory (--state-dir), or s3://bucket/folder: jobs keep their checkpoints below it and go on from them when they are run again. Without one a job that is run again starts anew."},
		{Key: "execution.checkpointing.unaligned.enabled", Kind: format.BoolOption, Default: "false", Doc: "Whether the markers of a checkpoint that takes long overtake the rows that are queued before them wherever they are; those rows are saved with it. Otherwise they do where a receiver is slow."},
		{Key: "execution.checkpointing.aligned-checkpoint-timeout", Kind: format.DurationOption, Default: "0 ms", Doc: "How long after its begin a checkpoint becomes one of that kind; 0 = at once. Savepoints, and the last checkpoint before a job stops or is rescaled, never do."},
		{Key: "execution.checkpointing.savepoint-dir", Kind: format.StringOption, Doc: "Where savepoints go that are asked for without a directory."},
		{Key: "execution.checkpointing.snapshot-compression", Kind: format.BoolOption, Default: "false", Doc: "Whether what checkpoints save is compressed."},
		{Key: "weir.state.replay-time", Kind: format.DurationOption, Default: "2500 ms", Doc: "How long what was logged since the last base may take to be read again by a job that restarts. Then a base is written in the background, which is there before it would take 7/4 of that."},
		{Key: "execution.state-recovery.path", Kind: format.StringOption, Doc: "The savepoint from which jobs without checkpoints of their own go on (--from-savepoint)."},
		{Key: "execution.state-recovery.claim-mode", Kind: format.EnumOption, Default: "NO_CLAIM", Enum: []string{"NO_CLAIM", "CLAIM", "LEGACY"}, Doc: "NO_CLAIM never touches that savepoint; with CLAIM it is the job's, and is deleted once it is not needed."},
		{Key: "execution.state-recovery.ignore-unclaimed-state", Kind: format.BoolOption, Default: "false", Doc: "Whether saved state of operators that the plan no longer has is dropped; otherwise it is an error. Where the script was edited it is dropped unless this is set to false, but for savepoints of which nothing is used."},
		{Key: "restart-strategy.type", Kind: format.EnumOption, Default: "exponential-delay", Enum: []string{"none", "off", "disable", "fixed-delay", "fixeddelay", "failure-rate", "failurerate", "exponential-delay", "exponentialdelay"}, Doc: "How a job with checkpoints that failed starts again, unless the script or the data is at fault."},
		{Key: "restart-strategy.fixed-delay.attempts", Kind: format.IntOption, Default: "1", Doc: "How often fixed-delay starts a job again."},
		{Key: "restart-strategy.fixed-delay.delay", Kind: format.DurationOption, Default: "1 s", Doc: "How long fixed-delay waits."},
		{Key: "restart-strategy.failure-rate.max-failures-per-interval", Kind: format.IntOption, Default: "1", Doc: "With more failures than that in an interval failure-rate gives up."},
		{Key: "restart-strategy.failure-rate.failure-rate-interval", Kind: format.DurationOption, Default: "1 min", Doc: "The interval of failure-rate."},
		{Key: "restart-strategy.failure-rate.delay", Kind: format.DurationOption, Default: "1 s", Doc: "How long failure-rate waits."},
		{Key: "restart-strategy.exponential-delay.initial-backoff", Kind: format.DurationOption, Default: "1 s", Doc: "The first wait of exponential-delay."},
		{Key: "restart-strategy.exponential-delay.max-backoff", Kind: format.DurationOption, Default: "1 min", Doc: "The longest wait of exponential-delay."},
		{Key: "restart-strategy.exponential-delay.backoff-multiplier", Kind: format.DoubleOption, Default: "1.5", Doc: "By what exponential-delay multiplies its wait after each failure."},
		{Key: "restart-strategy.exponential-delay.jitter-factor", Kind: format.DoubleOption, Default: "0.1", Doc: "The part of a wait of exponential-delay that is left to chance."},
		{Key: "restart-strategy.exponential-delay.reset-backoff-threshold", Kind: format.DurationOption, Default: "1 h", Doc: "After so long without a failure exponential-delay begins with its first wait."},
		{Key: "restart-strategy.exponential-delay.attempts-before-reset-backoff", Kind: format.StringOption, Default: "infinite", Doc: "How often exponential-delay starts a job again before that time has passed."},
		{Key: "s3.endpoint", Kind: format.StringOption, Doc: "URL of the object store at s3://; the default is AWS_ENDPOINT_URL, or Amazon S3. It must honour conditional puts (If-None-Match, If-Match)."},
		{Key: "s3.access-key", Kind: format.StringOption, Doc: "Access key of the object store; the default is what AWS's variables, files and roles give."},
		{Key: "s3.secret-key", Kind: format.StringOption, Doc: "Secret key of the object store."},
		{Key: "s3.region", Kind: format.StringOption, Doc: "Region of the object store; the default is AWS_REGION."},
		{Key: "s3.path.style.access", Kind: format.BoolOption, Default: "false", Doc: "Whether the bucket goes into the path of URLs and not into the host name."},
		{Key: "parallelism.default", Kind: format.IntOption, Doc: "Subtasks of each operator; the default is the number of cores."},
		{Key: "scheduler-mode", Kind: format.EnumOption, Enum: []string{"reactive"}, Doc: "reactive: where no setting says the parallelism, jobs with checkpoints are rescaled when the number of cores changes that the process may use (control group, affinity)."},
		{Key: "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout", Kind: format.DurationOption, Default: "1 min", Doc: "How long that number must have been the same before."},
		{Key: "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", Kind: format.DurationOption, Default: "30 s", Doc: "The least time between two such rescalings."},
		{Key: "table.exec.resource.default-parallelism", Kind: format.IntOption, Doc: "Subtasks of each operator; wins over parallelism.default."},
		{Key: "pipeline.max-parallelism", Kind: format.IntOption, Default: "128", Doc: "Number of key groups of a job, an upper bound for its parallelism."},
		{Key: "pipeline.name", Kind: format.StringOption, Doc: "Name of the jobs that are started; the default is the script's."},
		{Key: "pipeline.auto-watermark-interval", Kind: format.DurationOption, Default: "200 ms", Doc: "Event time by which a watermark must advance before it is sent on; 0 sends every one."},
		{Key: "table.local-time-zone", Kind: format.StringOption, Default: "UTC", Doc: "Time zone of the session: how TIMESTAMP_LTZ is read and shown."},
		{Key: "table.exec.state.ttl", Kind: format.DurationOption, Default: "0 ms", Doc: "How long state that is not touched is kept at least; 0 = for ever."},
		{Key: "table.exec.source.idle-timeout", Kind: format.DurationOption, Default: "0 ms", Doc: "After this time without rows a source no longer holds back the watermark; 0 = never."},
		{Key: "table.exec.async-ml-predict.max-concurrent-operations", Kind: format.IntOption, Default: "10", Doc: "How many calls of ML_PREDICT run side by side in a subtask."},
		{Key: "table.exec.async-ml-predict.timeout", Kind: format.DurationOption, Default: "3 min", Doc: "How long one call of ML_PREDICT may take."},
		{Key: "table.exec.async-ml-predict.output-mode", Kind: format.EnumOption, Default: "ORDERED", Enum: []string{"ORDERED", "ALLOW_UNORDERED"}, NoEffect: true, Doc: "Answers of ML_PREDICT keep the order of the rows."},
		{Key: "table.exec.async-vector-search.max-concurrent-operations", Kind: format.IntOption, Default: "10", NoEffect: true, Doc: "How many calls of VECTOR_SEARCH run side by side in a subtask."},
		{Key: "table.exec.async-vector-search.timeout", Kind: format.DurationOption, Default: "3 min", NoEffect: true, Doc: "How long one call of VECTOR_SEARCH may take."},
		{Key: "table.exec.async-vector-search.output-mode", Kind: format.EnumOption, Default: "ORDERED", Enum: []string{"ORDERED", "ALLOW_UNORDERED"}, NoEffect: true, Doc: "Answers of VECTOR_SEARCH keep the order of the rows."},
		{Key: "table.exec.mini-batch.enabled", Kind: format.BoolOption, Doc: "false emits changes for each input row, exactly as Flink; otherwise what cancels within a flush is never sent."},
		{Key: "table.exec.mini-batch.allow-latency", Kind: format.DurationOption, Default: "20 ms", Doc: "How long a busy operator may hold back changes to consolidate them."},
		{Key: "table.exec.mini-batch.size", Kind: format.IntOption, NoEffect: true, Doc: "Operators flush by time and by their own bounds."},
		{Key: "table.exec.sink.not-null-enforcer", Kind: format.EnumOption, Default: "ERROR", Enum: []string{"ERROR", "DROP"}, Doc: "What happens to a null for a NOT NULL column of a sink."},
		{Key: "table.exec.sink.type-length-enforcer", Kind: format.EnumOption, Default: "IGNORE", Enum: []string{"IGNORE", "TRIM_PAD", "ERROR"}, Doc: "TRIM_PAD cuts and pads values to the length of a sink's CHAR, VARCHAR, BINARY and VARBINARY columns; ERROR refuses those of another length."},
		{Key: "table.exec.sink.nested-constraint-enforcer", Kind: format.EnumOption, Default: "IGNORE", Enum: []string{"IGNORE", "ROWS", "ROWS_AND_COLLECTIONS"}, Doc: "Whether NOT NULL and lengths are enforced in the fields of ROWs, and in the elements of ARRAYs and MAPs too."},
		{Key: "table.exec.sink.upsert-materialize", Kind: format.EnumOption, Default: "AUTO", Enum: []string{"AUTO", "FORCE", "NONE"}, Doc: "Whether rows that collide on a sink's primary key are kept, so that a deletion brings back the one before."},
		{Key: "table.exec.sink.require-on-conflict", Kind: format.BoolOption, Default: "true", Doc: "true refuses an INSERT that does not say ON CONFLICT although the rows of an updating query may collide on the sink's primary key; otherwise the last row is kept, as ON CONFLICT DO DEDUPLICATE does. Rows that are only added may collide without a word: the last one stays."},
		{Key: "table.dml-sync", Kind: format.BoolOption, Default: "false", Doc: "Whether an INSERT ends before the next statement starts; always so in batch mode."},
		{Key: "table.optimizer.join-reorder-enabled", Kind: format.BoolOption, NoEffect: true, Doc: "Batch joins are always ordered by size."},
		{Key: "table.optimizer.agg-phase-strategy", Kind: format.EnumOption, Default: "AUTO", Enum: []string{"AUTO", "ONE_PHASE", "TWO_PHASE"}, NoEffect: true, Doc: "The planner chooses."},
		{Key: "table.optimizer.distinct-agg.split.enabled", Kind: format.BoolOption, Doc: "true spreads DISTINCT aggregates over subtasks in any case; otherwise the planner chooses: where few groups are busy at a time."},
		{Key: "table.optimizer.distinct-agg.split.bucket-num", Kind: format.IntOption, Default: "1024", Doc: "Into how many buckets the distinct values of a group are spread."},
		{Key: "table.optimizer.non-deterministic-update.strategy", Kind: format.EnumOption, Default: "IGNORE", Enum: []string{"TRY_RESOLVE", "IGNORE"}, Doc: "TRY_RESOLVE keeps what a lookup join found for a row, so that the row's removal takes back what it gave."},
		{Key: "table.optimizer.delta-join.strategy", Kind: format.EnumOption, Default: "AUTO", Enum: []string{"AUTO", "FORCE", "NONE"}, Doc: "Whether an inner join of two tables that have an index on the key, written to a table with a primary key, looks rows up instead of keeping them; FORCE refuses a join below a sink that cannot be done so."},
		{Key: "table.optimizer.multi-join.enabled", Kind: format.BoolOption, Doc: "Whether inner and left joins of a stream that compare the same key are one operator, which keeps each input once and no intermediate results; the hint MULTI_JOIN asks for it in one query. If it is not set, three inner joined inputs or more are."},
		{Key: "table.dynamic-table-options.enabled", Kind: format.BoolOption, Default: "true", Doc: "Whether OPTIONS hints are taken."},
		{Key: "sql-client.execution.result-mode", Kind: format.EnumOption, Default: "table", Enum: []string{"table", "changelog", "tableau"}, Doc: "How the shell shows a streaming result."},
		{Key: "taskmanager.memory.process.size", Kind: format.MemoryOption, Doc: "Bound on the memory of a job's state, queues and sorts; what is more goes to io.tmp.dirs. The default is three quarters of what the machine or the control group has."},
		{Key: "taskmanager.memory.flink.size", Kind: format.MemoryOption, Doc: "Stands in for taskmanager.memory.process.size where that is not set."},
		{Key: "taskmanager.memory.managed.size", Kind: format.MemoryOption, Doc: "Stands in for taskmanager.memory.process.size where neither that nor taskmanager.memory.flink.size is set."},
		{Key: "taskmanager.memory.network.buffer-debloat.enabled", Kind: format.BoolOption, Default: "true", Doc: "Whether the queues before a subtask follow its speed, so that rows are on their way for as long as the target says; otherwise they hold a fixed number of rows. Flink's default is false."},
		{Key: "taskmanager.memory.network.buffer-debloat.target", Kind: format.DurationOption, Default: "20 ms", Doc: "How long a subtask shall take to work through what is queued before it. Flink's default is 1 s."},
		{Key: "taskmanager.memory.network.buffer-debloat.period", Kind: format.DurationOption, Default: "0 ms", Doc: "The least time between two adjustments of a queue, 0 = after every batch. Flink's default is 200 ms."},
		{Key: "taskmanager.memory.network.buffer-debloat.samples", Kind: format.IntOption, Default: "20", Doc: "Of about how many batches the speed of a subtask is the average."},
		{Key: "taskmanager.memory.network.buffer-debloat.threshold-percentages", Kind: format.IntOption, Default: "25", Doc: "By how much a queue must become longer or shorter before it is adjusted."},
		{Key: "io.tmp.dirs", Doc: "Folders for what does not fit into memory, with commas between them: the first that has room is used. The default is the system's folder for temporary files. Files there have no name, and are gone with the process."},
		{Key: "weir.sql.strict", Kind: format.BoolOption, Default: "false", Doc: "Refuse what Flink does not have, so that a script also runs on a Flink cluster."},
		{Key: "weir.state.fall-back", Kind: format.BoolOption, Default: "false", Doc: "Whether a job whose last checkpoint is damaged goes back to an earlier one that is whole, or to an older image of its state; sinks may then have rows twice. Otherwise damage is an error."},
		{Key: "weir.strict-state", Kind: format.BoolOption, Default: "false", Doc: "Refuse statements that keep state which nothing bounds, before anything runs."},
		{Key: "weir.optimizer.enabled", Kind: format.BoolOption, Default: "true", Doc: "false runs plans without the rules that only make them fast; for tests."},
		{Key: "weir.batch-rows", Kind: format.IntOption, Default: "0", Doc: "Rows that a source reads at a time, 0 = as suits the mode; for tests."},
	})
}

// settingsByKey finds a row by its key.
var settingsByKey = sync.OnceValue(func() map[string]Setting {
	out := map[string]Setting{}
	for _, s := range Settings() {
		out[s.Key] = s
	}
	return out
})

func setting(key string) (Setting, bool) {
	s, ok := settingsByKey()[key]
	return s, ok
}

// oldKeys are names that keys had in earlier releases of Flink.
var oldKeys = map[string]string{
	"table.exec.resource.parallelism": "table.exec.resource.default-parallelism",
	"execution.parallelism":           "parallelism.default",
	"pipeline.time-characteristic":    "",
	"sql-client.execution.mode":       "execution.runtime-mode",
}

// renamedKeys are the names that keys of Flink's had before, which it still takes: what
// is set under them is set under the new ones.
var renamedKeys = map[string]string{
	"state.checkpoints.dir":                                          "execution.checkpointing.dir",
	"state.backend.fs.checkpointdir":                                 "execution.checkpointing.dir",
	"state.savepoints.dir":                                           "execution.checkpointing.savepoint-dir",
	"savepoints.state.backend.fs.dir":                                "execution.checkpointing.savepoint-dir",
	"state.checkpoint-storage":                                       "execution.checkpointing.storage",
	"state.checkpoints.num-retained":                                 "execution.checkpointing.num-retained",
	"state.checkpoint.cleaner.parallel-mode":                         "execution.checkpointing.cleaner.parallel-mode",
	"state.checkpoints.create-subdir":                                "execution.checkpointing.create-subdir",
	"state.storage.fs.memory-threshold":                              "execution.checkpointing.data-inline-threshold",
	"state.storage.fs.write-buffer-size":                             "execution.checkpointing.write-buffer-size",
	"state.backend.incremental":                                      "execution.checkpointing.incremental",
	"state.backend.local-recovery":                                   "execution.state-recovery.from-local",
	"state.backend":                                                  "state.backend.type",
	"taskmanager.state.local.root-dirs":                              "execution.checkpointing.local-backup.dirs",
	"execution.checkpointing.unaligned":                              "execution.checkpointing.unaligned.enabled",
	"execution.checkpointing.alignment-timeout":                      "execution.checkpointing.aligned-checkpoint-timeout",
	"execution.checkpointing.checkpoints-after-tasks-finish.enabled": "execution.checkpointing.checkpoints-after-tasks-finish",
	"execution.savepoint.path":                                       "execution.state-recovery.path",
	"execution.savepoint-restore-mode":                               "execution.state-recovery.claim-mode",
	"execution.savepoint.ignore-unclaimed-state":                     "execution.state-recovery.ignore-unclaimed-state",
	"restart-strategy":                                               "restart-strategy.type",
}

// renamed gives the name that a key has now.
func renamed(key string) string {
	if now, ok := renamedKeys[key]; ok {
		return now
	}
	return key
}

// parallelismKeys are the settings that count subtasks; -1 is as if they were not set.
var parallelismKeys = map[string]bool{"parallelism.default": true, "table.exec.resource.default-parallelism": true, "pipeline.max-parallelism": true}

// checkSetting validates a value for a key. The warning is for keys that are
// unknown or have no effect.
func checkSetting(key, value string) (warning string, err error) {
	s, ok := setting(key)
	if !ok {
		return unknownSetting(key), nil
	}
	if why := outOfRange(key, value); why != "" {
		return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a value of %s", value, key).WithHint("%s", why)
	}
	if !s.valid(value) {
		return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a value of %s", value, key).WithHint("%s", s.example())
	}
	if n, _ := strconv.Atoi(value); n == 0 && parallelismKeys[key] {
		return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a value of %s", value, key).
			WithHint("a number of subtasks from 1 on; '-1' (or RESET '%s') leaves it to the default", key)
	}
	if key == "table.local-time-zone" {
		if _, err := types.LoadZone(value); err != nil {
			return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a time zone", value).WithHint("for example 'Europe/Berlin' or 'GMT+08:00'")
		}
	}
	if key == "table.legacy-nested-row-nullability" && strings.EqualFold(value, "true") {
		return "", sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "'%s' = 'true' is not supported", key).
			WithHint("fields of ROW types are as nullable as they are declared, as in Flink since 2.2; leave NOT NULL out")
	}
	if s.NoEffect && !strings.EqualFold(value, s.Default) {
		return "'" + key + "' has no effect: " + strings.ToLower(s.Doc[:1]) + strings.TrimSuffix(s.Doc[1:], "."), nil
	}
	return "", nil
}

// outOfRange says what a number must be that is not what its key takes.
func outOfRange(key, value string) string {
	x, err := strconv.ParseFloat(value, 64)
	n, _ := strconv.ParseInt(value, 10, 64)
	switch key {
	case "restart-strategy.exponential-delay.backoff-multiplier":
		if err == nil && !(x >= 1) {
			return "a number from 1 on: waits do not become shorter"
		}
	case "restart-strategy.exponential-delay.jitter-factor":
		if err == nil && !(x >= 0 && x <= 1) {
			return "a number from 0 to 1"
		}
	case "restart-strategy.exponential-delay.attempts-before-reset-backoff":
		if !strings.EqualFold(value, "infinite") && n <= 0 {
			return "'infinite', or a whole number from 1 on"
		}
	case "pipeline.max-parallelism":
		if n > mostGroups {
			return fmt.Sprintf("a whole number from 1 to %d", mostGroups)
		}
	}
	return ""
}

// mostGroups is the most key groups that a job may have, in Flink too.
const mostGroups = 1 << 15

// unknownSetting gives the warning for a key that has no row.
func unknownSetting(key string) string {
	if now := oldKeys[key]; now != "" {
		return "'" + key + "' is not a known setting; it is now '" + now + "'"
	}
	keys := make([]string, 0, len(settingsByKey()))
	for k := range settingsByKey() {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	near, close := sqlerr.Nearest(key, keys)
	for _, p := range flinkFamilies {
		if strings.HasPrefix(key, p) && !close {
			return "'" + key + "' has no effect: it tunes processes of Flink's"
		}
	}
	if close {
		return "'" + key + "' is not a known setting; did you mean '" + near + "'?"
	}
	return "'" + key + "' is not a known setting"
}

func (s Setting) valid(v string) bool {
	switch s.Kind {
	case format.IntOption:
		n, err := strconv.ParseInt(v, 10, 64)
		return err == nil && n >= -1
	case format.BoolOption:
		_, err := strconv.ParseBool(strings.ToLower(v))
		return err == nil
	case format.EnumOption:
		for _, e := range s.Enum {
			if strings.EqualFold(e, v) {
				return true
			}
		}
		return false
	case format.DurationOption:
		_, err := connector.ParseDuration(v)
		return err == nil
	case format.MemoryOption:
		_, err := connector.ParseMemory(v)
		return err == nil
	case format.DoubleOption:
		_, err := strconv.ParseFloat(v, 64)
		return err == nil
	}
	return true
}

func (s Setting) example() string {
	switch s.Kind {
	case format.IntOption:
		return "a whole number, for example '4'"
	case format.BoolOption:
		return "'true' or 'false'"
	case format.EnumOption:
		return "one of '" + strings.Join(s.Enum, "', '") + "'"
	case format.DurationOption:
		return "a duration, for example '10 s' or '500 ms'"
	case format.MemoryOption:
		return "a size, for example '4 gb'"
	case format.DoubleOption:
		return "a number, for example '0.5'"
	}
	return "text"
}

// Option gives the value of a setting, with the secrets that it names, or its default.
func (s *Session) Option(key string) string {
	if v, ok := s.options[key]; ok {
		if open, err := s.eng.secrets.Expand(v); err == nil { // else it was refused when it was made
			v = open
		}
		d, _ := setting(key)
		return d.spelled(v)
	}
	d, _ := setting(key)
	return d.Default
}

// spelled gives a value in the letters that the table has for it.
func (s Setting) spelled(value string) string {
	for _, e := range s.Enum {
		if strings.EqualFold(e, value) {
			return e
		}
	}
	return value
}

// AllOptions lists the settings that have a value here, made or by default, and
// those that were made without effect, sorted by key.
func (s *Session) AllOptions() [][2]string {
	out := s.Options()
	for key, d := range settingsByKey() {
		if _, made := s.options[key]; !made && !d.NoEffect && d.Default != "" {
			out = append(out, [2]string{key, d.Default})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i][0] < out[j][0] })
	return out
}

// Options lists the settings that were made, sorted by key.
func (s *Session) Options() [][2]string {
	var out [][2]string
	for k, v := range s.options {
		out = append(out, [2]string{k, v})
	}
	sort.Slice(out, func(i, j int) bool { return out[i][0] < out[j][0] })
	return out
}

// SetOption makes a setting. The warning, if any, is for the user; it is given
// once a key.
func (s *Session) SetOption(key, value string) (warning string, err error) {
	given := key
	key = renamed(key)
	open, err := s.eng.secrets.Expand(value)
	if err != nil {
		return "", &sqlerr.Error{Code: sqlerr.Option, Msg: "the setting '" + key + "'", Err: err}
	}
	warning, err = checkSetting(key, open)
	if err == nil {
		s.options[key] = value
	}
	if err == nil && warning == "" && given != key {
		warning = "'" + given + "' is an older name of '" + key + "', which is set"
	}
	if warning != "" && s.warned[key] {
		return "", err
	}
	if s.warned == nil {
		s.warned = map[string]bool{}
	}
	s.warned[key] = s.warned[key] || warning != ""
	return warning, err
}

func (s *Session) bool(key string) bool {
	b, _ := strconv.ParseBool(strings.ToLower(s.Option(key)))
	return b
}

func (s *Session) int(key string) int {
	n, _ := strconv.Atoi(s.Option(key))
	return n
}

func (s *Session) float(key string) float64 {
	x, _ := strconv.ParseFloat(s.Option(key), 64)
	return x
}

func (s *Session) duration(key string) time.Duration {
	ms, _ := connector.ParseDuration(s.Option(key))
	return time.Duration(ms) * time.Millisecond
}
