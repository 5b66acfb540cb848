package sql

// layout is what the parser leaves for the formatter: which words were taken as
// keywords, and where the lines of a statement may be broken.
type layout struct {
	keyword     []bool // by token
	noBefore    []bool // by token: no space before it
	noAfter     []bool // by token: no space behind it
	statements  []statementLayout
	groups      []group
	elementsEnd int          // the token behind the last columns of a CREATE TABLE; 0 if none
	raw         []tokenRange // unquoted keys and values of SET, kept as written
	// conditions is a stack of the groups whose ANDs are line breaks; -1 where
	// parentheses keep the ANDs together.
	conditions []int
}

// tokenRange is tokens [Start, End).
type tokenRange struct{ start, end int }

// statementLayout is a statement, without its semicolon, and its groups: those
// from one index of layout.groups up to another.
type statementLayout struct {
	tokenRange
	groupsFrom, groupsTo int
}

// group is a range of tokens that stands on one line if it fits. Otherwise a
// line starts at each of breaks (indented by one step more than the group's
// own line if indent is set) and at close (not indented).
type group struct {
	tokenRange
	breaks []int
	close  int // -1 if none
	indent bool
	force  bool // never on one line
}

func (l *layout) init(tokens int) {
	l.keyword, l.noBefore, l.noAfter = make([]bool, tokens), make([]bool, tokens), make([]bool, tokens)
}

func (l *layout) beginStatement(i int) {
	l.conditions = l.conditions[:0]
	l.statements = append(l.statements, statementLayout{tokenRange{i, i}, len(l.groups), len(l.groups)})
}

func (l *layout) endStatement(i int) {
	s := &l.statements[len(l.statements)-1]
	s.end, s.groupsTo = i, len(l.groups)
}

// tight attaches the current token to the one before it.
func (p *parser) tight() { p.layout.noBefore[p.i] = true }

// tightAfter attaches the next token to the current one.
func (p *parser) tightAfter() { p.layout.noAfter[p.i] = true }

// open starts a group at the current token; the result goes to add and shut.
func (p *parser) open(indent bool) int {
	p.layout.groups = append(p.layout.groups, group{tokenRange: tokenRange{p.i, p.i}, close: -1, indent: indent})
	return len(p.layout.groups) - 1
}

// brk allows a line break before the current token.
func (p *parser) brk(g int) {
	gr := &p.layout.groups[g]
	gr.breaks = append(gr.breaks, p.i)
}

// shut ends a group before the current token.
func (p *parser) shut(g int) { p.layout.groups[g].end = p.i }

// parens parses ( .. ) around f, which calls item before each element.
func (p *parser) parens(f func(item func())) {
	g := p.open(true)
	p.expect("(")
	p.keepTogether(func() { f(func() { p.brk(g) }) })
	p.layout.groups[g].close = p.i
	p.expect(")")
	p.shut(g)
}

// list parses f, f, ..; g is the group to break at the elements, -1 for none.
func (p *parser) list(g int, f func()) {
	for {
		if g >= 0 {
			p.brk(g)
		}
		f()
		if !p.accept(",") {
			return
		}
	}
}

// parenList parses (f, f, ..), with at least one f.
func (p *parser) parenList(f func()) {
	p.parens(func(item func()) {
		for {
			item()
			f()
			if !p.accept(",") {
				return
			}
		}
	})
}

// keepTogether parses f, whose ANDs are not to be line breaks.
func (p *parser) keepTogether(f func()) {
	p.layout.conditions = append(p.layout.conditions, -1)
	f()
	p.layout.conditions = p.layout.conditions[:len(p.layout.conditions)-1]
}

// brkAnd allows a line break before an AND of a condition.
func (p *parser) brkAnd() {
	if n := len(p.layout.conditions); n > 0 && p.layout.conditions[n-1] >= 0 {
		p.brk(p.layout.conditions[n-1])
	}
}

// acceptTight passes an operator that is attached to the token before it.
func (p *parser) acceptTight(op string) bool {
	at := p.i
	ok := p.accept(op)
	if ok {
		p.layout.noBefore[at] = true
	}
	return ok
}
