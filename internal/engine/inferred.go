package engine

import (
	"context"

	"github.com/weir-stream/weir/internal/catalog"
)

// toldColumns tells, when a table is created whose columns were found out, what they
// are: the statement that declares them gives the same table whatever comes later.
func toldColumns(t *catalog.Table, create runFunc) runFunc {
	shown := *t
	shown.Options = catalog.Masked(t.Options)
	text := "the table " + t.Path.Name + " declares no columns: " + t.Inferred + ". It is\n" + catalog.DDL(&shown)
	return func(ctx context.Context, s *Session, out Output) error {
		if err := create(ctx, s, out); err != nil {
			return err
		}
		out.Warn(text)
		return nil
	}
}
