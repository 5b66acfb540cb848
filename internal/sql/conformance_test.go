package sql

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// conformanceDir is where the conformance vectors are; the test is skipped
// where there are none.
func conformanceDir(t *testing.T) string {
	dir := os.Getenv("WEIR_CONFORMANCE_DIR")
	if dir == "" {
		t.Skip("WEIR_CONFORMANCE_DIR is not set: the conformance programs are not parsed")
	}
	return dir
}

// eachLine decodes each line of a file of JSON objects.
func eachLine[T any](t *testing.T, path string, f func(T)) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sc := bufio.NewScanner(file)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		f(v)
	}
}

type confTable struct {
	Name         string   `json:"name"`
	Schema       []string `json:"schema"`
	Partitioned  []string `json:"partitioned_by"`
	Distribution *string  `json:"distribution"`
}

func (c confTable) ddl() string {
	s := "CREATE TABLE `" + c.Name + "` (" + strings.Join(c.Schema, ", ") + ")"
	if c.Distribution != nil {
		s += " " + *c.Distribution
	}
	if len(c.Partitioned) > 0 {
		s += " PARTITIONED BY (`" + strings.Join(c.Partitioned, "`, `") + "`)"
	}
	return s
}

func TestConformancePrograms(t *testing.T) {
	type program struct {
		ID      string            `json:"id"`
		Sources []confTable       `json:"sources"`
		Sinks   []confTable       `json:"sinks"`
		Setup   []json.RawMessage `json:"setup"`
		Run     []json.RawMessage `json:"run"`
	}
	eachLine(t, filepath.Join(conformanceDir(t), "programs.jsonl"), func(p program) {
		for _, tab := range append(p.Sources, p.Sinks...) {
			checkScript(t, p.ID, tab.ddl())
		}
		for _, step := range append(p.Setup, p.Run...) {
			var text string
			if json.Unmarshal(step, &text) == nil {
				checkScript(t, p.ID, text)
			}
		}
	})
}

func TestConformanceFunctions(t *testing.T) {
	type function struct {
		ID     string   `json:"id"`
		Fields []string `json:"fields"`
		Cases  []struct {
			SQL  string   `json:"sql"`
			Type []string `json:"type"`
		} `json:"cases"`
	}
	eachLine(t, filepath.Join(conformanceDir(t), "functions.jsonl"), func(f function) {
		for _, c := range f.Cases {
			checkScript(t, f.ID, "SELECT "+c.SQL)
			for _, name := range append(f.Fields, c.Type...) {
				checkType(t, f.ID, name)
			}
		}
	})
}

// checkScript parses the text and checks what every tree must hold.
func checkScript(t *testing.T, id, text string) {
	t.Helper()
	s, err := ParseScript(text)
	if err != nil {
		t.Errorf("%s: %v\n%s", id, err, text)
		return
	}
	checkRoundTrip(t, s)
	checkPositions(t, s)
}

func checkType(t *testing.T, id, text string) {
	t.Helper()
	ty, err := ParseType(text)
	if err != nil {
		t.Errorf("%s: %v\n%s", id, err, text)
		return
	}
	resolved, err := ty.Resolve()
	switch {
	case err != nil:
		t.Errorf("%s: %v", id, err)
	case err == nil && plain(text) && resolved.String() != text:
		t.Errorf("%s: %s is resolved to %s", id, text, resolved)
	}
}

// plain reports whether a type is written as types.Type prints it: no row, whose
// fields may be written without quotes, and no short form.
func plain(text string) bool {
	return !strings.Contains(text, "ROW") && !strings.Contains(text, "INTERVAL") && strings.ContainsAny(text, "(<")
}
