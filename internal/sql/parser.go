package sql

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// maxDepth bounds the nesting of what is parsed, so that no input can exhaust
// the stack.
const maxDepth = 2000

// parser is a recursive descent parser over the tokens of a script, with
// precedence climbing for expressions. It never backs up: every choice is made
// by looking ahead. A syntax error leaves through a panic with a *failure,
// which try catches; nothing else panics.
type parser struct {
	src   string
	toks  []token // without comments, closed by EOF
	i     int
	depth int
	errs  sqlerr.List

	// tried are the keywords that were looked for at token triedAt; the nearest
	// of them is the hint where a word fits none.
	tried   []string
	triedAt int
	// aliasAt is the last token that was taken as an alias without AS, -1 if none.
	aliasAt int

	layout layout
	// unquoted are the names that Flink takes only in backquotes.
	unquoted []Ident
}

// failure carries a syntax error out of the parser's recursion.
type failure struct{ err *sqlerr.Error }

// ParseScript parses all statements of a script. It goes on after an error
// behind the next semicolon; the error is an sqlerr.List of all that was found,
// and the script then holds the statements that are right.
func ParseScript(src string) (*Script, error) {
	p, comments := newParser(src)
	s := &Script{Src: src, Comments: comments}
	for {
		for p.accept(";") {
		}
		if p.tok().kind == EOFToken {
			s.Unquoted = p.unquoted
			return s, p.errs.Err()
		}
		if st := p.topStatement(); st != nil {
			s.Statements = append(s.Statements, st)
		}
	}
}

// ParseExpr parses one expression.
func ParseExpr(src string) (Expr, error) {
	p, _ := newParser(src)
	var e Expr
	p.try(func() {
		e = p.expr()
		p.expectEnd("the expression")
	})
	return e, p.errs.Err()
}

// ParseType parses one type.
func ParseType(src string) (TypeName, error) {
	p, _ := newParser(src)
	var t TypeName
	p.try(func() {
		t = p.typeName()
		p.expectEnd("the type")
	})
	return t, p.errs.Err()
}

// ParseQuery parses one query, without a semicolon.
func ParseQuery(src string) (*Query, error) {
	p, _ := newParser(src)
	var q *Query
	p.try(func() {
		q = p.query()
		p.expectEnd("the query")
	})
	return q, p.errs.Err()
}

func newParser(src string) (*parser, []Comment) {
	p := &parser{src: src, triedAt: -1, aliasAt: -1}
	var comments []Comment
	all := scanAll(src)
	p.toks = make([]token, 0, len(all))
	for _, t := range all {
		if t.kind == CommentToken {
			comments = append(comments, Comment{At{t.pos}, src[t.pos.Start:t.pos.End]})
			continue
		}
		p.toks = append(p.toks, t)
	}
	p.layout.init(len(p.toks))
	return p, comments
}

// try runs f and notes its syntax error; false if there was one.
func (p *parser) try(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			fail, is := r.(*failure)
			if !is {
				panic(r)
			}
			p.errs = append(p.errs, fail.err)
			ok = false
		}
	}()
	depth := p.depth
	defer func() { p.depth = depth }()
	f()
	return true
}

// topStatement parses a statement up to its semicolon, nil after an error.
func (p *parser) topStatement() Statement {
	var st Statement
	start := p.i
	before := len(p.errs)
	ok := p.try(func() {
		p.layout.beginStatement(start)
		st = p.statement()
		if p.tok().kind != EOFToken && !p.at(";") {
			p.fail("; or the end of the script")
		}
	})
	if !ok {
		p.skipStatement()
	}
	p.layout.endStatement(p.i)
	if len(p.errs) > before {
		return nil
	}
	return st
}

// skipStatement goes on to the next semicolon.
func (p *parser) skipStatement() {
	for p.tok().kind != EOFToken && !p.at(";") {
		p.i++
	}
}

// enter notes one level of nesting; the function that it gives ends it.
func (p *parser) enter() func() {
	p.depth++
	if p.depth > maxDepth {
		p.failAt(p.tok().pos, "nested deeper than %d levels", maxDepth)
	}
	return p.leave
}

func (p *parser) leave() { p.depth-- }

// tok is the current token, ahead the n-th after it.
func (p *parser) tok() *token { return &p.toks[p.i] }

func (p *parser) ahead(n int) *token { return &p.toks[min(p.i+n, len(p.toks)-1)] }

// next gives the current token and passes it.
func (p *parser) next() *token {
	t := p.tok()
	if t.kind != EOFToken {
		p.i++
	}
	return t
}

// is reports whether the token is the keyword or operator s (in upper case).
func (t *token) is(s string) bool {
	return (t.kind == WordToken || t.kind == OpToken) && t.up == s
}

// at reports whether the next tokens are these keywords or operators.
func (p *parser) at(words ...string) bool {
	for n, w := range words {
		if !p.ahead(n).is(w) {
			if n == 0 {
				p.note(w)
			}
			return false
		}
	}
	return true
}

// note remembers a keyword that would have fitted here.
func (p *parser) note(w string) {
	if p.triedAt != p.i {
		p.triedAt, p.tried = p.i, p.tried[:0]
	}
	p.tried = append(p.tried, w)
}

