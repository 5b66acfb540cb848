package bind

import (
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// withLookupHint puts a hint into the join at or right below a node.
func withLookupHint(n plan.Node, h *join.Hint) plan.Node {
	if h == nil {
		return n
	}
	switch n := n.(type) {
	case *join.Node:
		c := *n
		c.Hint = h
		return &c
	case *calc.Node:
		return n.WithInputs([]plan.Node{withLookupHint(n.In, h)})
	}
	return n
}

// lookupHint reads the hint LOOKUP of a table, which names it or its alias.
func (b *Binder) lookupHint(hints []sql.Hint, table string, ref *sql.TableName) *join.Hint {
	for i := range hints {
		if hints[i].Name != "LOOKUP" {
			continue
		}
		named := ""
		for _, a := range hints[i].Args {
			if a.Key == "table" {
				named = a.Value
			}
		}
		if named == "" {
			b.failAt(sqlerr.New(sqlerr.Option, hints[i].Pos, "the hint LOOKUP names no table").WithHint("write LOOKUP('table'='%s', ..)", table), hints[i].Pos)
			continue
		}
		if named == table || named == ref.Name.Last().Name {
			return b.readLookupHint(&hints[i])
		}
	}
	return nil
}

func (b *Binder) readLookupHint(h *sql.Hint) *join.Hint {
	out, seen := &join.Hint{}, map[string]bool{}
	for _, a := range h.Args {
		key, v := strings.ToLower(a.Key), strings.ToLower(a.Value)
		seen[key] = true
		ok, want := true, ""
		switch key {
		case "table":
		case "async":
			out.Sync, ok, want = v == "false", v == "true" || v == "false", "true or false"
		case "shuffle":
			out.Shuffle, ok, want = v == "true", v == "true" || v == "false", "true or false"
		case "output-mode":
			out.Unordered, ok, want = v == "allow_unordered", v == "ordered" || v == "allow_unordered", "ordered or allow_unordered"
		case "retry-predicate":
			ok, want = v == "lookup_miss", "lookup_miss"
		case "retry-strategy":
			ok, want = v == "fixed_delay", "fixed_delay"
		case "capacity":
			out.Capacity, ok = positive(v)
			want = "a positive number"
		case "max-attempts":
			out.Attempts, ok = positive(v)
			want = "a positive number"
		case "timeout":
			out.TimeoutMs, ok = milliseconds(v)
			want = "a duration such as 300s"
		case "fixed-delay":
			out.DelayMs, ok = milliseconds(v)
			want = "a duration such as 10s"
		default:
			b.failAt(sqlerr.New(sqlerr.Option, a.Pos, "the hint LOOKUP has no option '%s'", a.Key).
				WithHint("its options are table, async, output-mode, capacity, timeout, retry-predicate, retry-strategy, fixed-delay, max-attempts, shuffle"), a.Pos)
			continue
		}
		if !ok {
			b.failAt(sqlerr.New(sqlerr.Option, a.Pos, "'%s' is no value for the option '%s' of the hint LOOKUP", a.Value, a.Key).WithHint("write %s", want), a.Pos)
		}
	}
	if n := count(seen, "retry-predicate", "retry-strategy", "fixed-delay", "max-attempts"); n > 0 && n < 4 {
		b.failAt(sqlerr.New(sqlerr.Option, h.Pos, "the hint LOOKUP says only in part how to look up again").
			WithHint("give all of 'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay', 'max-attempts'"), h.Pos)
	}
	return out
}

func count(seen map[string]bool, keys ...string) (n int) {
	for _, k := range keys {
		if seen[k] {
			n++
		}
	}
	return n
}

func positive(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}

func milliseconds(s string) (int64, bool) {
	ms, err := connector.ParseDuration(s)
	return ms, err == nil && ms > 0
}
