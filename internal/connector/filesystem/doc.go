// Package filesystem is the connector of files: a file, a folder, a glob, or
// "-" for stdin and stdout.
//
// Reading: a location is listed into files, files are cut into splits (row
// groups of Parquet, runs of lines, or whole files where order matters), and a
// reader turns a split into rows: bytes through a decompressor into one reused
// buffer that the format's decoder eats from. Partition columns and file.*
// metadata are constants of a split.
//
// Writing: rows go to hidden files beside their place (".name.inprogress"),
// which Prepare closes and syncs and Commit renames, so that who lists the
// folder never sees half a file, and a repeated Commit does no harm.
package filesystem

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
)

// Spec is the filesystem connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name:        "filesystem",
		Guarantee:   guarantee,
		Example:     example,
		Doc:         "Files of any format: a file, a folder (with all that is below it), a glob such as 'in/*.jsonl', or '-' for standard input and output. Names that begin with '_' or '.' are hidden. A suffix .gz, .zst, .bz2 or .deflate means compression.",
		TakesFormat: true,
		DeadLetters: true,
		Options:     append(append([]format.Option(nil), options...), lookupOptions()...),
		Metadata: []connector.MetadataColumn{
			{Key: "file.path", Type: types.String().NotNull(), Doc: "Path of the file that the row is from."},
			{Key: "file.name", Type: types.String().NotNull(), Doc: "Name of the file, without its folder."},
			{Key: "file.size", Type: types.Of(types.BigInt).NotNull(), Doc: "Size of the file in bytes when it was found."},
			{Key: "file.modification-time", Type: types.TimestampLTZOf(3).NotNull(), Doc: "When the file was changed last."},
		},
		Source:     newSource,
		Sink:       newSink,
		Partitions: tablePartitions,
		RowLevel:   newRowLevel,
		Overwrites: true,
	}
}

// lookupOptions are those of a table that is kept whole for lookups.
func lookupOptions() []format.Option {
	cache := format.Option{Key: "lookup.cache", Kind: format.EnumOption, Enum: []string{"NONE", "FULL"}, Default: "NONE",
		Doc: "FULL: a lookup join reads the table again as lookup.full-cache.* say; otherwise it reads it once, before the first row."}
	return append([]format.Option{cache}, connector.FullCacheOptions()...)
}

var options = []format.Option{
	{Key: "path", Required: true, Doc: "A file, a folder, a glob, or '-' for standard input and output. A file:// URL is fine too."},
	{Key: "source.monitor-interval", Kind: format.DurationOption,
		Doc: "Look for new files this often and never end. Without it the files that are there at the start are read. A file is read once: changes to it are not seen."},
	{Key: "source.path.regex-pattern", Doc: "Read only the files whose whole path matches this regular expression."},
	{Key: "source.report-statistics", Kind: format.EnumOption, Enum: []string{"ALL", "NONE"}, Default: "ALL",
		Doc: "Whether the planner may look at files to estimate their rows."},
	{Key: "partition.default-name", Default: "__DEFAULT_PARTITION__", Doc: "The folder that stands for a NULL or empty partition value."},
	{Key: "sink.rolling-policy.file-size", Kind: format.MemoryOption, Default: "128mb", Doc: "A file that has grown to this size is ended."},
	{Key: "sink.rolling-policy.rollover-interval", Kind: format.DurationOption, Default: "30 min", Doc: "A file that has been open for so long is ended."},
	{Key: "sink.rolling-policy.inactivity-interval", Kind: format.DurationOption, Default: "30 min", Doc: "A file that got no row for so long is ended."},
	{Key: "sink.rolling-policy.check-interval", Kind: format.DurationOption, Default: "1 min", Doc: "How often the two intervals above are looked at."},
	{Key: "sink.partition-commit.trigger", Kind: format.EnumOption, Enum: []string{"process-time", "partition-time"}, Default: "process-time",
		Doc: "process-time: a partition is committed when the clock has passed its creation by the delay. partition-time: when the watermark has passed the time in its name by the delay."},
	{Key: "sink.partition-commit.delay", Kind: format.DurationOption, Default: "0 s", Doc: "How long after its time a partition is committed: '1 h' for hourly partitions."},
	{Key: "sink.partition-commit.watermark-time-zone", Default: "UTC", Doc: "The zone in which partition times are read when they are compared with the watermark of a TIMESTAMP_LTZ column."},
	{Key: "sink.partition-commit.policy.kind", Doc: "What a commit of a partition does: 'success-file' writes an empty file, 'metastore' does nothing here. Several are separated by commas."},
	{Key: "sink.partition-commit.policy.class", Doc: "Java classes are not supported."},
	{Key: "sink.partition-commit.success-file.name", Default: "_SUCCESS", Doc: "Name of the file of the success-file policy."},
	{Key: "partition.time-extractor.kind", Kind: format.EnumOption, Enum: []string{"default", "custom"}, Default: "default",
		Doc: "How a time is read from partition values; only default is supported."},
	{Key: "partition.time-extractor.class", Doc: "Java classes are not supported."},
	{Key: "partition.time-extractor.timestamp-pattern", Doc: "How the time is put together from partition columns: '$dt $hour:00:00'. The default is the first partition column."},
	{Key: "partition.time-extractor.timestamp-formatter", Doc: "Java pattern of the time, by default yyyy-MM-dd [HH:mm:ss]."},
	{Key: "sink.shuffle-by-partition.enable", Kind: format.BoolOption, Default: "false", Doc: "Accepted for compatibility: a task writes each partition to one file at a time in any case."},
	{Key: "auto-compaction", Kind: format.BoolOption, Default: "false", Doc: "Merging of small files is not supported."},
	{Key: "compaction.file-size", Kind: format.MemoryOption, Doc: "Merging of small files is not supported."},
	{Key: "compaction.parallelism", Kind: format.IntOption, Doc: "Merging of small files is not supported."},
}