// atAny reports whether the current token is one of the words, and which.
func (p *parser) atAny(words ...string) (string, bool) {
	for _, w := range words {
		if p.at(w) {
			return w, true
		}
	}
	return "", false
}

// accept passes these keywords or operators if all of them are next.
func (p *parser) accept(words ...string) bool {
	if !p.at(words...) {
		return false
	}
	for range words {
		p.layout.keyword[p.i] = true
		p.next()
	}
	return true
}

// acceptAny passes one of the words.
func (p *parser) acceptAny(words ...string) (string, bool) {
	w, ok := p.atAny(words...)
	if ok {
		p.accept(w)
	}
	return w, ok
}

// expect passes these keywords or operators, or fails.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.fail(w)
		}
	}
}

// expectAny passes one of the words, or fails.
func (p *parser) expectAny(words ...string) string {
	w, ok := p.acceptAny(words...)
	if !ok {
		p.fail(oneOf(words))
	}
	return w
}

func (p *parser) expectEnd(after string) {
	p.accept(";")
	if p.tok().kind != EOFToken {
		p.fail("the end of " + after)
	}
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// since is the position from a start to the last token that was passed.
func (p *parser) since(start int) At {
	end := start
	if p.i > 0 {
		end = max(start, p.toks[p.i-1].pos.End)
	}
	return At{sqlerr.Pos{Start: start, End: end}}
}

// here is the byte offset of the current token.
func (p *parser) here() int { return p.tok().pos.Start }

// failAt leaves with an error at a position.
func (p *parser) failAt(pos sqlerr.Pos, format string, args ...any) {
	panic(&failure{sqlerr.New(sqlerr.Syntax, pos, format, args...)})
}

// failHint leaves with an error at a position and a hint.
func (p *parser) failHint(pos sqlerr.Pos, hint, format string, args ...any) {
	panic(&failure{sqlerr.New(sqlerr.Syntax, pos, format, args...).WithHint("%s", hint)})
}

// fail leaves with "expected what after .., found ..".
func (p *parser) fail(what string) {
	t := p.tok()
	if t.kind == BadToken {
		panic(&failure{&sqlerr.Error{Code: sqlerr.Syntax, Pos: t.pos, Msg: t.msg, Hint: t.hint}})
	}
	p.failAlias()
	msg := "expected " + what
	if p.i > 0 && !p.toks[p.i-1].is(";") {
		msg += " after " + p.describe(&p.toks[p.i-1])
	}
	err := sqlerr.New(sqlerr.Syntax, p.visible(t.pos), "%s, found %s", msg, p.describe(t))
	err.Hint = p.hint(t)
	panic(&failure{err})
}

// failAlias blames a word that was taken for an alias, if it is nearly the
// keyword that would have made the rest right: SELECT a FORM t.
func (p *parser) failAlias() {
	if p.aliasAt < 0 || p.aliasAt != p.i-1 {
		return
	}
	t := &p.toks[p.aliasAt]
	near, ok := nearestWord(t.up, []string{"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INNER", "LEFT", "RIGHT", "CROSS",
		"JOIN", "WINDOW", "INTERSECT", "EXCEPT", "OFFSET", "FETCH"})
	if ok {
		p.failHint(t.pos, fmt.Sprintf("did you mean %s?", near), "unexpected %s before %s", p.describe(t), p.describe(p.tok()))
	}
}

// visible makes the end of the script a place that can be shown: the last
// character of the script.
func (p *parser) visible(pos sqlerr.Pos) sqlerr.Pos {
	if pos.Start < len(p.src) || p.i == 0 {
		return pos
	}
	end := p.toks[p.i-1].pos.End
	return sqlerr.Pos{Start: end, End: end}
}

// describe names a token for a message.
func (p *parser) describe(t *token) string {
	switch {
	case t.kind == EOFToken:
		return "the end of the script"
	case t.kind == WordToken && IsKeyword(t.up):
		return t.up
	case t.is(","):
		return "the comma"
	}
	text := firstLine(p.src[t.pos.Start:t.pos.End])
	if r := []rune(text); len(r) > 40 {
		text = string(r[:37]) + "…"
	}
	return text
}

// operatorHints are for operators of other dialects.
var operatorHints = map[string]string{
	"==": "equality is written =",
	"::": "write CAST(x AS type)",
	"!":  "write NOT",
	"&":  "write AND; there are no bit operators",
	"?":  "parameters are not supported in scripts",
	"@":  "variables are not supported",
	"/":  "a comment starts with --",
}

// hint proposes what was meant instead of t.
func (p *parser) hint(t *token) string {
	if h, ok := operatorHints[t.up]; ok && t.kind == OpToken {
		return h
	}
	if t.kind == WordToken && p.triedAt == p.i && keywords[t.up] == notReserved {
		if near, ok := nearestWord(t.up, p.tried); ok && near != t.up {
			return fmt.Sprintf("did you mean %s?", near)
		}
	}
	return ""
}

// nearestWord is sqlerr.Nearest for keywords: operators and words of less than
// three letters are near to anything, so they are left out.
func nearestWord(word string, candidates []string) (string, bool) {
	if len(word) < 3 {
		return "", false
	}
	var words []string
	for _, c := range candidates {
		if len(c) > 2 && isWordStart(rune(c[0])) {
			words = append(words, c)
		}
	}
	return sqlerr.Nearest(word, words)
}
