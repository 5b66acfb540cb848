// Command conformance runs cases with Flink's answers against weir: whole
// programs (programs.jsonl) and expressions (functions.jsonl) of a folder.
//
//	go run ./test/conformance [-dir DIR] [-run REGEXP] [-v] [-page]
//
// Programs whose rows come in two halves run a second time, with their jobs
// stopped between the halves and restored. It prints what fails, with a diff, and
// one line of totals. An error counts only
// if it comes when Flink's does and has the code that codes.txt gives for Flink's
// message. The exit status is 0 if at least as many cases pass as the file floor
// says. It exists so that whether a script means here what it means there is a
// figure and not an opinion.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	s := &suite{out: os.Stdout, page: "docs/conformance.md"}
	dir := flag.String("dir", os.Getenv("WEIR_CONFORMANCE_DIR"), "folder of programs.jsonl and functions.jsonl")
	only := flag.String("run", "", "run only cases whose name matches")
	floor := flag.String("floor", "test/conformance/floor", "file of the least numbers of passes")
	write := flag.Bool("page", false, "write what fails into docs/conformance.md")
	flag.BoolVar(&s.verbose, "v", false, "print every case")
	flag.Parse()
	status, err := s.main(*dir, *only, *floor, *write)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
	}
	os.Exit(status)
}

// main runs a folder and gives the exit status.
func (s *suite) main(dir, only, floor string, write bool) (int, error) {
	if dir == "" {
		fmt.Fprintln(s.out, "no folder of cases (-dir or WEIR_CONFORMANCE_DIR): nothing was run")
		return 0, nil
	}
	var err error
	if s.only, err = regexp.Compile(only); err != nil {
		return 2, err
	}
	known, err := readPage(s.page)
	if err != nil {
		return 2, err
	}
	s.known = known
	if err := s.run(dir); err != nil {
		return 2, err
	}
	fmt.Fprintln(s.out, s.totals())
	if only != "" {
		return 0, nil
	}
	if write {
		return 0, s.writePage()
	}
	s.checkPage()
	return s.checkFloor(floor)
}

// tally counts cases of one kind.
type tally struct{ passed, all int }

func (t tally) String() string { return fmt.Sprintf("%d/%d", t.passed, t.all) }

// suite is one run.
type suite struct {
	out     io.Writer
	verbose bool
	only    *regexp.Regexp
	page    string
	known   map[string]string // case to why it fails, from the page

	programs, restore, functions, errors tally
	failures                             []failure
	seen                                 map[string]bool
}

// failure is a case that did not pass.
type failure struct {
	kind, id, sql string
	err           error
}

func (s *suite) run(dir string) error {
	s.seen = map[string]bool{}
	if err := jsonLines(filepath.Join(dir, "programs.jsonl"), func(p program) {
		if s.only.MatchString(p.ID) {
			s.judge("programs", &s.programs, p.ID, "", guard(p.plain))
			if p.halves() {
				s.judge("restore", &s.restore, p.ID+"/restore", "", guard(p.restored))
			}
		}
	}); err != nil {
		return err
	}
	return jsonLines(filepath.Join(dir, "functions.jsonl"), func(c functions) { s.line(&c) })
}

// line runs the cases of a line in all variants.
func (s *suite) line(c *functions) {
	wanted := false
	for i := range c.Cases {
		wanted = wanted || s.only.MatchString(caseName(c.ID, i))
	}
	if !wanted {
		return
	}
	failed := make([]error, len(c.Cases))
	for _, v := range variants {
		b, err := c.bench(v)
		for i := range c.Cases {
			if failed[i] != nil || !s.only.MatchString(caseName(c.ID, i)) {
				continue
			}
			one := err
			if one == nil {
				one = guard(func() error { return b.run(&c.Cases[i]) })
			}
			if one != nil {
				failed[i] = fmt.Errorf("%s: %w", v, one)
			}
		}
		if b != nil {
			_ = b.Close()
		}
	}
	for i := range c.Cases {
		if !s.only.MatchString(caseName(c.ID, i)) {
			continue
		}
		kind, t := "functions", &s.functions
		if c.Cases[i].Error != nil {
			kind, t = "errors", &s.errors
		}
		s.judge(kind, t, caseName(c.ID, i), c.Cases[i].SQL, failed[i])
	}
}

func caseName(id string, i int) string { return fmt.Sprintf("%s.%d", id, i) }

// guard turns a panic into a failure of its case.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// judge counts a case and prints it if it failed.
func (s *suite) judge(kind string, t *tally, id, src string, err error) {
	s.seen[id] = true
	t.all++
	if err == nil {
		t.passed++
		if s.verbose {
			fmt.Fprintf(s.out, "ok    %s %s\n", id, src)
		}
		return
	}
	s.failures = append(s.failures, failure{kind, id, src, err})
	word := "FAIL "
	if refused(err) {
		word = "refused"
	}
	fmt.Fprintf(s.out, "%s %s %s\n", word, id, src)
	if why := s.known[id]; why != "" {
		fmt.Fprintf(s.out, "  known: %s\n", why)
		if !s.verbose {
			return
		}
	}
	fmt.Fprintf(s.out, "  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
}

func (s *suite) totals() string {
	return fmt.Sprintf("programs %s restore %s functions %s errors %s", s.programs, s.restore, s.functions, s.errors)
}

// checkFloor compares the totals with the least that are wanted.
func (s *suite) checkFloor(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 2, err
	}
	var least [4]int
	if _, err := fmt.Sscanf(string(text), "programs %d restore %d functions %d errors %d", &least[0], &least[1], &least[2], &least[3]); err != nil {
		return 2, fmt.Errorf("%s: %w", path, err)
	}
	for i, t := range []tally{s.programs, s.restore, s.functions, s.errors} {
		if t.passed < least[i] {
			return 1, errors.New("fewer pass than " + path + " says: " + strings.TrimSpace(string(text)))
		}
	}
	return 0, nil
}

// jsonLines calls f with every object of a file.
func jsonLines[T any](path string, f func(T)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	dec := json.NewDecoder(file)
	dec.UseNumber()
	for dec.More() {
		var x T
		if err := dec.Decode(&x); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		f(x)
	}
	return nil
}
