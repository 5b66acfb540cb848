package engine

import (
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/format"
)

// flinkKeys are Flink's keys that a script may set and that change nothing
// here: "key kind default", below a line that says why. A kind is text, int,
// double, bool, duration, memory, or the values of an enumeration. A key that
// has a row of its own in Settings is passed over.
const flinkKeys = `
# Lookups and calls of models are made by the connector as fast as it can.
table.exec.async-lookup.buffer-capacity int 100
table.exec.async-lookup.key-ordered-enabled bool false
table.exec.async-lookup.output-mode ORDERED|ALLOW_UNORDERED ORDERED
table.exec.async-lookup.timeout duration 3 min
table.exec.async-ml-predict.max-concurrent-operations int 10
table.exec.async-ml-predict.output-mode ORDERED|ALLOW_UNORDERED ORDERED
table.exec.async-ml-predict.timeout duration 3 min
table.exec.async-scalar.max-attempts int 3
table.exec.async-scalar.max-concurrent-operations int 10
table.exec.async-scalar.retry-delay duration 100 ms
table.exec.async-scalar.retry-strategy NO_RETRY|FIXED_DELAY FIXED_DELAY
table.exec.async-scalar.timeout duration 3 min
table.exec.async-table.max-concurrent-operations int 10
table.exec.async-table.max-retries int 3
table.exec.async-table.retry-delay duration 100 ms
table.exec.async-table.retry-strategy NO_RETRY|FIXED_DELAY FIXED_DELAY
table.exec.async-table.timeout duration 3 min
table.exec.async-vector-search.max-concurrent-operations int 10
table.exec.async-vector-search.output-mode ORDERED|ALLOW_UNORDERED ORDERED
table.exec.async-vector-search.timeout duration 3 min
# State is always in memory beside the operator that has it.
table.exec.async-state.enabled bool false
# Changes say whether a row is new or changed in any case.
table.exec.deduplicate.insert-update-after-sensitive-enabled bool true
table.exec.deduplicate.mini-batch.compact-changes-enabled bool false
# Operators are chosen by the planner.
table.exec.disabled-operators text
table.exec.operator-fusion-codegen.enabled bool false
table.exec.local-hash-agg.adaptive.enabled bool true
table.exec.local-hash-agg.adaptive.distinct-value-rate-threshold double 0.5
table.exec.local-hash-agg.adaptive.sampling-threshold int 500000
table.exec.simplify-operator-name-enabled bool true
table.exec.uid.format text
table.exec.uid.generation PLAN_ONLY|ALWAYS|DISABLED PLAN_ONLY
table.exec.legacy-transformation-uids bool false
# Rows that wait are given up as soon as event time has passed them.
table.exec.interval-join.min-cleanup-interval duration 0 ms
# CAST follows the rules of Flink 1.15 and later.
table.exec.legacy-cast-behaviour ENABLED|DISABLED DISABLED
# Tasks read and send as their neighbours can take it.
table.exec.rank.topn-cache-size int 10000
table.exec.resource.default-parallelism.auto bool false
table.exec.shuffle-mode text
table.exec.sort.async-merge-enabled bool true
table.exec.sort.default-limit int -1
table.exec.sort.max-num-file-handles int 128
table.exec.sort.non-temporal.enabled bool false
table.exec.spill-compression.block-size memory 64 kb
table.exec.spill-compression.enabled bool true
table.exec.window-agg.buffer-size-limit int 100000
table.exec.unbounded-over.version int 2
table.exec.delta-join.cache-enabled bool true
table.exec.delta-join.left.cache-size int 10000
table.exec.delta-join.right.cache-size int 10000
# Rows go to sinks as the operators before them partition them.
table.exec.sink.keyed-shuffle NONE|AUTO|FORCE AUTO
table.exec.sink.rowtime-inserter ENABLED|DISABLED ENABLED
table.exec.sink.upsert-materialize-strategy.type LEGACY|MAP|VALUE|ADAPTIVE LEGACY
table.exec.sink.upsert-materialize-strategy.adaptive.threshold.high int 400
table.exec.sink.upsert-materialize-strategy.adaptive.threshold.low int 300
# Files have their time zones where the format has one.
table.exec.hive.fallback-mapred-reader bool false
table.exec.hive.fallback-mapred-writer bool true
# The planner orders and runs joins by the sizes that it knows.
table.optimizer.adaptive-broadcast-join.strategy AUTO|RUNTIME_ONLY|NONE AUTO
table.optimizer.bushy-join-reorder-threshold int 12
table.optimizer.delta-join.strategy AUTO|FORCE|NONE AUTO
table.optimizer.join.broadcast-threshold int 1048576
table.optimizer.skewed-join-optimization.skewed-factor double 4.0
table.optimizer.skewed-join-optimization.skewed-threshold memory 256 mb
table.optimizer.skewed-join-optimization.strategy AUTO|FORCED|NONE AUTO
table.optimizer.multi-join.enabled bool false
# The planner shares equal sub-plans and sources.
table.optimizer.dynamic-filtering.enabled bool true
table.optimizer.multiple-input-enabled bool true
table.optimizer.reuse-optimize-block-with-digest-enabled bool false
table.optimizer.reuse-sink-enabled bool false
table.optimizer.reuse-source-enabled bool true
table.optimizer.reuse-sub-plan-enabled bool true
table.optimizer.runtime-filter.enabled bool false
table.optimizer.runtime-filter.max-build-data-size memory 150 mb
table.optimizer.runtime-filter.min-filter-ratio double 0.5
table.optimizer.runtime-filter.min-probe-data-size memory 10 gb
table.optimizer.source.report-statistics-enabled bool true
table.optimizer.source.predicate-pushdown-enabled bool true
table.optimizer.source.aggregate-pushdown-enabled bool true
table.optimizer.sql2rel.project-merge.enabled bool false
table.optimizer.union-all-as-breakpoint-enabled bool true
# The planner chooses how aggregates are split.
table.optimizer.distinct-agg.split.bucket-num int 1024
table.optimizer.incremental-agg-enabled bool true
table.optimizer.local-global-agg.enabled bool true
# EXPLAIN PLAN_ADVICE tells of updates that are not deterministic.
table.optimizer.non-deterministic-update.strategy TRY_RESOLVE|IGNORE IGNORE
# Columns are as Flink 2 has them.
table.legacy-nested-row-nullability bool false
table.column-expansion-strategy text
table.display.max-column-width int 30
table.builtin-catalog-name text default_catalog
table.builtin-database-name text default_database
table.generated-code.max-length int 4000
table.generated-code.max-members int 10000
table.planner BLINK|OLD BLINK
table.sql-dialect default|hive default
table.resources.download-dir text
table.rtas-ctas.atomicity-enabled bool false
table.catalog-store.kind text generic_in_memory
table.plan.compile.catalog-objects ALL|SCHEMA|IDENTIFIER ALL
table.plan.restore.catalog-objects ALL|ALL_ENFORCED|IDENTIFIER ALL
table.plan.force-recompile bool false
table.module.load-order text
# A job of one process starts at once and has no scheduler.
execution.attached bool false
execution.shutdown-on-attached-exit bool false
execution.shutdown-on-application-finish bool true
execution.submit-failed-job-on-application-error bool false
execution.job-listeners text
execution.program-config.enabled bool true
execution.program-config.wildcards text
execution.target text local
execution.batch-shuffle-mode text ALL_EXCHANGES_BLOCKING
execution.batch.adaptive.auto-parallelism.enabled bool true
execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task memory 16 mb
execution.batch.adaptive.auto-parallelism.default-source-parallelism int 1
execution.batch.adaptive.auto-parallelism.max-parallelism int 128
execution.batch.adaptive.auto-parallelism.min-parallelism int 1
execution.batch.speculative.enabled bool false
execution.batch.job-recovery.enabled bool false
execution.buffer-timeout duration 100 ms
execution.buffer-timeout.enabled bool true
execution.buffer-timeout.interval duration 100 ms
execution.sorted-inputs.enabled bool true
execution.sorted-inputs.memory memory 128 mb
execution.sink.max-concurrent-operations int 10
# Every checkpoint is durable as a whole, and rows count once; duplicates cost nothing less.
execution.checkpointing.mode EXACTLY_ONCE|AT_LEAST_ONCE EXACTLY_ONCE
# A checkpoint appends what has changed to a log that is kept as long as anything needs it, one checkpoint after the other.
execution.checkpointing.checkpoints-after-tasks-finish bool true
execution.checkpointing.cleaner.parallel-mode bool true
execution.checkpointing.create-subdir bool true
execution.checkpointing.data-inline-threshold memory 20 kb
execution.checkpointing.file-merging.across-checkpoint-boundary bool false
execution.checkpointing.file-merging.enabled bool false
execution.checkpointing.file-merging.max-file-size memory 32 mb
execution.checkpointing.file-merging.max-space-amplification double 2.0
execution.checkpointing.file-merging.max-subtasks-per-file int 4
execution.checkpointing.file-merging.pool-blocking bool false
execution.checkpointing.incremental bool false
execution.checkpointing.max-concurrent-checkpoints int 1
execution.checkpointing.num-retained int 1
execution.checkpointing.unaligned.max-subtasks-per-channel-state-file int 5
execution.checkpointing.write-buffer-size int 4096
# State stays in execution.checkpointing.dir when a job ends, however it ends; --restart forgets it.
execution.checkpointing.externalized-checkpoint-retention DELETE_ON_CANCELLATION|RETAIN_ON_CANCELLATION|NO_EXTERNALIZED_CHECKPOINTS NO_EXTERNALIZED_CHECKPOINTS
# Checkpoints are where execution.checkpointing.dir says, and nowhere without it.
execution.checkpointing.local-backup.enabled bool false
execution.checkpointing.local-backup.dirs text
execution.checkpointing.storage text jobmanager
execution.state-recovery.from-local bool false
# A checkpoint begins every execution.checkpointing.interval, and rows are processed meanwhile.
execution.checkpointing.interval-during-backlog duration
execution.checkpointing.min-pause duration 0 ms
execution.checkpointing.pause-sources-until-first-checkpoint bool false
# A checkpoint takes as long as it takes; one that fails fails the job, which starts again as restart-strategy.type says.
execution.checkpointing.timeout duration 10 min
execution.checkpointing.tolerable-failed-checkpoints int 0
# Whatever a job has is taken into unaligned checkpoints, and rows on their way are never left out.
execution.checkpointing.unaligned.forced bool false
execution.checkpointing.unaligned.interruptible-timers.enabled bool false
execution.state-recovery.without-channel-state.checkpoint-id int -1
# State is in memory, and on disk what does not fit; what checkpoints save of it is what has changed.
state.backend.type text hashmap
state.backend.latency-track.keyed-state-enabled bool false
state.changelog.enabled bool false
state.changelog.max-failures-allowed int 3
state.changelog.periodic-materialize.enabled bool true
state.changelog.periodic-materialize.interval duration 10 min
state.changelog.storage text memory
# A job that fails starts again as a whole, from its last checkpoint.
jobmanager.execution.failover-strategy text region
# Operators are chained, and rows are handed on without a copy, in any case.
pipeline.auto-generate-uids bool true
pipeline.cached-files text
pipeline.classpaths text
pipeline.closure-cleaner-level text RECURSIVE
pipeline.force-avro bool false
pipeline.force-kryo bool false
pipeline.force-kryo-avro bool false
pipeline.generic-types bool true
pipeline.global-job-parameters text
pipeline.jars text
pipeline.jobvertex-parallelism-overrides text
pipeline.object-reuse bool false
pipeline.operator-chaining bool true
pipeline.operator-chaining.enabled bool true
pipeline.operator-chaining.chain-operators-with-different-max-parallelism bool true
pipeline.serialization-config text
pipeline.vertex-description-mode TREE|CASCADING TREE
pipeline.vertex-name-include-index-prefix bool false
pipeline.watermark-alignment.allow-unaligned-source-splits bool false
# Memory is one budget here: taskmanager.memory.process.size.
taskmanager.memory.flink.size memory
taskmanager.memory.framework.heap.size memory 128 mb
taskmanager.memory.framework.off-heap.size memory 128 mb
taskmanager.memory.jvm-metaspace.size memory 256 mb
taskmanager.memory.jvm-overhead.fraction double 0.1
taskmanager.memory.jvm-overhead.max memory 1 gb
taskmanager.memory.jvm-overhead.min memory 192 mb
taskmanager.memory.managed.consumer-weights text
taskmanager.memory.managed.fraction double 0.4
taskmanager.memory.managed.size memory
taskmanager.memory.network.fraction double 0.1
taskmanager.memory.network.max memory
taskmanager.memory.network.min memory 64 mb
taskmanager.memory.segment-size memory 32 kb
taskmanager.memory.task.heap.size memory
taskmanager.memory.task.off-heap.size memory 0
taskmanager.numberOfTaskSlots int 1
# The shell shows results as wide and as long as the terminal is.
sql-client.display.max-column-width int 30
sql-client.display.color-schema text default
sql-client.display.show-line-numbers bool false
sql-client.display.print-time-cost bool true
sql-client.execution.max-table-result.rows int 1000000
sql-client.verbose bool false
`

