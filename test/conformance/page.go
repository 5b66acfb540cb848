package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
)

// readPage reads the reasons of docs/conformance.md: rows "| `case` | why |".
func readPage(path string) (map[string]string, error) {
	out := map[string]string{}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		cells := strings.Split(sc.Text(), " | ")
		if id, ok := strings.CutPrefix(cells[0], "| `"); ok && len(cells) > 1 {
			out[strings.TrimSuffix(id, "`")] = strings.TrimSuffix(strings.Join(cells[1:], " | "), " |")
		}
	}
	return out, sc.Err()
}

// checkPage says where the page and the run disagree.
func (s *suite) checkPage() {
	failed := map[string]bool{}
	for _, f := range s.failures {
		failed[f.id] = true
		if s.known[f.id] == "" {
			fmt.Fprintf(s.out, "%s does not list %s (-page writes it)\n", s.page, f.id)
		}
	}
	var passing []string
	for id := range s.known {
		if s.seen[id] && !failed[id] {
			passing = append(passing, id)
		}
	}
	sort.Strings(passing)
	for _, id := range passing {
		fmt.Fprintf(s.out, "%s lists %s, which passes (-page takes it off)\n", s.page, id)
	}
}

const pageHead = `# Conformance

What Apache Flink answers is compared with what weir answers by

` + "```" + `
go run ./test/conformance -dir DIR
` + "```" + `

over a folder of cases taken from Flink's own tests: whole programs
(` + "`programs.jsonl`" + `), whose sinks must get the same changes row by row, also where
the job is stopped with a checkpoint half-way and a new one goes on from it, and
expressions (` + "`functions.jsonl`" + `), each in streaming and batch mode, over columns and
folded by the optimiser. A case that must fail counts only if the error comes when
Flink's does (before running, or while running) and is of the kind that
` + "`test/conformance/codes.txt`" + ` gives for Flink's message.

What does not pass, and why. The runner checks this list and ` + "`-page`" + ` writes it.
`

// writePage writes the failures with the reasons that were there already; a
// failure without one gets the first line of its error.
func (s *suite) writePage() error {
	var b strings.Builder
	b.WriteString(pageHead)
	fmt.Fprintf(&b, "\n%s\n", s.totals())
	for _, kind := range []string{"programs", "restore", "functions", "errors"} {
		var rows []string
		for _, f := range s.failures {
			if f.kind != kind {
				continue
			}
			why := s.known[f.id]
			if why == "" {
				why, _, _ = strings.Cut(f.err.Error(), "\n")
				why = strings.ReplaceAll(strings.TrimSpace(f.sql+" "+why), "|", "\\|")
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s |", f.id, why))
		}
		if len(rows) > 0 {
			fmt.Fprintf(&b, "\n## %s\n\n| case | why |\n|---|---|\n%s\n", strings.ToUpper(kind[:1])+kind[1:], strings.Join(rows, "\n"))
		}
	}
	return os.WriteFile(s.page, []byte(b.String()), 0o644)
}
