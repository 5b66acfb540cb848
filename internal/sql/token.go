package sql

import (
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// TokenKind classes a token.
type TokenKind uint8

// The kinds of tokens. A Bad token is what no token starts with, or a string,
// name or comment that does not end.
const (
	EOFToken    TokenKind = iota
	WordToken             // a keyword or a name without quotes
	NameToken             // a name in backquotes
	StringToken           // '..', also with the prefixes U& and N
	BinaryToken           // X'..'
	NumberToken
	OpToken // operators and punctuation; hints open with "/*+" and close with "*/"
	CommentToken
	BadToken
)

// Token is a token as Tokens gives it.
type Token struct {
	Kind    TokenKind
	Text    string // as written
	Pos     sqlerr.Pos
	Keyword bool // a word that is a keyword, wherever it stands
	Open    bool // a Bad token whose end is missing: more input may complete it
}

// Is reports whether the token is the given keyword or operator.
func (t Token) Is(s string) bool {
	return (t.Kind == WordToken || t.Kind == OpToken) && strings.EqualFold(t.Text, s)
}

// Tokens cuts src into tokens, comments included, the end left out. It never
// fails: what is no token is given as a Bad one.
func Tokens(src string) []Token {
	raw := scanAll(src)
	out := make([]Token, 0, len(raw))
	for _, t := range raw {
		if t.kind == EOFToken {
			break
		}
		kw := t.kind == WordToken && IsKeyword(t.up)
		out = append(out, Token{Kind: t.kind, Text: src[t.pos.Start:t.pos.End], Pos: t.pos, Keyword: kw, Open: t.open})
	}
	return out
}

// Complete reports whether src can be run as it is: its last statement is
// closed by a semicolon, no string, comment or statement set is open. Input
// without any statement is complete; so is a lone command of the shell.
func Complete(src string) bool {
	toks := significant(Tokens(src))
	if len(toks) == 0 {
		return true
	}
	if toks[len(toks)-1].Open {
		return false
	}
	if len(toks) == 1 && isClientCommand(toks[0].Text) {
		return true
	}
	parts := splitTokens(toks)
	last := parts[len(parts)-1]
	return last.closed
}

// Split gives the byte ranges of the statements of src, their semicolons left
// out. A statement set is one statement.
func Split(src string) []sqlerr.Pos {
	var out []sqlerr.Pos
	for _, p := range splitTokens(significant(Tokens(src))) {
		if n := len(p.toks); n > 0 {
			out = append(out, sqlerr.Pos{Start: p.toks[0].Pos.Start, End: p.toks[n-1].Pos.End})
		}
	}
	return out
}

func significant(toks []Token) []Token {
	out := toks[:0:0]
	for _, t := range toks {
		if t.Kind != CommentToken {
			out = append(out, t)
		}
	}
	return out
}

// statementTokens is one statement, its semicolon left out; closed says that
// there was one.
type statementTokens struct {
	toks   []Token
	closed bool
}

// splitTokens cuts at semicolons, except inside of a statement set.
func splitTokens(toks []Token) []statementTokens {
	var out []statementTokens
	start, inSet, atStart := 0, false, true
	for i, t := range toks {
		switch {
		case atStart && inSet && t.Is("END"):
			inSet = false
		case opensSet(toks[start:], i-start):
			inSet, atStart = true, true
			continue
		}
		atStart = t.Is(";")
		if atStart && !inSet {
			out = append(out, statementTokens{toks[start:i], true})
			start = i + 1
		}
	}
	if start < len(toks) {
		out = append(out, statementTokens{toks[start:], false})
	}
	return out
}

// opensSet reports whether token i opens a statement set: SET of a leading
// BEGIN STATEMENT SET, or BEGIN after STATEMENT SET.
func opensSet(toks []Token, i int) bool {
	if i < 2 {
		return false
	}
	if i == 2 && toks[0].Is("BEGIN") && toks[1].Is("STATEMENT") && toks[2].Is("SET") {
		return true
	}
	return toks[i].Is("BEGIN") && toks[i-1].Is("SET") && toks[i-2].Is("STATEMENT")
}
