package kafka

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// layout says which column of a batch comes from where: the value, the key or the
// record. A column that both key and value hold comes from the value.
type layout struct {
	value  format.MessageDecoder
	from   []int // batch columns of the value's, then of its format's metadata
	inner  vec.Batch
	key    format.MessageDecoder // nil if no column comes from it
	place  []int                 // batch columns of the key's
	keyRow *vec.Batch
	keys   []types.Type
	meta   []int // ordinals in metadataColumns
	metaAt []int // their batch columns
	names  []string
	upsert bool               // null values delete; the columns of keys come from keys
	many   format.ManyDecoder // the value's, if rows have nothing else
}

func newLayout(s *source, sc connector.Scan) (*layout, error) {
	l := &layout{upsert: s.upsert}
	t, cfg := s.t, s.cfg
	zone := t.Env.Zone
	if zone == nil {
		zone = types.UTC
	}
	value := format.Schema{Columns: cfg.fields(t, cfg.values, ""), Want: []int{}, Zone: zone}
	key := format.Schema{Columns: cfg.fields(t, cfg.keys, cfg.prefix), Want: []int{}, Zone: zone}
	for i, w := range sc.Want {
		if v := slices.Index(cfg.values, w); v >= 0 && !(s.upsert && slices.Contains(cfg.keys, w)) {
			value.Want = append(value.Want, v)
			l.from = append(l.from, i)
			continue
		}
		key.Want = append(key.Want, slices.Index(cfg.keys, w))
		l.place = append(l.place, i)
	}
	sortTogether(key.Want, l.place)
	for i, m := range sc.Metadata {
		use := t.Metadata[m]
		if own, ok := strings.CutPrefix(use.Key, connector.FormatMetadata); ok {
			value.Metadata = append(value.Metadata, slices.IndexFunc(t.Format.Metadata, func(f format.Metadata) bool { return f.Key == own }))
			l.from = append(l.from, len(sc.Want)+i)
			continue
		}
		l.meta = append(l.meta, slices.IndexFunc(metadataColumns(), func(c connector.MetadataColumn) bool { return c.Key == use.Key }))
		l.metaAt = append(l.metaAt, len(sc.Want)+i)
	}
	var err error
	if l.value, err = t.Format.NewMessageDecoder(value, t.FormatOpts); err != nil {
		return nil, err
	}
	if len(key.Want) == 0 && len(l.meta) == 0 && !l.upsert {
		l.many, _ = l.value.(format.ManyDecoder)
	}
	if len(key.Want) > 0 {
		if t.KeyFormat.NewMessageDecoder == nil {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' cannot be read from keys of Kafka", t.KeyFormat.Name)
		}
		if l.key, err = t.KeyFormat.NewMessageDecoder(key, t.KeyOpts); err != nil {
			return nil, err
		}
		for _, w := range key.Want {
			l.keys = append(l.keys, key.Columns[w].Type)
			l.names = append(l.names, t.Columns[cfg.keys[w]].Name)
		}
		l.keyRow = vec.NewBatch(l.keys)
	}
	return l, nil
}

// sortTogether sorts want, and with it at.
func sortTogether(want, at []int) {
	for i := range want {
		for j := i; j > 0 && want[j] < want[j-1]; j-- {
			want[j], want[j-1] = want[j-1], want[j]
			at[j], at[j-1] = at[j-1], at[j]
		}
	}
}

// bind is told the batch that decode will append to.
func (l *layout) bind(b *vec.Batch) {
	l.inner.Cols = l.inner.Cols[:0]
	for _, i := range l.from {
		l.inner.Cols = append(l.inner.Cols, b.Cols[i])
	}
}

