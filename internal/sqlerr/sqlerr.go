// Package sqlerr is the one error type that a user sees: what is wrong, where
// it is, and what to do about it.
//
// Every layer that can blame a place in a script makes an *Error with a
// position; the command line renders it with the source line and a caret.
// Errors of one script are collected in a List, so that all that can be known
// before anything runs are told at once.
package sqlerr

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Code classes an error; the command line derives the exit status from it.
type Code string

// The classes that say where an error is found; those that also say of what kind
// it is are in kind.go. Syntax, Name, Type, Plan and Unsupported are found before
// anything runs (exit status 2); Runtime and Data stop a running job (1).
const (
	Syntax      Code = "syntax"
	Name        Code = "name"
	Type        Code = "type"
	Plan        Code = "plan"
	Unsupported Code = "unsupported"
	Option      Code = "option"
	Missing     Code = "missing" // a file that is not there; an earlier statement may make it
	Runtime     Code = "runtime"
	Data        Code = "data"
)

// Static reports whether errors of this class are found before anything runs.
func (c Code) Static() bool {
	switch c {
	case Runtime, Data, Value, Conversion, Division, Pattern, Cardinality, NotNull, JSONPath, JSONText:
		return false
	}
	return true
}

// Pos is a byte offset range in a script; End == Start marks a point. The zero
// value with Start 0 and End 0 means "no position".
type Pos struct {
	Start, End int
}

// Valid reports whether the position says anything.
func (p Pos) Valid() bool { return p.End > 0 || p.Start > 0 }

// Head is where p starts.
func (p Pos) Head() Pos { return Pos{p.Start, p.Start + 1} }

// Error is a user error.
type Error struct {
	Code Code
	Pos  Pos
	Msg  string // in the user's words, no trailing full stop
	Hint string // the nearest right name or the supported alternative; may be empty
	Err  error  // cause, may be nil
}

// Error gives "message (hint)", without a position.
func (e *Error) Error() string {
	s := e.Msg
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error at a position.
func New(code Code, pos Pos, format string, args ...any) *Error {
	return &Error{Code: code, Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// WithHint sets the hint and gives the error back.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// At gives err a position if it is a user error that has none yet.
func At(err error, pos Pos) error {
	var e *Error
	if errors.As(err, &e) {
		if !e.Pos.Valid() {
			c := *e
			c.Pos = pos
			return &c
		}
		return err
	}
	return err
}

// List is all the errors of one script, in order of position.
type List []*Error

// Error joins the messages by newlines.
func (l List) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Add appends err (an *Error, a List or any other error) to the list.
func (l *List) Add(err error) {
	if err == nil {
		return
	}
	var many List
	var one *Error
	switch {
	case errors.As(err, &many):
		*l = append(*l, many...)
	case errors.As(err, &one):
		*l = append(*l, one)
	default:
		*l = append(*l, &Error{Code: Runtime, Msg: err.Error()})
	}
}

// Err gives nil for an empty list, else the list sorted by position without
// exact duplicates.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	sort.SliceStable(l, func(i, j int) bool { return l[i].Pos.Start < l[j].Pos.Start })
	out := l[:0:0]
	for i, e := range l {
		if i > 0 && e.Pos == l[i-1].Pos && e.Msg == l[i-1].Msg {
			continue
		}
		out = append(out, e)
	}
	return out
}

// Static reports whether every user error in err was found before anything ran.
func Static(err error) bool {
	var l List
	if errors.As(err, &l) {
		for _, e := range l {
			if !e.Code.Static() {
				return false
			}
		}
		return len(l) > 0
	}
	var e *Error
	return errors.As(err, &e) && e.Code.Static()
}

// LineCol turns a byte offset into a 1-based line and column (in code points).
func LineCol(src string, off int) (line, col int) {
	off = min(max(off, 0), len(src))
	line = 1 + strings.Count(src[:off], "\n")
	start := strings.LastIndexByte(src[:off], '\n') + 1
	return line, 1 + utf8.RuneCountInString(src[start:off])
}

// Render gives the error as it is shown: file:line:col, the line and a caret.
// file may be empty; src is the whole script.
func Render(file, src string, err error) string {
	var l List
	if !errors.As(err, &l) {
		var e *Error
		if !errors.As(err, &e) {
			return "error: " + err.Error() + "\n"
		}
		l = List{e}
	}
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		renderOne(&b, file, src, e)
	}
	return b.String()
}

func renderOne(b *strings.Builder, file, src string, e *Error) {
	msg := e.Msg
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	if !e.Pos.Valid() || src == "" {
		if file != "" {
			fmt.Fprintf(b, "%s: ", file)
		}
		fmt.Fprintf(b, "error: %s\n", msg)
	} else {
		line, col := LineCol(src, e.Pos.Start)
		if file == "" {
			file = "<script>"
		}
		fmt.Fprintf(b, "%s:%d:%d: error: %s\n", file, line, col, msg)
		renderCaret(b, src, e.Pos, line)
	}
	if e.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", e.Hint)
	}
}

// renderCaret prints the source line and marks the range under it; tabs are
// kept so that the caret stays under the text on any terminal.
func renderCaret(b *strings.Builder, src string, pos Pos, line int) {
	off := min(pos.Start, len(src))
	start := strings.LastIndexByte(src[:off], '\n') + 1
	end := len(src)
	if i := strings.IndexByte(src[off:], '\n'); i >= 0 {
		end = off + i
	}
	text := strings.TrimRight(src[start:end], "\r")
	prefix := fmt.Sprintf("%5d | ", line)
	fmt.Fprintf(b, "%s%s\n", prefix, text)
	b.WriteString("      | ")
	for _, r := range src[start:off] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	n := utf8.RuneCountInString(src[off:max(off, min(pos.End, end))])
	b.WriteString(strings.Repeat("^", max(n, 1)))
	b.WriteByte('\n')
}

// Nearest gives the candidate closest to name by edit distance, if one is near
// enough to be a likely typo. Comparison ignores case.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestDist := "", len(name)/2+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDist {
			best, bestDist = c, d
		}
	}
	most := max(2, len(name)/3)
	if len(name) <= 3 { // nearly everything is near a short name
		most = len(name) / 2
	}
	return best, best != "" && bestDist <= most
}

// distance is the optimal string alignment distance (Damerau-Levenshtein
// without substring moves) over bytes.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
