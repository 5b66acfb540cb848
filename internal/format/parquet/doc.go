// Package parquet reads and writes Apache Parquet files in columns.
//
// Reading goes page by page through parquet-go's page interface and never
// through its row or struct readers, which are several times slower: a page of
// plain values is copied into the column with one conversion loop, a page of
// dictionary indices becomes a gather from the dictionary, which was converted
// once. Text is not copied at all: the strings of a batch are headers into the
// decoded page or dictionary, which the collector frees when the last of them
// goes.
//
//	file ── row group ── node a column ── leaf ── pages ── run of values ── conv ── vec.Vector
//
// Columns of ROW type without lists are read leaf by leaf with the validity
// taken from the definition levels; whatever holds a list or a map is assembled
// row by row from the levels (Dremel's record assembly, Melnik et al., 2010).
package parquet

import (
	"github.com/weir-stream/weir/internal/format"
)

// Spec is the parquet format.
func Spec() *format.Spec {
	return &format.Spec{
		Name:       "parquet",
		Example:    example,
		Doc:        "Apache Parquet files. Columns are matched by name; a column that a file lacks is NULL. Only the columns that a query needs are read. A VARIANT is JSON text (logical type JSON), a BITMAP its portable Roaring bytes.",
		Extensions: []string{".parquet", ".parq"},
		Options: []format.Option{
			{Key: "utc-timezone", Kind: format.BoolOption, Default: "false",
				Doc: "How instants (INT96, and INT64 timestamps that are adjusted to UTC) become TIMESTAMP and back: true takes their UTC digits, false those of the session's time zone. Timestamps that are not adjusted to UTC are taken as they are."},
			{Key: "timestamp.time.unit", Kind: format.EnumOption, Default: "micros", Enum: []string{"millis", "micros", "nanos"},
				Doc: "The unit in which INT64 timestamps are written."},
			{Key: "write.int64.timestamp", Kind: format.BoolOption, Default: "true",
				Doc: "Timestamps are written as INT64. INT96, Flink's old default, is read but not written."},
			{Key: "batch-size", Kind: format.IntOption, Default: "2048",
				Doc: "Accepted for compatibility; the size of batches adapts by itself."},
			{Key: "compression", Kind: format.EnumOption, Default: "SNAPPY", Enum: []string{"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW", "BROTLI"},
				Doc: "The codec of written pages."},
			{Key: "block.size", Kind: format.MemoryOption, Default: "128mb",
				Doc: "About how many bytes of values a written row group holds."},
		},
		Parts:      parts,
		OpenFile:   openFile,
		Infer:      infer,
		NewEncoder: newEncoder,
		Check:      check,
	}
}
