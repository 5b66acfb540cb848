package filesystem_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
)

type grave []string

func (g *grave) Bury(d connector.DeadLetter) {
	*g = append(*g, fmt.Sprintf("%d@%d %q %s", d.Line, d.Offset, d.Value, strings.TrimPrefix(d.Err.Error(), d.Path)))
}

// TestDeadLetters reads files with records that cannot be read, as a whole and going
// on after every batch, plain and compressed: those before and behind are rows.
func TestDeadLetters(t *testing.T) {
	long := "x" + strings.Repeat("y", 600<<10)
	data := "1,a\r\nx,b\r\n\"2\n3\",c\n\n4,d,e\n5,\"f\n" + long + ",g\n6,h\n7"
	rowsOf := []string{"1 a", "6 h"}
	dead := []string{`2@5 "x,b" :2:1: column a: "x" is not BIGINT`, `3@10 "\"2\n3\",c" :3:1: column a: "2\n3" is not BIGINT`, `6@19 "4,d,e" :6:5: 3 fields where the table has 2 columns`,
		`7@25 "5,\"f" :7:3: the quote is never closed`, fmt.Sprintf("8@30 %q :8:1: column a: %q…\" is not BIGINT", long+",g", long[:60]),
		`10@614438 "7" :10:2: 1 field where the table has 2 columns`}
	dead[4] = strings.Replace(dead[4], `"…"`, `…"`, 1)
	for _, name := range []string{"in.csv", "in.csv.gz"} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, data)
		for _, most := range []int{1, 2, 1000} {
			for _, reopen := range []bool{false, true} {
				var g grave
				got := rows(t, table(t, newEnv(), path, nil), connector.Scan{Want: []int{0, 1}, Ordered: true, Parallelism: 1, Dead: &g}, most, reopen)
				if strings.Join(got, ";") != strings.Join(rowsOf, ";") || strings.Join(g, ";") != strings.Join(dead, ";") {
					for i := range g {
						g[i] = g[i][:min(len(g[i]), 200)] + " .. " + g[i][max(0, len(g[i])-100):]
					}
					t.Fatalf("%s, %d at a time, %v: %q, %s", name, most, reopen, got, strings.Join(g, "\n"))
				}
			}
		}
	}
}
