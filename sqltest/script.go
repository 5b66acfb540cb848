package sqltest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Script is a parsed file of the corpus.
type Script struct {
	Path   string
	Skip   map[string]string // world to reason
	Blocks []*Block
	header []string
}

// Block is one step of a script.
type Block struct {
	Line int      // of its first line
	Lead []string // comments before it
	Verb string   // rows, statement, query, changelog, table, tablelog
	Arg  string   // what follows the verb
	Body string   // SQL, or the lines of rows
	Want []string // lines after ----
	// Expects: there is a line ----.
	Expects bool
	Skip    map[string]string // world to reason
}

var verbs = []string{"rows", "statement", "query", "changelog", "table", "tablelog"}

// ParseFile reads a script.
func ParseFile(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, string(text))
}

// Parse reads the text of a script; path is for messages.
func Parse(path, text string) (*Script, error) {
	s := &Script{Path: path, Skip: map[string]string{}}
	lines := strings.Split(text, "\n")
	var lead []string
	skip := map[string]string{} // of the block that follows, or before an empty line of the file
	for i := 0; i < len(lines); {
		line := strings.TrimRight(lines[i], " \t\r")
		switch {
		case line == "" && len(s.Blocks) == 0 && len(lead) > 0:
			s.header, lead = append(append(s.header, lead...), ""), nil
			maps.Copy(s.Skip, skip)
			clear(skip)
			i++
		case line == "":
			i++
		case strings.HasPrefix(line, "#"):
			lead = append(lead, line)
			i++
		case strings.HasPrefix(line, "skip "):
			world, reason, ok := strings.Cut(strings.TrimPrefix(line, "skip "), ":")
			if !ok || strings.TrimSpace(reason) == "" {
				return nil, fmt.Errorf("%s:%d: skip needs a world and a reason, as in 'skip batch: it never ends'", path, i+1)
			}
			for _, w := range strings.Fields(world) {
				skip[w] = strings.TrimSpace(reason)
			}
			lead = append(lead, line)
			i++
		default:
			b, next, err := block(path, lines, i)
			if err != nil {
				return nil, err
			}
			b.Lead, lead = lead, nil
			b.Skip, skip = skip, map[string]string{}
			s.Blocks = append(s.Blocks, b)
			i = next
		}
	}
	return s, nil
}

// block reads the block that starts at line i and gives where the next starts.
func block(path string, lines []string, i int) (*Block, int, error) {
	verb, arg, _ := strings.Cut(strings.TrimSpace(lines[i]), " ")
	if !slices.Contains(verbs, verb) {
		return nil, 0, fmt.Errorf("%s:%d: %q is none of %s", path, i+1, verb, strings.Join(verbs, ", "))
	}
	b := &Block{Line: i + 1, Verb: verb, Arg: strings.TrimSpace(arg)}
	var body []string
	for i++; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t\r")
		if line == "" {
			break
		}
		if line == "----" && !b.Expects {
			b.Expects = true
			continue
		}
		if b.Expects {
			b.Want = append(b.Want, line)
		} else {
			body = append(body, line)
		}
	}
	b.Body = strings.Join(body, "\n")
	return b, i, nil
}

// String prints the script as Parse reads it.
func (s *Script) String() string {
	var out []string
	out = append(out, s.header...)
	for i, b := range s.Blocks {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, b.Lead...)
		out = append(out, strings.TrimSpace(b.Verb+" "+b.Arg))
		if b.Body != "" {
			out = append(out, b.Body)
		}
		if b.Expects {
			out = append(append(out, "----"), b.Want...)
		}
	}
	return strings.Join(out, "\n") + "\n"
}
