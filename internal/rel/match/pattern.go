package match

import (
	"fmt"
	"slices"
	"strings"
)

// PatternOp is the kind of a pattern's node.
type PatternOp uint8

// The kinds of patterns.
const (
	One    PatternOp = iota // a row mapped to Var
	Seq                     // Items one after another
	Alt                     // one of Items, earlier ones are preferred
	Repeat                  // Items[0], Min to Max times (-1 = no end)
)

// Pattern is a row pattern. PERMUTE is written out as an Alt by who makes it.
type Pattern struct {
	Op        PatternOp
	Var       int
	Excluded  bool // {- -}: the row is not given out
	Items     []Pattern
	Min, Max  int
	Reluctant bool
}

func (p Pattern) text(vars []Var) string {
	var parts []string
	for _, it := range p.Items {
		parts = append(parts, it.text(vars))
	}
	switch p.Op {
	case Seq:
		return strings.Join(parts, " ")
	case Alt:
		return "(" + strings.Join(parts, " | ") + ")"
	case Repeat:
		s := parts[0]
		if p.Items[0].Op == Seq {
			s = "(" + s + ")"
		}
		s += quantifier(p.Min, p.Max)
		if p.Reluctant {
			s += "?"
		}
		return s
	}
	if p.Excluded {
		return "{- " + vars[p.Var].Name + " -}"
	}
	return vars[p.Var].Name
}

func quantifier(least, most int) string {
	switch {
	case least == 0 && most < 0:
		return "*"
	case least == 1 && most < 0:
		return "+"
	case least == 0 && most == 1:
		return "?"
	case most < 0:
		return fmt.Sprintf("{%d,}", least)
	case least == most:
		return fmt.Sprintf("{%d}", least)
	}
	return fmt.Sprintf("{%d,%d}", least, most)
}

// maxSteps bounds an automaton: quantifiers with numbers are written out.
const maxSteps = 20000

// target is a position that may take the next row, unless the row satisfies one
// of guards: variables of greedy quantifiers that come before it.
type target struct {
	pos    int32
	guards Set
}

// moves is what may follow a position: targets in order of preference, and
// whether the match may end, which is less preferred than all of them.
type moves struct {
	targets []target
	ends    bool
}

// automaton is a compiled pattern.
type automaton struct {
	label  []label // by position
	states []moves // by position + 1; 0 is the start
}

// label is a variable, and whether its row is excluded.
type label uint16

const excluded label = 1 << 15

func (l label) variable() int  { return int(l &^ excluded) }
func (l label) excluded() bool { return l&excluded != 0 }

type opcode uint8

const (
	opTake opcode = iota
	opSplit
	opJump
	opGuard
	opEnd
)

// instr is a step of the pattern in Thompson's form: a split prefers x to y.
type instr struct {
	op   opcode
	x, y int
	l    label
}

type compiler struct {
	code []instr
	full bool
}

// Compile checks that a pattern can be run; it gives false if it is too large.
func (p Pattern) Compile() bool {
	_, ok := compile(p)
	return ok
}

// compile gives the automaton; false if it is too large.
func compile(p Pattern) (*automaton, bool) {
	c := &compiler{}
	c.pattern(p)
	c.emit(instr{op: opEnd})
	if c.full {
		return nil, false
	}
	a := &automaton{}
	place := make([]int32, len(c.code))
	for pc, in := range c.code {
		if in.op == opTake {
			place[pc] = int32(len(a.label))
			a.label = append(a.label, in.l)
		}
	}
	a.states = append(a.states, c.closure(0, place))
	edges := len(a.states[0].targets)
	for pc, in := range c.code {
		if in.op == opTake {
			s := c.closure(pc+1, place)
			if edges += len(s.targets); edges > 50*maxSteps {
				return nil, false
			}
			a.states = append(a.states, s)
		}
	}
	return a, true
}

func (c *compiler) emit(in instr) int {
	if len(c.code) >= maxSteps {
		c.full = true
		return 0
	}
	c.code = append(c.code, in)
	return len(c.code) - 1
}

func (c *compiler) pattern(p Pattern) {
	if c.full {
		return
	}
	switch p.Op {
	case Seq:
		for _, it := range p.Items {
			c.pattern(it)
		}
	case Alt:
		c.alt(p.Items)
	case Repeat:
		c.repeat(p)
	default:
		l := label(p.Var)
		if p.Excluded {
			l |= excluded
		}
		c.emit(instr{op: opTake, l: l})
	}
}

func (c *compiler) alt(items []Pattern) {
	var ends []int
	for i, it := range items {
		if i == len(items)-1 {
			c.pattern(it)
			break
		}
		split := c.emit(instr{op: opSplit})
		c.code[split].x = len(c.code)
		c.pattern(it)
		ends = append(ends, c.emit(instr{op: opJump}))
		c.code[split].y = len(c.code)
	}
	for _, e := range ends {
		c.code[e].x = len(c.code)
	}
}

// repeat writes the least repetitions out, then a loop or the optional ones. As
// in Flink, a greedy loop of one variable keeps its rows from what follows, and
// X? is not greedy.
func (c *compiler) repeat(p Pattern) {
	x := p.Items[0]
	optional := p.Min == 0 && p.Max == 1
	greedy := !p.Reluctant && (x.Op != One || !optional)
	last := len(c.code)
	for range p.Min {
		last = len(c.code)
		c.pattern(x)
		if c.full {
			return
		}
	}
	var exits []int
	switch {
	case p.Max < 0 && p.Min > 0:
		s := c.emit(instr{op: opSplit})
		c.branch(s, last, len(c.code), greedy)
	case p.Max < 0:
		s := c.emit(instr{op: opSplit})
		c.pattern(x)
		c.emit(instr{op: opJump, x: s})
		c.branch(s, s+1, len(c.code), greedy)
	default:
		for range p.Max - p.Min {
			exits = append(exits, c.emit(instr{op: opSplit}))
			c.pattern(x)
			if c.full {
				return
			}
		}
	}
	for _, s := range exits {
		c.branch(s, s+1, len(c.code), greedy)
	}
	if x.Op == One && greedy && p.Max != p.Min {
		c.emit(instr{op: opGuard, l: label(x.Var)})
	}
}

func (c *compiler) branch(split, again, on int, greedy bool) {
	if !greedy {
		again, on = on, again
	}
	c.code[split].x, c.code[split].y = again, on
}

// closure lists what can take the next row from a place in the code.
func (c *compiler) closure(pc int, place []int32) moves {
	type at struct {
		pc     int
		guards Set
	}
	var s moves
	seen := map[at]bool{}
	stack := []at{{pc: pc}}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		switch in := c.code[n.pc]; in.op {
		case opSplit:
			stack = append(stack, at{in.y, n.guards}, at{in.x, n.guards})
		case opJump:
			stack = append(stack, at{in.x, n.guards})
		case opGuard:
			stack = append(stack, at{n.pc + 1, n.guards | 1<<in.l.variable()})
		case opEnd:
			s.ends = true
			return s // whatever is less preferred never wins
		default:
			t := target{place[n.pc], n.guards}
			covered := slices.ContainsFunc(s.targets, func(o target) bool { return o.pos == t.pos && o.guards&^t.guards == 0 })
			if !covered {
				s.targets = append(s.targets, t)
			}
		}
	}
	return s
}
