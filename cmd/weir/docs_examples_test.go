package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/format"
)

// TestExamplesPrint runs the example of each connector and format as a user would, and
// compares what it prints with the reference.
func TestExamplesPrint(t *testing.T) {
	examples := map[string]format.Example{}
	for n, s := range builtin.Connectors() {
		examples["connector "+n] = s.Example
		if (s.Source != nil) != (s.Guarantee.Source != "") || (s.Sink != nil) != (s.Guarantee.Sink != "") {
			t.Errorf("the connector %s does not say what it guarantees", n)
		}
	}
	for n, s := range builtin.Formats() {
		examples["format "+n] = s.Example
	}
	for name, e := range examples {
		t.Run(name, func(t *testing.T) {
			if e.SQL == "" {
				t.Fatal("it has no example")
			}
			dir := t.TempDir()
			for _, f := range e.Files {
				write(t, dir, f.Name, f.Text)
			}
			write(t, dir, "example.sql", placed(t, e.SQL))
			out, errs, status := weir(t, dir, "", "run", "--output", "table", "example.sql")
			if out != e.Output || status != 0 || strings.Contains(errs, "error") {
				t.Errorf("status %d\n%s\nit prints\n%s\nand not\n%s", status, errs, out, e.Output)
			}
		})
	}
}

// placed puts doubles where an example has a broker and a schema registry.
func placed(t *testing.T, sql string) string {
	t.Helper()
	if strings.Contains(sql, "localhost:9092") {
		c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		sql = strings.ReplaceAll(sql, "localhost:9092", c.ListenAddrs()[0])
	}
	if strings.Contains(sql, "http://localhost:8081") {
		s := httptest.NewServer(&schemas{})
		t.Cleanup(s.Close)
		sql = strings.ReplaceAll(sql, "http://localhost:8081", s.URL)
	}
	return sql
}

// schemas is a schema registry of one subject.
type schemas struct {
	mu    sync.Mutex
	known []registered
}

type registered struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int    `json:"id"`
	Schema  string `json:"schema"`
	Type    string `json:"schemaType,omitempty"`
}

func (s *schemas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method == http.MethodPost {
		in := registered{Subject: parts[1]}
		_ = json.NewDecoder(r.Body).Decode(&in)
		i := slices.IndexFunc(s.known, func(x registered) bool { return x.Schema == in.Schema })
		if i < 0 {
			i = len(s.known)
			in.ID, in.Version = i+1, i+1
			s.known = append(s.known, in)
		}
		_ = json.NewEncoder(w).Encode(s.known[i])
		return
	}
	for _, x := range slices.Backward(s.known) {
		if parts[0] == "subjects" || parts[0] == "schemas" && parts[len(parts)-1] == fmt.Sprint(x.ID) {
			_ = json.NewEncoder(w).Encode(x)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"error_code":40403,"message":"not found"}`)
}

// TestPagesHaveNoGaps: every option and metadata column of the pages says what it is.
func TestPagesHaveNoGaps(t *testing.T) {
	for _, page := range []string{"connectors", "formats"} {
		text, err := os.ReadFile("../../docs/reference/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "| `") && strings.HasSuffix(strings.TrimSpace(line), "|  |") {
				t.Errorf("%s: nothing is said of %s", page, line)
			}
		}
	}
}
