package shell

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/engine"
)

type quiet struct{}

func (quiet) Info(string)                                {}
func (quiet) Warn(string)                                {}
func (quiet) Rows([]string, [][]string) error            { return nil }
func (quiet) Query(context.Context, *engine.Query) error { return nil }
func (quiet) Started(*engine.Job)                        {}

func TestComplete(t *testing.T) {
	s := engine.New(engine.Config{}).NewSession()
	p, err := s.Prepare("CREATE TABLE orders (id INT, price DOUBLE, `order` STRING) WITH ('connector'='blackhole')")
	if err == nil {
		err = s.Run(context.Background(), p, quiet{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want, not string }{
		{"SELECT * FROM ord|", "orders", "ORDER"},
		{"SELECT * FROM |", "orders", "SELECT"},
		{"SELECT pr| FROM orders", "price", "id"},
		{"SELECT or| FROM orders", "`order`?orders order", ""},
		{"sel|", "select", "SELECT"},
		{"SEL|", "SELECT", "select"},
		{"SELECT COU|", "COUNT(", ""},
		{"SET 'execution.r|", "'execution.runtime-mode'", "orders"},
		{"SELECT 'in a text or|", "", "orders"},
		{"-- a comment or|", "", "orders"},
	} {
		before, after, _ := strings.Cut(c.text, "|")
		got, _ := Complete(s, before+after, len(before))
		words := " "
		for _, g := range got {
			words += g.Text + " "
		}
		for _, w := range strings.Fields(c.want) {
			if !strings.Contains(w, "?") && !strings.Contains(words, " "+w+" ") {
				t.Errorf("%q: no %s in %s", c.text, w, words)
			}
		}
		if c.not != "" && strings.Contains(words, " "+c.not+" ") {
			t.Errorf("%q: %s should not be in %s", c.text, c.not, words)
		}
	}
}
