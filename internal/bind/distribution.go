package bind

import (
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// distribution checks DISTRIBUTED BY .. INTO n BUCKETS. The table keeps it for
// whoever writes it; a connector that cannot bucket ignores it.
func (d *tableDef) distribution() {
	x := d.stmt.Distribution
	if x == nil {
		return
	}
	if l := d.stmt.Like; l != nil && d.t.Distribution != "" {
		d.b.fail(sqlerr.Plan, x.Pos, "`%s` has a DISTRIBUTION already", l.Table.Last().Name).WithHint("write LIKE %s (EXCLUDING DISTRIBUTION)", l.Table)
		return
	}
	d.t.DistributedBy = nil
	seen := map[string]bool{}
	for _, id := range x.Columns {
		at := d.t.Column(id.Name)
		switch {
		case at < 0:
			hintNear(d.b.fail(sqlerr.Name, id.Pos, "`%s` has no column `%s`", d.t.Path.Name, id.Name), id.Name, d.t.ColumnNames())
		case d.t.Columns[at].Kind != catalog.Physical:
			d.b.fail(sqlerr.Plan, id.Pos, "the distribution column `%s` must be a physical column", id.Name)
		case seen[id.Name]:
			d.b.fail(sqlerr.Plan, id.Pos, "the column `%s` is twice in the distribution", id.Name)
		}
		seen[id.Name] = true
		d.t.DistributedBy = append(d.t.DistributedBy, id.Name)
	}
	if x.Buckets != nil {
		if n, err := strconv.Atoi(x.Buckets.Text); err != nil || n < 1 {
			d.b.fail(sqlerr.Plan, x.Buckets.Pos, "a table needs at least one bucket, not %s", x.Buckets.Text)
		}
	}
	d.t.Distribution = distributionText(x)
}

func distributionText(x *sql.Distribution) string {
	s := "DISTRIBUTED"
	if len(x.Columns) > 0 {
		names := make([]string, len(x.Columns))
		for i, c := range x.Columns {
			names[i] = sql.QuoteIdent(c.Name)
		}
		s += " BY " + strings.TrimSpace(x.Kind+"("+strings.Join(names, ", ")+")")
	}
	if x.Buckets != nil {
		s += " INTO " + x.Buckets.Text + " BUCKETS"
	}
	return s
}
