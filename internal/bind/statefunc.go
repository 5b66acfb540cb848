package bind

import (
	"github.com/weir-stream/weir/internal/sql"
)

// stateArgs are the parameters of STATE.
var stateArgs = []string{"DIR", "OPERATOR", "TABLE"}

// SavedTable names a table of an operator's saved state.
type SavedTable struct {
	Dir, Operator string
	Table         string // "" is the only one
}

// stateTable binds STATE('dir', 'operator'[, 'table']): what a job has made durable.
func (b *Binder) stateTable(c *sql.FuncCall) block {
	b.extension(c.Pos, "STATE")
	args, ok := b.namedArgs(c, stateArgs, 2)
	if !ok {
		return broken()
	}
	var t SavedTable
	for i, to := range []*string{&t.Dir, &t.Operator, &t.Table} {
		if args[stateArgs[i]] == nil {
			continue
		}
		if *to, ok = b.textArg(args[stateArgs[i]], stateArgs[i]+" of STATE"); !ok {
			return broken()
		}
	}
	if b.State == nil {
		b.unsupported(c.Pos, "STATE outside a session with state")
		return broken()
	}
	n, err := b.State(t)
	if err != nil {
		b.failAt(err, c.Pos)
		return broken()
	}
	return block{node: n}
}
