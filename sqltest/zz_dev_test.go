package sqltest

import "testing"
import "os"
import "strings"

func TestZZDev(t *testing.T) {
	f := os.Getenv("DEV")
	if f == "" {
		t.Skip()
	}
	s, err := ParseFile(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range randomWorlds {
		if os.Getenv("W") != "" && !strings.Contains(os.Getenv("W"), w.Name) {
			continue
		}
		t.Log("=== " + w.Name)
		r, err := NewRunner(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range s.Blocks {
			lines, _, err := r.Run(b)
			if err != nil {
				t.Log(b.Body, err)
			}
			t.Log(strings.Join(lines, "\n"))
		}
		r.Close()
	}
}
