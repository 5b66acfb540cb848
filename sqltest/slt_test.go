package sqltest

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"

	"go.uber.org/goleak"
)

var rewrite = flag.Bool("rewrite", false, "write what the stream world gives as the expected output")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 {
		// The backtracking matcher's clock stops by itself a second after a match.
		if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

const corpus = "../test/slt"

// TestCorpus runs every script in every world: the quick ones, or with
// WEIR_WORLDS=all (or a list of names) those.
func TestCorpus(t *testing.T) {
	worlds, err := Worlds("../test/configs")
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := strconv.ParseUint(os.Getenv("WEIR_SEED"), 10, 64)
	for _, w := range worlds {
		w.Seed = seed
	}
	dir := corpus
	if d := os.Getenv("WEIR_CORPUS"); d != "" { // another folder of scripts
		dir = d
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.slt"))
	if err != nil || len(paths) == 0 || len(worlds) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	t.Cleanup(func() {
		for _, w := range worlds {
			if w.Kill && wanted(w) && w.Resumed.Load() < 100 && flag.Lookup("test.run").Value.String() == "" && dir == corpus {
				t.Errorf("in the world %s only %d jobs went on from a checkpoint", w.Name, w.Resumed.Load())
			}
		}
	})
	for _, p := range paths {
		s, err := ParseFile(p)
		if err != nil {
			t.Error(err)
			continue
		}
		ways := worlds
		if s.Stepped() {
			ways = Steps()
			for _, w := range ways {
				w.Seed = seed
			}
		}
		for _, w := range ways {
			if !wanted(w) && !s.Stepped() {
				continue
			}
			if names := s.Worlds(); s.Stepped() && len(names) > 0 && !slices.Contains(names, w.Name) {
				continue
			}
			name := strings.TrimSuffix(filepath.Base(p), ".slt")
			t.Run(w.Name+"/"+name, func(t *testing.T) { runScript(t, s, w) })
		}
		if *rewrite {
			if err := os.WriteFile(p, []byte(s.String()), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

func wanted(w *World) bool {
	if *rewrite {
		return w.Name == "batch" || w.Name == "rowwise" || w.Name == "stream"
	}
	switch names := os.Getenv("WEIR_WORLDS"); names {
	case "":
		return w.Quick
	case "all":
		return true
	default:
		return slices.Contains(strings.Split(names, ","), w.Name)
	}
}

func runScript(t *testing.T, s *Script, w *World) {
	if reason := w.Skips(s.Skip); reason != "" {
		t.Skip(reason)
	}
	if !*rewrite {
		t.Parallel()
	}
	for _, c := range s.Cases() {
		failures, _, err := RunCase(c, w, Options{Dir: filepath.Dir(s.Path), Update: *rewrite, FS: vfs.NewMem(vfs.MemConfig{}).Process()})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range failures {
			t.Errorf("%s\n%s", f.Text(s), f.Block.Body)
		}
	}
}

func TestScriptsPrintAsTheyAreRead(t *testing.T) {
	src := "# a topic\n\n# why\nskip batch: x\n\nskip par4: y\nrows a\n1 | b\n-D | 1 | b\n\nquery ordered\nSELECT 1\n----\n1\n"
	s, err := Parse("x", src)
	if err != nil {
		t.Fatal(err)
	}
	if s.String() != src {
		t.Errorf("%q", s.String())
	}
	if s.Skip["batch"] != "x" || len(s.Blocks) != 2 || s.Blocks[0].Skip["par4"] != "y" || s.Blocks[1].Line != 11 {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{"quary\nSELECT 1", "skip batch", "skip batch:"} {
		if _, err := Parse("x", bad); err == nil {
			t.Errorf("%q is fine", bad)
		}
	}
}

// TestKillsAreDrawnFromTheSeed checks that the worlds of tests kill, and repeat
// themselves.
func TestKillsAreDrawnFromTheSeed(t *testing.T) {
	s, err := ParseFile("../examples/testing/revenue.slt")
	if err != nil {
		t.Fatal(err)
	}
	resumed := func(seed uint64) (n []int64) {
		for _, w := range Steps() {
			w.Seed = seed
			for _, c := range s.Cases() {
				if f, _, err := RunCase(c, w, Options{Dir: "../examples/testing"}); err != nil || len(f) > 0 {
					t.Errorf("%s: %s: %v %d", w.Name, c.Name, err, len(f))
				}
			}
			if w.Kill {
				n = append(n, w.Resumed.Load())
			}
		}
		return n
	}
	first, again, other := resumed(1), resumed(1), resumed(3)
	if !slices.Equal(first, again) || slices.Equal(first, other) || slices.Min(first) < 3 {
		t.Errorf("seed 1 resumed %v and %v times, seed 3 %v", first, again, other)
	}
}
