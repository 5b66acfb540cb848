package sqltest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// lookupSource is a table that can be read by key: what its data set holds when a
// lookup comes.
type lookupSource struct{ *source }

// LookupAsync is the option 'async'.
func (s *lookupSource) LookupAsync() bool { return s.table.Options.Prefix("async")[""] == "true" }

// Indexes reads the option 'lookup.indexes', such as "a;b,c".
func (s *lookupSource) Indexes() [][]int {
	var out [][]int
	for _, index := range strings.FieldsFunc(s.table.Options.Prefix("lookup.")["indexes"], func(r rune) bool { return r == ';' }) {
		var cols []int
		for _, name := range strings.Split(index, ",") {
			for i, c := range s.table.Columns {
				if c.Name == strings.TrimSpace(name) {
					cols = append(cols, i)
				}
			}
		}
		out = append(out, cols)
	}
	return out
}

// OpenLookup gives access by key.
func (s *lookupSource) OpenLookup(_ context.Context, sc connector.LookupScan) (connector.Lookup, error) {
	return &lookup{source: s.source, scan: sc}, nil
}

// lookup reads the whole data set for each call.
type lookup struct {
	*source
	scan connector.LookupScan
}

// Lookup folds the data set's changes and compares every row.
func (l *lookup) Lookup(_ context.Context, keys *vec.Batch, out *vec.Batch, of []int32) ([]int32, error) {
	rows, _, _ := l.store.from(l.id, 0)
	all := vec.NewBatch(out.Types())
	r := &reader{source: l.source, scan: connector.Scan{Want: l.scan.Want, Metadata: l.scan.Metadata}, conv: &converter{zone: l.table.Env.Zone}}
	for _, row := range rows {
		for i, v := range all.Cols {
			if err := r.conv.append(v, r.value(row, i)); err != nil {
				return of, err
			}
		}
		all.N++
	}
	live := l.live(rows, all)
	var at []int
	var ts []types.Type
	for _, k := range l.scan.Keys {
		at = append(at, slices.Index(l.scan.Want, k))
		ts = append(ts, l.table.Columns[k].Type)
	}
	codec := vec.NewCodec(ts)
	var have, want vec.Rows
	codec.Encode(&have, all, at)
	codec.Encode(&want, keys, nil)
	for i := range keys.Len() {
		for _, x := range live {
			if string(have.Row(x)) == string(want.Row(i)) {
				out.AppendSel(all, []int32{int32(x)})
				of = append(of, int32(i))
			}
		}
	}
	return of, nil
}

// live lists the rows that are there once all changes are made: with a primary
// key the last of each, otherwise those that were not taken back.
func (l *lookup) live(rows []Row, all *vec.Batch) []int {
	var out []int
	codec := vec.NewCodec(all.Types())
	var enc vec.Rows
	codec.Encode(&enc, all, nil)
	key := func(i int) string {
		if len(l.table.PrimaryKey) == 0 {
			return string(enc.Row(i))
		}
		k := ""
		for _, p := range l.table.PrimaryKey {
			k += fmt.Sprint(rows[i].Values[p]) + "\x00"
		}
		return k
	}
	for i, r := range rows {
		if !r.Kind.Adds() || len(l.table.PrimaryKey) > 0 {
			if at := slices.IndexFunc(out, func(x int) bool { return key(x) == key(i) }); at >= 0 {
				out = slices.Delete(out, at, at+1)
			}
		}
		if r.Kind.Adds() {
			out = append(out, i)
		}
	}
	return out
}

func (l *lookup) Close() error { return nil }
