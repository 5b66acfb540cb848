package bind

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// misplacedHints reports OPTIONS behind SELECT. STATE_TTL is read where joins and
// aggregates are made, MULTI_JOIN where joins are; other join hints (BROADCAST and the like) are advice for
// another optimizer and are passed over, as Flink passes over hints that it
// cannot use.
func (s *selection) misplacedHints() {
	for i := range s.sel.Hints {
		h := &s.sel.Hints[i]
		if h.Name == "OPTIONS" {
			s.b.fail(sqlerr.Plan, h.Pos, "the hint OPTIONS belongs behind a table's name")
		}
	}
}

// stateTTL gives the time to live that STATE_TTL gives a table, -1 for none.
func (b *Binder) stateTTL(hints []sql.Hint, table string) int64 {
	for i := range hints {
		h := &hints[i]
		if h.Name != "STATE_TTL" {
			continue
		}
		for _, a := range h.Args {
			if a.Key != table {
				continue
			}
			ms, err := connector.ParseDuration(a.Value)
			if err != nil {
				b.failAt(sqlerr.New(sqlerr.Option, a.Pos, "'%s' is not a duration", a.Value).WithHint("write it as in '1d' or '2 h'"), a.Pos)
				continue
			}
			return ms
		}
	}
	return -1
}

// multiJoined reports that the hint MULTI_JOIN names the right input of a join
// and one of those before.
func multiJoined(hints []sql.Hint, left *scope, right string) bool {
	for i := range hints {
		if hints[i].Name != "MULTI_JOIN" {
			continue
		}
		before, this := false, false
		for _, a := range hints[i].Args {
			this = this || a.Value == right
			for _, r := range left.rels {
				before = before || a.Value == r.name
			}
		}
		if before && this {
			return true
		}
	}
	return false
}
