package sql

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	formatWidth  = 100 // a line longer than this is broken where it can be
	formatIndent = 2
)

// Format lays a script out anew: keywords in upper case, one clause a line where
// a statement does not fit on one, comments kept. What has no comments and no
// line breaks of its own comes out the same however it was laid out, and
// formatting twice changes nothing. A script with syntax errors is refused.
func Format(src string) (string, error) {
	p, comments := newParser(src)
	for p.accept(";") || p.tok().kind != EOFToken {
		if !p.toks[max(p.i-1, 0)].is(";") || p.tok().kind != EOFToken && !p.at(";") {
			p.topStatement()
		}
	}
	if err := p.errs.Err(); err != nil {
		return "", err
	}
	f := &formatter{p: p, l: &p.layout, before: make([][]Comment, len(p.toks))}
	f.attach(comments)
	f.texts()
	f.script()
	return f.out.String(), nil
}

// formatter writes the tokens of a parsed script along the parser's layout.
type formatter struct {
	p      *parser
	l      *layout
	before [][]Comment // by token: the comments between it and the one before
	text   []string    // by token
	sum    []int       // by token: the width of all tokens before it on one line
	out    strings.Builder
	line   strings.Builder // the line that is being written, without its indent
	indent int             // of that line
	col    int             // in code points, behind what is written
	open   bool            // the line ends in a comment that takes the rest of it
}

// attach puts each comment before the token that follows it; commas and
// semicolons go before their comments.
func (f *formatter) attach(comments []Comment) {
	raw := make(map[int]bool)
	for _, r := range f.l.raw {
		for i := r.start; i < r.end; i++ {
			raw[i] = true
		}
	}
	i := 0
	for _, c := range comments {
		for f.p.toks[i].pos.Start < c.Pos.Start && f.p.toks[i].kind != EOFToken {
			i++
		}
		at := i
		for !raw[at] && (f.p.toks[at].is(",") || f.p.toks[at].is(";")) {
			at++
		}
		f.before[at] = append(f.before[at], c)
	}
}

// texts sets what each token is written as. The words of an unquoted SET value
// are written as one, with any comments among them.
func (f *formatter) texts() {
	f.text = make([]string, len(f.p.toks))
	for i := range f.p.toks {
		t := &f.p.toks[i]
		f.text[i] = f.p.src[t.pos.Start:t.pos.End]
		if f.l.keyword[i] {
			f.text[i] = t.up
		}
	}
	for _, r := range f.l.raw {
		f.text[r.start] = strings.TrimSpace(f.p.src[f.p.toks[r.start].pos.Start:f.p.toks[r.end-1].pos.End])
		for i := r.start + 1; i < r.end; i++ {
			f.text[i] = ""
			f.before[i] = nil // they are in the text
		}
	}
	f.sum = make([]int, len(f.p.toks)+1)
	for i, s := range f.text {
		f.sum[i+1] = f.sum[i] + utf8.RuneCountInString(s)
		if i > 0 && f.space(i) {
			f.sum[i+1]++
		}
	}
}

// space reports whether a space parts token i from the one before it.
func (f *formatter) space(i int) bool {
	if f.text[i] == "" {
		return false
	}
	prev, t := &f.p.toks[i-1], &f.p.toks[i]
	if strings.HasSuffix(f.text[i-1], "-") && strings.HasPrefix(f.text[i], "-") {
		return true // or else they start a comment
	}
	if prev.kind == NumberToken && t.is(".") {
		return true // or else it is a decimal point
	}
	if f.l.noBefore[i] || f.l.noAfter[i-1] {
		return false
	}
	for _, s := range []string{"(", "[", "."} {
		if prev.is(s) {
			return false
		}
	}
	for _, s := range []string{")", "]", ",", ";", "."} {
		if t.is(s) {
			return false
		}
	}
	return true
}

// script writes all statements, with the blank lines between them that there
// were, but not two in a row.
func (f *formatter) script() {
	end := 0
	for _, r := range f.l.statements {
		end = f.leading(r.start, end)
		f.emit(f.tree(r), 0, false)
		f.write(";", false)
		end = f.p.toks[r.end-1].pos.End
		if f.p.toks[r.end].is(";") {
			end = f.p.toks[r.end].pos.End
		}
	}
	last := len(f.p.toks) - 1
	f.leading(last, end)
	f.newline(0)
}

// leading writes the comments before a statement and starts its line; end is
// where the source before it ends.
func (f *formatter) leading(i, end int) int {
	for _, c := range f.before[i] {
		if f.own(c) {
			f.separate(end, c.Pos.Start)
		}
		f.comment(c)
		end = c.Pos.End
	}
	f.before[i] = nil
	if f.p.toks[i].kind != EOFToken {
		f.separate(end, f.p.toks[i].pos.Start)
	}
	return end
}

// separate starts a new line, after a blank one if the source has one there.
func (f *formatter) separate(from, to int) {
	f.newline(0)
	from = min(from, to) // a semicolon may have gone before the comment
	if f.out.Len() > 0 && strings.Count(f.p.src[from:to], "\n") > 1 {
		f.out.WriteByte('\n')
	}
}

