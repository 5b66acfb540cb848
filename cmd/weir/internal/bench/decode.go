package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// Decode reads columns of a file, folder or glob into batches and drops them:
// the floor that a query over the same columns stands on. No columns means all.
func Decode(ctx context.Context, input string, columns []string, parallelism int) (Result, error) {
	r := Result{Query: "decode", Mode: "batch", Parallelism: parallelism}
	env := &connector.Env{FS: vfs.OS{}, Clock: clock.System{}, Zone: types.UTC, Formats: builtin.Formats()}
	cols, given, err := filesystem.Infer(ctx, env, input)
	if err != nil {
		return r, err
	}
	spec := builtin.Connectors()["filesystem"]
	opts, err := connector.Resolve(spec, env.Formats, given, func(string) sqlerr.Pos { return sqlerr.Pos{} })
	if err != nil {
		return r, err
	}
	want, err := ordinals(cols, columns)
	if err != nil {
		return r, err
	}
	src, err := spec.Source(&connector.Table{Name: input, Columns: cols, Resolved: *opts, Parallelism: parallelism, Batch: true, Env: env})
	if err != nil {
		return r, err
	}
	scan := connector.Scan{Want: want, Parallelism: parallelism}
	err = measure(&r, func() (err error) {
		r.Rows, err = drain(ctx, src, scan, cols)
		return err
	})
	r.Events = r.Rows
	if r.Seconds > 0 {
		r.EventsPerS = float64(int64(float64(r.Rows) / r.Seconds))
	}
	return r, err
}

func ordinals(cols []format.Column, names []string) ([]int, error) {
	var want []int
	for i, c := range cols {
		if len(names) == 0 || slices.Contains(names, c.Name) {
			want = append(want, i)
		}
	}
	if len(names) > 0 && len(want) != len(names) {
		all := make([]string, len(cols))
		for i, c := range cols {
			all[i] = c.Name
		}
		return nil, fmt.Errorf("not all of the columns %s are there; the columns are %s", strings.Join(names, ", "), strings.Join(all, ", "))
	}
	return want, nil
}

// drain reads all splits with as many goroutines as the scan asks for.
func drain(ctx context.Context, src connector.Source, scan connector.Scan, cols []format.Column) (int64, error) {
	splits, err := src.Splits(ctx, scan)
	if err != nil {
		return 0, err
	}
	ts := make([]types.Type, len(scan.Want))
	for i, w := range scan.Want {
		ts[i] = cols[w].Type
	}
	var wg sync.WaitGroup
	rows := make([]int64, scan.Parallelism)
	errs := make([]error, scan.Parallelism)
	for i := range scan.Parallelism {
		wg.Go(func() {
			b := vec.NewBatch(ts)
			for k := i; k < len(splits) && errs[i] == nil; k += scan.Parallelism {
				var n int64
				n, errs[i] = drainSplit(ctx, src, scan, splits[k], b)
				rows[i] += n
			}
		})
	}
	wg.Wait()
	total := int64(0)
	for _, n := range rows {
		total += n
	}
	return total, errors.Join(errs...)
}

func drainSplit(ctx context.Context, src connector.Source, scan connector.Scan, sp connector.Split, b *vec.Batch) (rows int64, err error) {
	r, err := src.Open(ctx, scan, sp, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		b.Reset()
		err := r.Read(b, 4096)
		if len(b.Cols) > 0 {
			rows += int64(b.Cols[0].N)
		}
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
	}
}
