package weir_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// layers is the import policy: a package may import packages of earlier lines,
// and those that its own line allows. A trailing /* stands for the packages
// below; siblings there never import each other.
//
//	line: packages [: may also import]
const layers = `
	types sqlerr clock vfs roaring variant spill : sqlerr types clock
	vfs/*
	vec sql secret keystore : types sqlerr vec
	catalog snapshot fn state format spool location
	expr op udf : state
	connector registry
	registry/registrytest
	format/*
	connector/*
	dag plan flow topn fold : dag plan
	rel/* job control
	optest
	bind opt builtin result planfile evolve
	engine
	sim
	. sqltest : .
	driver
	cmd/weir/internal/* : cmd/weir/internal/render
	cmd/weir/* cmd/weir
	test/*
`

const module = "github.com/weir-stream/weir"

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Dir                                string
	GoFiles                            []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Dir,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var ps []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

func short(path string) string {
	s := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	s = strings.TrimPrefix(s, "internal/")
	if s == "" {
		return "."
	}
	return s
}

// place finds the layer and pattern of a package.
func place(name string) (layer int, pattern string, extra map[string]bool) {
	layer = -1
	for i, line := range strings.Split(strings.TrimSpace(layers), "\n") {
		left, right, _ := strings.Cut(line, ":")
		for _, pat := range strings.Fields(left) {
			dir, below := strings.CutSuffix(pat, "/*")
			if pat == name || below && strings.HasPrefix(name, dir+"/") {
				if len(pat) >= len(pattern) {
					layer, pattern, extra = i, pat, map[string]bool{}
					for _, x := range strings.Fields(right) {
						extra[x] = true
					}
				}
			}
		}
	}
	return layer, pattern, extra
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		layer, pattern, extra := place(name)
		if layer < 0 {
			t.Errorf("package %s has no place in the import policy", name)
			continue
		}
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, module) {
				continue
			}
			other := short(imp)
			l, pat, _ := place(other)
			sameFamily := pat == pattern && strings.HasSuffix(pattern, "/*") && strings.HasPrefix(other, name+"/")
			if l < layer || l == layer && (extra[other] || sameFamily) {
				continue
			}
			t.Errorf("%s imports %s, which is not below it", name, other)
		}
	}
}

func TestPackagesAreDocumentedAndNamed(t *testing.T) {
	drawer := regexp.MustCompile(`(^|/)(util|utils|common|helper|helpers|misc|base|core)(/|$)`)
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if drawer.MatchString(name) {
			t.Errorf("%s is a drawer, not a noun", name)
		}
		docs := 0
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc != nil {
				docs++
			}
		}
		if docs != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments, want one", name, docs)
		}
	}
}

func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, line := range strings.Split(string(mod), "\n") {
		f := strings.Fields(line)
		if len(f) >= 2 && strings.HasPrefix(f[1], "v") && !strings.Contains(line, "// indirect") {
			direct = append(direct, f[0])
		}
	}
	text, err := os.ReadFile("deps.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && !strings.HasPrefix(line, "#") {
			listed = append(listed, f[0])
		}
	}
	sort.Strings(direct)
	sort.Strings(listed)
	if a, b := strings.Join(direct, "\n"), strings.Join(listed, "\n"); a != b {
		t.Errorf("go.mod requires\n%s\ndeps.txt lists\n%s", a, b)
	}
}

func TestFilesStayReadable(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "*.go").Output()
	if err != nil {
		t.Skip("not a git checkout: the list of files is not known")
	}
	banned := regexp.MustCompile(`\b(` + "TO" + `DO|FIX` + `ME)\b`)
	for _, f := range strings.Fields(string(out)) {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		if n := strings.Count(string(b), "\n"); n > 1000 {
			t.Errorf("%s has %d lines", f, n)
		}
		if m := banned.Find(b); m != nil {
			t.Errorf("%s holds %s", f, m)
		}
	}
}
