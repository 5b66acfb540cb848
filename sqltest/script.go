package sqltest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Script is a parsed file of tests.
type Script struct {
	Path   string
	Skip   map[string]string // world to reason
	Blocks []*Block
	header []string
	tail   []string // comments after the last block
}

// Block is one step of a script.
type Block struct {
	Line int      // of its first line
	Lead []string // comments before it
	Verb string
	Arg  string   // what follows the verb
	Body string   // SQL, or the lines of rows
	Want []string // lines after ----
	// Expects: there is a line ----.
	Expects bool
	Skip    map[string]string // world to reason
	tight   bool              // no empty line before it
}

// verbs are the blocks; those that are true have one line.
var verbs = map[string]bool{
	"rows": false, "statement": false, "query": false, "changelog": false, "table": false, "tablelog": false,
	"feed": false, "test": true, "worlds": true, "pipeline": true, "source": true, "keep": true, "changes": true, "clock": true,
	"watermark": true, "advance": true, "end": true, "error": true, "kill": true, "restore": true, "checkpoint": true, "rescale": true,
}

// Case is a part of a script that runs in a session of its own.
type Case struct {
	Name   string // empty for a script that is not divided
	Blocks []*Block
}

// Cases divides a script at its test lines. What is before the first is run at
// the start of each.
func (s *Script) Cases() []Case {
	var common []*Block
	var out []Case
	for _, b := range s.Blocks {
		switch {
		case b.Verb == "test":
			out = append(out, Case{b.Arg, append([]*Block(nil), common...)})
		case len(out) == 0:
			common = append(common, b)
		default:
			last := &out[len(out)-1]
			last.Blocks = append(last.Blocks, b)
		}
	}
	if len(out) == 0 {
		return []Case{{Blocks: common}}
	}
	return out
}

// Worlds names the worlds that the script asks for; nil if it does not.
func (s *Script) Worlds() []string {
	for _, b := range s.Blocks {
		if b.Verb == "worlds" {
			return strings.Fields(strings.ReplaceAll(b.Arg, ",", " "))
		}
	}
	return nil
}

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
			above := i - len(lead) // comments stand right above their block
			b.tight = above > 0 && strings.TrimSpace(lines[above-1]) != "" && strings.Join(lines[above:i], "\n") == strings.Join(lead, "\n")
			b.Lead, lead = lead, nil
			b.Skip, skip = skip, map[string]string{}
			s.Blocks = append(s.Blocks, b)
			i = next
		}
	}
	s.tail = lead
	return s, nil
}

// block reads the block that starts at line i and gives where the next starts.
func block(path string, lines []string, i int) (*Block, int, error) {
	verb, arg, _ := strings.Cut(strings.TrimSpace(lines[i]), " ")
	single, ok := verbs[verb]
	if !ok {
		return nil, 0, unknownVerb(path, i+1, verb)
	}
	b := &Block{Line: i + 1, Verb: verb, Arg: strings.TrimSpace(arg)}
	if single {
		return b, i + 1, nil
	}
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

func unknownVerb(path string, line int, verb string) error {
	names := slices.Sorted(maps.Keys(verbs))
	if near, ok := sqlerr.Nearest(verb, names); ok {
		return fmt.Errorf("%s:%d: there is no directive %q; did you mean %s?", path, line, verb, near)
	}
	return fmt.Errorf("%s:%d: there is no directive %q; there are %s", path, line, verb, strings.Join(names, ", "))
}

// String prints the script as Parse reads it.
func (s *Script) String() string {
	var out []string
	out = append(out, s.header...)
	for i, b := range s.Blocks {
		if i > 0 && !b.tight {
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
	if len(s.tail) > 0 {
		out = append(append(out, ""), s.tail...)
	}
	return strings.Join(out, "\n") + "\n"
}
