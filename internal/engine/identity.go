package engine

import (
	"encoding/hex"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/planfile"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/zeebo/xxh3"
)

// identity names what an INSERT means: its bound plan, before any optimiser has
// seen it, with the definitions of its tables. Two INSERTs of one identity write the
// same rows, whatever else is in their scripts.
func identity(bound plan.Node) string {
	text := meaning(bound)
	if text == "" { // a part of it has no written form: by its print, and its tables
		var b strings.Builder
		b.WriteString(plan.Digest(bound))
		plan.Walk(bound, func(n plan.Node) {
			if k, ok := n.(*sink.Node); ok {
				c := *k
				c.In = &sink.Set{}
				b.WriteString(meaning(&c))
			}
			if len(n.Inputs()) == 0 {
				b.WriteString(meaning(n))
			}
		})
		text = b.String()
	}
	h := xxh3.HashString128(text).Bytes()
	return hex.EncodeToString(h[:12])
}

// meaning writes a plan without what does not change its rows; "" if it has no
// written form.
func meaning(n plan.Node) string {
	data, err := planfile.Encode(&planfile.Plan{Root: n})
	if err == nil {
		data, err = planfile.EachTable(data, func(table, options map[string]any) {
			delete(table, "Estimate")
			for k := range options {
				if operational(k) {
					delete(options, k)
				}
			}
		})
	}
	if err != nil {
		return ""
	}
	return string(data)
}

// operational reports whether an option of a table says how rows come or go and not
// which: it may change while state is kept.
func operational(key string) bool {
	if catalog.Secret(key) || strings.HasSuffix(key, ".parallelism") {
		return true
	}
	for _, p := range []string{"source.monitor-interval", "sink.rolling-policy.", "sink.partition-commit.", "auto-compaction", "compaction.", "lookup."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}
