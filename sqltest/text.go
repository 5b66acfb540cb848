package sqltest

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// rowTexts gives the counting rows of a batch as lines of a script, with their
// kinds if asked.
func rowTexts(b *vec.Batch, zone *types.Zone, kinds bool) []string {
	as := make([]fn.Appender, len(b.Cols))
	for i, c := range b.Cols {
		as[i] = fn.NewAppender(c.Type, zone)
	}
	var out []string
	for i := range b.Len() {
		r := b.Row(i)
		var parts []string
		if kinds {
			parts = append(parts, b.Kind(r).String())
		}
		for c, v := range b.Cols {
			parts = append(parts, cellText(v, r, as[c]))
		}
		out = append(out, strings.Join(parts, " | "))
	}
	return out
}

// cellText is a value as scripts write it.
func cellText(v *vec.Vector, i int, a fn.Appender) string {
	if v.IsNull(i) {
		return "NULL"
	}
	if v.Type.IsBinary() {
		return "x'" + hex.EncodeToString([]byte(v.S[v.Idx(i)])) + "'"
	}
	s := string(a(nil, v, i))
	if v.Type.IsString() {
		return quoteCell(s)
	}
	return s
}

// quoteCell quotes text that would read as something else.
func quoteCell(s string) string {
	s = strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s)
	if s == "" || s == "NULL" || strings.TrimSpace(s) != s || strings.HasPrefix(s, "'") {
		return "'" + s + "'"
	}
	return s
}

// parseCell is the reverse, for rows.
func parseCell(s string) any {
	s = strings.TrimSpace(s)
	if s == "NULL" {
		return nil
	}
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = s[1 : len(s)-1]
	}
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(s)
}

// String writes a change as ParseRow reads it.
func (r Row) String() string {
	var cells []string
	if r.Kind != vec.Insert {
		cells = append(cells, r.Kind.String())
	}
	for _, v := range r.Values {
		if v == nil {
			cells = append(cells, "NULL")
			continue
		}
		cells = append(cells, quoteCell(fmt.Sprint(v)))
	}
	return strings.Join(cells, " | ")
}

// ParseRow reads a line of a rows block: cells with | between, the first of which
// may be a kind.
func ParseRow(line string) Row {
	cells := strings.Split(line, "|")
	var r Row
	if k, ok := vec.ParseKind(strings.TrimSpace(cells[0])); ok {
		r.Kind, cells = k, cells[1:]
	}
	for _, c := range cells {
		r.Values = append(r.Values, parseCell(c))
	}
	return r
}
