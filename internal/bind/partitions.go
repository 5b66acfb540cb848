package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Partitions gives access to the partitions of a table. A table without any,
// and a connector that cannot tell them, is refused at pos.
func (b *Binder) Partitions(t *catalog.Table, pos sqlerr.Pos) (connector.Partitions, error) {
	b.begin()
	if len(t.PartitionedBy) == 0 {
		return nil, sqlerr.New(sqlerr.Plan, pos, "`%s` is not partitioned", t.Path.Name).WithHint("CREATE TABLE .. PARTITIONED BY (..) makes partitions")
	}
	ct, spec, ok := b.connectorTable(t, t.Options, places{at: pos})
	switch {
	case !ok:
		return nil, b.err()
	case spec.Partitions == nil:
		return nil, sqlerr.New(sqlerr.Unsupported, pos, "partitions of the connector '%s' are not supported", spec.Name)
	}
	parts, err := spec.Partitions(ct)
	return parts, sqlerr.At(err, pos)
}

// PartitionSpec gives the values of PARTITION (k = v, ..) as text in the order
// of the table's partition columns; given says which were written. All must be
// if the partition is to be made or dropped.
func (b *Binder) PartitionSpec(t *catalog.Table, spec []sql.PartitionValue, all bool, pos sqlerr.Pos) (values []*string, given []bool, err error) {
	b.begin()
	values, given = make([]*string, len(t.PartitionedBy)), make([]bool, len(t.PartitionedBy))
	for i := range spec {
		b.partitionValue(t, &spec[i], values, given)
	}
	for i, k := range t.PartitionedBy {
		if all && !given[i] && len(b.errs) == 0 {
			b.fail(sqlerr.Plan, pos, "the partition column `%s` has no value", k).WithHint("`%s` is partitioned by %s", t.Path.Name, join2(t.PartitionedBy))
		}
	}
	return values, given, b.err()
}

func (b *Binder) partitionValue(t *catalog.Table, p *sql.PartitionValue, values []*string, given []bool) {
	at := -1
	for i, k := range t.PartitionedBy {
		if k == p.Key.Name {
			at = i
		}
	}
	switch {
	case at < 0:
		hintNear(b.fail(sqlerr.Name, p.Key.Pos, "`%s` is not partitioned by `%s`", t.Path.Name, p.Key.Name), p.Key.Name, t.PartitionedBy)
		return
	case given[at]:
		b.fail(sqlerr.Plan, p.Key.Pos, "the partition column `%s` is given twice", p.Key.Name)
		return
	case p.Value == nil:
		b.fail(sqlerr.Plan, p.Key.Pos, "the partition column `%s` has no value", p.Key.Name).WithHint("write %s = ..", p.Key.Name)
		return
	}
	given[at] = true
	e := b.expr(&env{scope: &scope{}, clause: "PARTITION", noAgg: true, noOver: true, noSub: true}, p.Value)
	if e == bad {
		return
	}
	want := t.Columns[t.Column(p.Key.Name)].Type.AsNullable()
	if from := e.Type(); from.Kind != types.Null && !types.Castable(from, want) {
		b.fail(sqlerr.Type, p.Value.Position(), "the partition column `%s` is %s, not %s", p.Key.Name, want, from.AsNullable())
		return
	}
	text := &expr.Cast{X: expr.CastTo(e, want), T: types.String()}
	l, ok := expr.Fold(text, b.Zone).(*expr.Lit)
	if !ok {
		b.fail(sqlerr.Type, p.Value.Position(), "the value of the partition column `%s` must be a literal of the type %s", p.Key.Name, want)
		return
	}
	if s, ok := l.Value.(string); ok && !l.IsNull() {
		values[at] = &s
	}
}
