package weir_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The world comes in as parameters: time through clock.Clock, files and object
// stores through vfs, randomness from seeds. What follows reaches around them.
var reaching = map[string]*regexp.Regexp{
	"time":         regexp.MustCompile(`^(Now|Sleep|After|AfterFunc|Since|Until|Tick|NewTimer|NewTicker)$`),
	"math/rand":    regexp.MustCompile(`.`),
	"math/rand/v2": regexp.MustCompile(`^(Int|Uint|Float|Norm|Exp|N$|Perm|Shuffle)`),
	"crypto/rand":  regexp.MustCompile(`.`),
	"os":           regexp.MustCompile(`^[A-Z]`),
	"os/exec":      regexp.MustCompile(`.`),
	"os/signal":    regexp.MustCompile(`.`),
	"net":          regexp.MustCompile(`^(Dial|Listen|Lookup|Resolve|Interface)`),
	"net/http":     regexp.MustCompile(`.`),
	"syscall":      regexp.MustCompile(`^[A-Z][a-z]`), // not the error numbers

	"golang.org/x/sys/unix":    regexp.MustCompile(`.`),
	"golang.org/x/sys/windows": regexp.MustCompile(`.`),
}

// allowed are the packages whose task it is, and the places that have a reason.
// A key is a package, or a file and the name that it uses.
var allowed = map[string]string{
	"clock":                 "is the clock",
	"vfs":                   "is the file system",
	"vfs/s3":                "is the network: deadlines of connections pass in real time",
	"vfs/s3/s3test":         "is a server for tests",
	"connector/kafka":       "is the network: its client has its own",
	"registry/registrytest": "is a server for tests",
	"registry":              "is the network, and the certificates that its options name",
	"format/protobuf":       "is the definitions that its options name, which are read when a statement is checked",
	"control":               "is the network: a local socket, and a second of real time to end",
	"spill":                 "is memory outside the Go heap, and its files, which are gone with the process",

	"flow/settle.go time.Now":               "gives up on a job that never rests, while the job's own clock stands still",
	"flow/settle.go time.Since":             "as time.Now there",
	"fn/context.go rand.Read":               "UUID() must not be guessed",
	"fn/encode.go rand.Read":                "nonces of encryption must not be guessed",
	"job/job.go rand.Float64":               "jitter of restarts where Config.Random is not given",
	"snapshot/config.go os.Hostname":        "who holds a state directory, in messages, where Config.Owner is not given",
	"snapshot/config.go os.Getpid":          "as os.Hostname there",
	"engine/memory.go os.ReadFile":          "how much memory the machine has",
	"engine/memory.go os.PathListSeparator": "a constant",
	"connector/filesystem/stdin.go os.File": "a type: whether standard input can be polled",
}

func TestTheWorldIsAParameter(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, module+"/internal/") {
			continue
		}
		name := short(p.ImportPath)
		if allowed[name] != "" {
			used[name] = true
			continue
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, use := range reaches(t, f) {
				local, _, _ := strings.Cut(use, ".")
				where := name + "/" + filepath.Base(f) + " "
				switch {
				case allowed[where+use] != "":
					used[where+use] = true
				case allowed[where+local] != "":
					used[where+local] = true
				default:
					t.Errorf("%s uses %s: take a clock.Clock, a vfs.FS or a seed, or give a reason in arch_world_test.go", where, use)
				}
			}
		}
	}
	for k := range allowed {
		if !used[k] {
			t.Errorf("%s needs its exception no more", k)
		}
	}
}

// reaches lists what a file uses that reaches around the parameters.
func reaches(t *testing.T, path string) (out []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]*regexp.Regexp{}
	for _, imp := range file.Imports {
		from, _ := strconv.Unquote(imp.Path.Value)
		if bad := reaching[from]; bad != nil {
			name := regexp.MustCompile(`/v\d+$`).ReplaceAllString(from, "")
			name = name[strings.LastIndex(name, "/")+1:]
			if imp.Name != nil {
				name = imp.Name.Name
			}
			names[name] = bad
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != nil && names[x.Name].MatchString(s.Sel.Name) {
				out = append(out, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return out
}
