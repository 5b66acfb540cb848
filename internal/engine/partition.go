package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// nullPartition stands for NULL in the names of partitions, as in Hive.
const nullPartition = "__DEFAULT_PARTITION__"

// showPartitions lists the partitions of a table, those that a PARTITION clause
// asks for.
func (s *Session) showPartitions(st *sql.Show) ([]string, [][]string, error) {
	o, err := s.find("table", *st.Name)
	if err != nil {
		return nil, nil, err
	}
	t := o.(*catalog.Table)
	parts, err := s.binder().Partitions(t, st.Name.Position())
	if err != nil {
		return nil, nil, err
	}
	want, given, err := s.binder().PartitionSpec(t, st.Partition, false, st.Pos)
	if err != nil {
		return nil, nil, err
	}
	list, err := parts.List()
	if err != nil {
		return nil, nil, err
	}
	var rows [][]string
	for _, values := range list {
		fits := true
		for i := range values {
			fits = fits && (!given[i] || same(values[i], want[i]))
		}
		if fits {
			rows = append(rows, []string{partitionName(t, values)})
		}
	}
	return []string{"partition name"}, rows, nil
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func partitionName(t *catalog.Table, values []*string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		text := nullPartition
		if v != nil {
			text = *v
		}
		parts[i] = t.PartitionedBy[i] + "=" + text
	}
	return strings.Join(parts, "/")
}

// partitions prepares ADD and DROP PARTITION; lenient is IF [NOT] EXISTS.
func (p *preparer) partitions(st *sql.Alter, defs []sql.PartitionDef, add, lenient bool) (runFunc, error) {
	if _, _, err := p.s.partitionChanges(st, defs); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		parts, changes, err := s.partitionChanges(st, defs)
		if err != nil {
			return err
		}
		for i, c := range changes {
			change, word := parts.Drop, "no"
			if add {
				change, word = parts.Add, "already a"
			}
			err := change(c.values)
			missing := errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist)
			switch {
			case missing && !lenient:
				return sqlerr.New(sqlerr.Plan, defs[i].Pos, "there is %s partition %s", word, c.name)
			case err != nil && !missing:
				return err
			}
		}
		out.Info("altered table " + st.Name.Last().Name)
		return nil
	}, nil
}

// partitionChange is a partition that is made or dropped.
type partitionChange struct {
	name   string
	values []*string
}

func (s *Session) partitionChanges(st *sql.Alter, defs []sql.PartitionDef) (connector.Partitions, []partitionChange, error) {
	o, err := s.find("table", st.Name)
	if err != nil {
		return nil, nil, err
	}
	t := o.(*catalog.Table)
	parts, err := s.binder().Partitions(t, st.Name.Position())
	if err != nil {
		return nil, nil, err
	}
	var out []partitionChange
	for i := range defs {
		if len(defs[i].Options) > 0 {
			return nil, nil, sqlerr.New(sqlerr.Unsupported, defs[i].Pos, "options of a partition are not supported").WithHint("leave WITH out")
		}
		values, _, err := s.binder().PartitionSpec(t, defs[i].Spec, true, defs[i].Pos)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, partitionChange{partitionName(t, values), values})
	}
	return parts, out, nil
}
