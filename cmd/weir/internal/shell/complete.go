// Package shell knows what the interactive shell needs of SQL: how to complete
// what was typed, and where the history is.
package shell

import (
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/sql"
)

// Candidate is a word that may be meant, and what it is.
type Candidate struct {
	Text string
	Doc  string // "keyword", "table", "column of orders", a function's signature
}

// tableWords come before the name of a table.
var tableWords = []string{"FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "VIEW", "OVERWRITE"}

// Complete gives the words that the text before the cursor may go on with, and
// how many bytes of it they replace. text is all of the input, for the tables
// that it names.
func Complete(s *engine.Session, text string, cursor int) (out []Candidate, prefix string) {
	cursor = min(cursor, len(text))
	before := text[:cursor]
	prefix = lastWord(before)
	done := before[:len(before)-len(prefix)]
	toks := sql.Tokens(done)
	if openText(toks, done) {
		return nil, ""
	}
	last := ""
	for i := len(toks) - 1; i >= 0 && last == ""; i-- {
		if toks[i].Kind != sql.CommentToken {
			last = strings.ToUpper(toks[i].Text)
		}
	}
	c := candidates{prefix: prefix}
	if last == "SET" || last == "RESET" {
		for _, o := range engine.Settings() {
			c.add("'"+o.Key+"'", "setting")
		}
		return c.sorted(), prefix
	}
	c.tables(s)
	for _, w := range tableWords {
		if last == w {
			return c.sorted(), prefix
		}
	}
	c.columns(s, text)
	c.functions(s)
	c.keywords()
	return c.sorted(), prefix
}

// lastWord gives the name that the text ends in.
func lastWord(text string) string {
	i := len(text)
	for i > 0 {
		b := text[i-1]
		if b != '_' && b != '$' && b != '\'' && b != '.' && (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') && b < 0x80 {
			break
		}
		i--
	}
	return text[i:]
}

// openText reports whether the text ends within a string or a comment.
func openText(toks []sql.Token, text string) bool {
	if len(toks) == 0 {
		return false
	}
	t := toks[len(toks)-1]
	line := t.Kind == sql.CommentToken && strings.HasPrefix(t.Text, "--") && !strings.Contains(text[t.Pos.Start:], "\n")
	return t.Open || line
}

type candidates struct {
	prefix string
	list   []Candidate
	seen   map[string]bool
}

// add takes a word that begins with the prefix, in any case.
func (c *candidates) add(text, doc string) {
	if len(text) < len(c.prefix) || !strings.EqualFold(text[:len(c.prefix)], c.prefix) || c.seen[text] {
		return
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[text] = true
	c.list = append(c.list, Candidate{Text: text, Doc: doc})
}

func (c *candidates) sorted() []Candidate {
	sort.SliceStable(c.list, func(i, j int) bool { return c.list[i].Text < c.list[j].Text })
	return c.list
}

func (c *candidates) tables(s *engine.Session) {
	cat, db := s.Current()
	for _, t := range s.Engine().Catalog().Tables(cat, db) {
		c.add(name(t), "table")
	}
}

// columns adds those of the tables that the text names.
func (c *candidates) columns(s *engine.Session, text string) {
	cat, db := s.Current()
	for _, t := range sql.Tokens(text) {
		if t.Kind != sql.WordToken && t.Kind != sql.NameToken {
			continue
		}
		o, ok := s.Engine().Catalog().Lookup(catalog.Path{Catalog: cat, Database: db, Name: strings.Trim(t.Text, "`")})
		if !ok {
			continue
		}
		var cols []catalog.Column
		switch o := o.(type) {
		case *catalog.Table:
			cols = o.Columns
		case *catalog.View:
			cols = o.Columns
		}
		for _, col := range cols {
			c.add(name(col.Name), "column of "+o.FullName().Name)
		}
	}
}

func name(n string) string {
	if sql.IsReserved(strings.ToUpper(n)) {
		return sql.QuoteIdent(n)
	}
	return n
}

func (c *candidates) functions(s *engine.Session) {
	if c.prefix == "" {
		return
	}
	e := s.Engine()
	for _, n := range append(e.Functions().Names(), e.Aggs().Names()...) {
		c.add(c.inCase(n)+"(", "function")
	}
}

func (c *candidates) keywords() {
	if c.prefix == "" {
		return
	}
	for _, k := range sql.Keywords() {
		c.add(c.inCase(k), "keyword")
	}
}

// inCase writes words in lower case for who types so.
func (c *candidates) inCase(word string) string {
	if c.prefix == strings.ToLower(c.prefix) {
		return strings.ToLower(word)
	}
	return word
}

// HistoryFile gives where the history of the user is kept, making it if there
// is none yet.
func HistoryFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	file := filepath.Join(dir, "weir", "history")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	return file, f.Close()
}
