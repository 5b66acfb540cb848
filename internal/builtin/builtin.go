// Package builtin lists what is in the binary: functions, aggregates,
// connectors and formats. The lists are values; nothing registers itself.
package builtin

import (
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/blackhole"
	"github.com/weir-stream/weir/internal/connector/datagen"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/connector/nexmark"
	"github.com/weir-stream/weir/internal/connector/print"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/arrow"
	"github.com/weir-stream/weir/internal/format/avro"
	"github.com/weir-stream/weir/internal/format/csv"
	"github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/format/parquet"
	"github.com/weir-stream/weir/internal/format/protobuf"
	"github.com/weir-stream/weir/internal/format/raw"
)

// Functions is the table of scalar functions. It is never changed, so one serves
// all engines of the process: reading the signatures takes longer than a small
// query.
var Functions = sync.OnceValue(func() *fn.Table { return fn.NewTable(fn.Scalars()) })

// With is the table of scalar functions with others beside the built-in ones.
func With(more []fn.Func) *fn.Table {
	if len(more) == 0 {
		return Functions()
	}
	return fn.NewTable(fn.Scalars(), more)
}

// Connectors lists the connectors by name.
func Connectors() map[string]*connector.Spec {
	out := map[string]*connector.Spec{}
	for _, s := range []*connector.Spec{blackhole.Spec(), datagen.Spec(), filesystem.Spec(), kafka.Spec(), kafka.UpsertSpec(), nexmark.Spec(), print.Spec()} {
		out[s.Name] = s
	}
	return out
}

// Formats lists the formats by name.
func Formats() map[string]*format.Spec {
	out := map[string]*format.Spec{}
	for _, s := range []*format.Spec{arrow.Spec(), avro.Confluent(), avro.Debezium(), avro.Spec(), csv.Spec(), json.Canal(), json.Debezium(), json.Maxwell(), json.Ogg(), json.Registry(), json.Spec(), parquet.Spec(), protobuf.Registry(), protobuf.Spec(), raw.Spec()} {
		out[s.Name] = s
	}
	return out
}
