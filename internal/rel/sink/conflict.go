package sink

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// CheckConflict asks what happens to rows that the query tells apart and the table
// does not, where the query changes rows and ON CONFLICT says nothing
// (table.exec.sink.require-on-conflict). promised are the traits of the input if
// the declared primary keys of its tables are believed (plan.Context.Believe).
func (n *Node) CheckConflict(in, promised *plan.Traits) error {
	accepts := n.Sink.Accepts()
	if !n.Ask || n.Trust || n.Result || n.Conflict != NoConflict || len(n.Key) == 0 || in.InsertOnly() ||
		accepts.Has(connector.AllChanges) || !accepts.Has(connector.UpdatesAfter) || promised.HasUpsertKeyWithin(n.Key) {
		return nil
	}
	fs := n.In.Fields()
	what := "the query has no upsert key"
	if keys := promised.Upsert; len(keys) > 0 {
		what = "the upsert key of the query is (" + plan.Cols(fs, keys[0]) + ")"
	}
	return sqlerr.New(sqlerr.Plan, n.Pos, "the primary key of table %s is (%s), but %s, so several rows may have one primary key", n.Table.Name, plan.Cols(fs, n.Key), what).
		WithHint("%s; or make the primary key the query's; or SET 'table.exec.sink.require-on-conflict' = 'false'", n.settle())
}

func (n *Node) settle() string {
	if n.Settle != "" {
		return n.Settle
	}
	return "say what happens then: INSERT .. ON CONFLICT DO DEDUPLICATE keeps the last row (and all of them in state), DO NOTHING keeps the first, DO ERROR stops the job"
}

// settles reports whether ON CONFLICT DO ERROR or DO NOTHING has something to
// decide.
func (n *Node) settles(in *plan.Traits) bool {
	return (n.Conflict == ConflictError || n.Conflict == ConflictNothing) && len(n.Key) > 0 && !n.Result && !in.HasUpsertKeyWithin(n.Key)
}

// keyText prints an encoded primary key.
func (n *Node) keyText(codec *vec.Codec, key []byte) string {
	b := vec.NewBatch(codec.Types)
	codec.Decode([][]byte{key}, b.Cols)
	s := ""
	for i, c := range b.Cols {
		if i > 0 {
			s += ", "
		}
		s += n.Fields()[n.Key[i]].Name + "=" + fmt.Sprint(c.Value(0))
	}
	return s
}
