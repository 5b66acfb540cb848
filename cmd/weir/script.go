package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// script is the sources of a run, put together so that all their errors are
// found at once and later ones see what earlier ones declare.
type script struct {
	parts []part
	text  string
}

// part is one source in a script.
type part struct {
	name string
	from int // offset in the script's text
	text string
}

// between ends the last statement of a source, whether it has its semicolon or
// not.
const between = "\n;\n"

func (s *script) add(name, text string) {
	if len(s.parts) > 0 {
		s.text += between
	}
	s.parts = append(s.parts, part{name: name, from: len(s.text), text: text})
	s.text += text
}

// readScript reads files ("-" is stdin), then takes the strings of -c.
func (a *app) readScript(files, strings []string) (*script, error) {
	if len(files)+len(strings) == 0 {
		return nil, usage("nothing to run: name a FILE, give SQL with -c, or read it from stdin with -")
	}
	s := &script{}
	for _, f := range files {
		if f == "-" {
			text, err := io.ReadAll(a.in)
			if err != nil {
				return nil, usage("cannot read stdin: %v", err)
			}
			s.add("<stdin>", string(text))
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, usage("%v", plainPathError(err))
		}
		s.add(f, string(text))
	}
	for _, text := range strings {
		s.add("-c", text)
	}
	return s, nil
}

// plainPathError says what is wrong with a file without the name of the system
// call.
func plainPathError(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("cannot read %s: %w", p.Path, p.Err)
	}
	return err
}

// render shows errors, each with the source that it is in.
func (s *script) render(err error) string {
	var list sqlerr.List
	var one *sqlerr.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = sqlerr.List{one}
	default:
		return sqlerr.Render("", "", err)
	}
	var out []string
	for _, e := range list {
		p, moved := s.place(e)
		if !e.Pos.Valid() { // of the data, or of the machine
			p = part{}
		}
		out = append(out, sqlerr.Render(p.name, p.text, moved))
	}
	return strings.Join(out, "\n")
}

// place finds the source of an error and gives the error with its position
// there.
func (s *script) place(e *sqlerr.Error) (part, *sqlerr.Error) {
	at := part{}
	for _, p := range s.parts {
		if p.from <= e.Pos.Start || at.name == "" {
			at = p
		}
	}
	c := *e
	c.Pos.Start = min(max(e.Pos.Start-at.from, 0), len(at.text))
	c.Pos.End = min(max(e.Pos.End-at.from, c.Pos.Start), len(at.text))
	return at, &c
}