// decode appends the rows of a record.
func (l *layout) decode(b *vec.Batch, rec *kgo.Record) error {
	l.inner.N, l.inner.Kinds = b.N, b.Kinds
	if l.upsert && rec.Value == nil {
		return l.decodeDelete(b, rec)
	}
	if err := l.value.DecodeMessage(rec.Value, &l.inner); err != nil {
		return err
	}
	n := l.inner.N - b.N
	if n == 0 {
		return nil
	}
	if l.key != nil {
		if err := l.decodeKey(b, rec, n); err != nil {
			for _, i := range l.from {
				b.Cols[i].Truncate(b.N)
			}
			return err
		}
	}
	for i, m := range l.meta {
		appendMetadata(b.Cols[l.metaAt[i]], m, rec, n)
	}
	if l.upsert {
		for ; b.N < l.inner.N; b.N++ {
			b.AppendKind(vec.UpdateAfter)
		}
		return nil
	}
	b.N, b.Kinds = l.inner.N, l.inner.Kinds
	return nil
}

// decodeMany appends the rows of values and returns how many it has decoded: all, or
// those before one with which decode fails.
func (l *layout) decodeMany(b *vec.Batch, values [][]byte) int {
	l.inner.N, l.inner.Kinds = b.N, b.Kinds
	n, _ := l.many.DecodeMany(values, &l.inner)
	b.N, b.Kinds = l.inner.N, l.inner.Kinds
	return n
}

// decodeDelete appends the row that a null value deletes, of which no more than the
// key is known.
func (l *layout) decodeDelete(b *vec.Batch, rec *kgo.Record) error {
	if l.key != nil {
		if err := l.decodeKey(b, rec, 1); err != nil {
			return err
		}
	}
	for _, i := range l.from {
		b.Cols[i].AppendNulls(1)
	}
	for i, m := range l.meta {
		appendMetadata(b.Cols[l.metaAt[i]], m, rec, 1)
	}
	b.AppendKind(vec.Delete)
	b.N++
	return nil
}

// decodeKey appends the key's columns to n rows. They are NULL where the record has
// no key.
func (l *layout) decodeKey(b *vec.Batch, rec *kgo.Record, n int) error {
	l.keyRow.Reset()
	if err := l.key.DecodeMessage(rec.Key, l.keyRow); err != nil {
		return &sqlerr.Error{Code: sqlerr.Data, Msg: "the key " + format.Quote(rec.Key), Err: err}
	}
	switch {
	case l.keyRow.N > 1:
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the key %s is more than one record", format.Quote(rec.Key))
	case l.keyRow.N == 1:
		for i, at := range l.place {
			b.Cols[at].AppendRepeat(l.keyRow.Cols[i], 0, n)
		}
		return nil
	}
	for i := range l.place {
		if !l.keys[i].Nullable {
			return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the record has no key, and the column `%s` is NOT NULL", l.names[i])
		}
	}
	for _, at := range l.place {
		b.Cols[at].AppendNulls(n)
	}
	return nil
}

// timestampTypes are Kafka's names, by Attrs.TimestampType.
var timestampTypes = map[int8]string{0: "CreateTime", 1: "LogAppendTime", -1: "NoTimestampType"}

// appendMetadata appends what a record tells of itself, n times.
func appendMetadata(v *vec.Vector, m int, rec *kgo.Record, n int) {
	for range n {
		switch m {
		case metaTopic:
			v.S = append(v.S, rec.Topic)
		case metaPartition:
			v.I32 = append(v.I32, rec.Partition)
		case metaHeaders:
			connector.AppendHeaders(v, rec.Headers)
			continue
		case metaLeaderEpoch:
			if rec.LeaderEpoch < 0 {
				v.AppendNulls(1)
				continue
			}
			v.I32 = append(v.I32, rec.LeaderEpoch)
		case metaOffset:
			v.I64 = append(v.I64, rec.Offset)
		case metaTimestamp:
			v.I64 = append(v.I64, rec.Timestamp.UnixMilli())
		case metaTimestampType:
			v.S = append(v.S, timestampTypes[rec.Attrs.TimestampType()])
		}
		v.Extend(1)
	}
}

func (l *layout) parseErrors() int64 {
	n := l.value.Stats().ParseErrors
	if l.key != nil {
		n += l.key.Stats().ParseErrors
	}
	return n
}