// flinkFamilies are of keys that size and secure Flink's processes. They are
// taken without being known one by one.
var flinkFamilies = []string{"$internal.", "akka.", "blob.", "classloader.", "client.", "cluster.", "cleanup-strategy.", "dstl.", "env.", "fs.", "heartbeat.", "high-availability",
	"historyserver.", "io.", "job-result-store.", "jobmanager.", "kubernetes.", "metrics.", "parallelism.adaptive.", "pekko.", "process.", "python.", "queryable-state.",
	"rest.", "s3.", "security.", "slotmanager.", "sql-gateway.", "state.backend.", "table.catalog-store.", "taskmanager.", "traces.", "user.", "web.", "yarn.", "zookeeper."}

// flinkSettings is the table that flinkKeys writes down.
var flinkSettings = sync.OnceValue(func() []Setting {
	kinds := map[string]format.OptionKind{"text": format.StringOption, "int": format.IntOption, "double": format.DoubleOption,
		"bool": format.BoolOption, "duration": format.DurationOption, "memory": format.MemoryOption}
	var out []Setting
	why := ""
	for _, line := range strings.Split(strings.TrimSpace(flinkKeys), "\n") {
		if w, ok := strings.CutPrefix(line, "# "); ok {
			why = w
			continue
		}
		key, rest, _ := strings.Cut(line, " ")
		kind, def, _ := strings.Cut(rest, " ")
		s := Setting{Key: key, Default: def, Doc: why, NoEffect: true}
		if k, ok := kinds[kind]; ok {
			s.Kind = k
		} else {
			s.Kind, s.Enum = format.EnumOption, strings.Split(kind, "|")
		}
		out = append(out, s)
	}
	return out
})

// withFlinks adds the keys of Flink's that have no row of their own.
func withFlinks(own []Setting) []Setting {
	known := map[string]bool{}
	for _, s := range own {
		known[s.Key] = true
	}
	for _, s := range flinkSettings() {
		if !known[s.Key] {
			own = append(own, s)
		}
	}
	return own
}