// own reports whether the comment starts its line in the source.
func (f *formatter) own(c Comment) bool {
	line := strings.LastIndexByte(f.p.src[:c.Pos.Start], '\n') + 1
	return strings.TrimSpace(f.p.src[line:c.Pos.Start]) == ""
}

// block is a group with the groups inside of it.
type block struct {
	group
	inner []*block
	flat  bool // may stand on one line
}

// tree nests the groups of a statement.
func (f *formatter) tree(s statementLayout) *block {
	root := &block{group: group{tokenRange: s.tokenRange, close: -1}}
	var list []group
	for _, g := range f.l.groups[s.groupsFrom:s.groupsTo] {
		if g.end > g.start && (len(g.breaks) > 0 || g.close >= 0) {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b group) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	stack := []*block{root}
	for _, g := range list {
		for g.start >= stack[len(stack)-1].end {
			stack = stack[:len(stack)-1]
		}
		b := &block{group: g}
		top := stack[len(stack)-1]
		top.inner = append(top.inner, b)
		stack = append(stack, b)
	}
	f.flatten(root)
	return root
}

// flatten finds out which blocks may stand on one line: those without comments
// that end a line and without text of many lines.
func (f *formatter) flatten(b *block) {
	b.flat = !b.force
	for _, in := range b.inner {
		f.flatten(in)
		b.flat = b.flat && in.flat
	}
	for i := b.start; i < b.end; i++ {
		if strings.Contains(f.text[i], "\n") || f.continued(i) {
			b.flat = false
		}
		if i == b.start {
			continue
		}
		for _, c := range f.before[i] {
			if strings.HasPrefix(c.Text, "--") || f.own(c) || strings.Contains(c.Text, "\n") {
				b.flat = false
			}
		}
	}
}

// emit writes a block whose lines start at indent; flat says that a block
// around it stands on one line.
func (f *formatter) emit(b *block, indent int, flat bool) {
	flat = flat || b.flat && f.col+f.width(b) <= formatWidth
	inner := indent
	if b.indent {
		inner += formatIndent
	}
	current := indent
	next := 0
	for i := b.start; i < b.end; {
		at := -1
		switch {
		case flat:
		case slices.Contains(b.breaks, i):
			at, current = inner, inner
		case i == b.close:
			at, current = indent, indent
		}
		f.between(i, at, current, max(at, inner))
		if next < len(b.inner) && b.inner[next].start == i {
			f.emit(b.inner[next], current, flat)
			i = b.inner[next].end
			next++
			continue
		}
		f.write(f.text[i], i > 0 && f.space(i))
		i++
	}
}

// width is that of a block on one line, with the comma or semicolon behind it.
func (f *formatter) width(b *block) int {
	n := f.sum[b.end] - f.sum[b.start]
	for i := b.start + 1; i < b.end; i++ {
		for _, c := range f.before[i] {
			n += utf8.RuneCountInString(c.Text) + 1
		}
	}
	if b.end < len(f.p.toks) && (f.p.toks[b.end].is(",") || f.p.toks[b.end].is(";")) || f.p.toks[b.end].kind == EOFToken {
		n++
	}
	return n
}

// between writes the comments before token i and starts a line at indent at,
// unless that is negative; current is the indent of the line so far, own that
// of comments with a line of their own.
func (f *formatter) between(i, at, current, own int) {
	comments := f.before[i]
	f.before[i] = nil
	for _, c := range comments {
		if f.own(c) || f.open {
			f.newline(own)
			if at < 0 {
				at = current + formatIndent
			}
		}
		f.comment(c)
	}
	if at < 0 && (f.open || f.continued(i)) {
		at = current + formatIndent
	}
	if at >= 0 {
		f.newline(at)
	}
}

// continued reports whether token i goes on with the string before it, which
// only works on a line of its own.
func (f *formatter) continued(i int) bool {
	return i > 0 && f.p.toks[i].kind == StringToken && f.p.toks[i-1].kind == StringToken
}

// write writes a word, with a space before it if that is asked for.
func (f *formatter) write(s string, space bool) {
	if f.open {
		f.newline(f.indent)
	}
	switch {
	case f.line.Len() == 0:
		f.col = f.indent
	case space:
		f.line.WriteByte(' ')
		f.col++
	}
	f.line.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		f.col, s = 0, s[i+1:]
	}
	f.col += utf8.RuneCountInString(s)
}

// comment writes a comment; one that takes the rest of the line leaves it open.
func (f *formatter) comment(c Comment) {
	f.write(strings.TrimRight(c.Text, " \t\r"), true)
	f.open = strings.HasPrefix(c.Text, "--")
}

// newline ends the line, if there is one, and sets the indent of the next.
func (f *formatter) newline(indent int) {
	if f.line.Len() > 0 {
		f.out.WriteString(strings.Repeat(" ", f.indent))
		f.out.WriteString(strings.TrimRight(f.line.String(), " "))
		f.out.WriteByte('\n')
		f.line.Reset()
	}
	f.open = false
	f.indent, f.col = indent, indent
}
