package sql

import (
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// set parses SET, SET 'key' = 'value' and SET key = value. What is not quoted
// is taken as it stands, up to the = and to the end of the statement.
func (p *parser) set() Statement {
	start := p.here()
	p.expect("SET")
	s := &Set{}
	if p.atEnd() {
		s.At = p.since(start)
		return s
	}
	s.Key, s.KeyPos = p.rawText("=")
	if s.Key == "" {
		p.fail("an option's key")
	}
	if p.atEnd() {
		s.At = p.since(start)
		return s
	}
	p.expect("=")
	s.HasValue = true
	s.Value, s.ValuePos = p.rawText("")
	if !p.atEnd() {
		p.fail("; or the end of the script")
	}
	s.At = p.since(start)
	return s
}

// reset parses RESET and RESET 'key'.
func (p *parser) reset() Statement {
	start := p.here()
	p.expect("RESET")
	r := &Reset{}
	if !p.atEnd() {
		r.Key, _ = p.rawText("")
	}
	r.At = p.since(start)
	return r
}

func (p *parser) atEnd() bool { return p.tok().kind == EOFToken || p.at(";") }

// rawText parses a string, or else the source text up to the operator stop or
// the end of the statement.
func (p *parser) rawText(stop string) (string, At) {
	start := p.here()
	first := p.i
	if t := p.tok(); t.kind == StringToken {
		after := p.ahead(1)
		if after.kind == EOFToken || after.is(";") || stop != "" && after.is(stop) {
			lit := p.str("")
			return lit.Value, lit.At
		}
	}
	for !p.atEnd() && (stop == "" || !p.at(stop)) {
		if t := p.tok(); t.kind == BadToken && t.open {
			p.fail("a value")
		}
		p.next()
	}
	if p.i == first {
		return "", At{sqlerr.Pos{Start: start, End: start}}
	}
	at := p.since(start)
	p.layout.raw = append(p.layout.raw, tokenRange{first, p.i})
	return strings.TrimSpace(p.src[at.Pos.Start:at.Pos.End]), at
}

// use parses USE db, USE CATALOG c and USE MODULES a, b.
func (p *parser) use() Statement {
	start := p.here()
	p.expect("USE")
	if p.accept("MODULES") {
		u := &UseModules{}
		p.list(-1, func() { u.Names = append(u.Names, p.ident("a module's name")) })
		u.At = p.since(start)
		return u
	}
	u := &Use{Kind: "DATABASE"}
	if t := p.ahead(1); t.kind == WordToken || t.kind == NameToken {
		if kind, ok := p.acceptAny("CATALOG", "DATABASE"); ok {
			u.Kind = kind
		}
	}
	u.Name = p.objectName("a name")
	u.At = p.since(start)
	return u
}

// module parses LOAD MODULE and UNLOAD MODULE.
func (p *parser) module() Statement {
	start := p.here()
	verb := p.expectAny("LOAD", "UNLOAD")
	p.expect("MODULE")
	name := p.ident("a module's name")
	if verb == "UNLOAD" {
		return &UnloadModule{p.since(start), name}
	}
	opts := p.withOptions()
	return &LoadModule{p.since(start), name, opts}
}

// jar parses ADD JAR and REMOVE JAR.
func (p *parser) jar() Statement {
	start := p.here()
	verb := p.expectAny("ADD", "REMOVE")
	p.expect("JAR")
	path := p.str("a path in quotes")
	return &Jar{p.since(start), verb == "REMOVE", path}
}

// stop parses STOP JOB 'id' [WITH SAVEPOINT [WITH DRAIN]].
func (p *parser) stop() Statement {
	start := p.here()
	s := &StopJob{}
	p.expect("STOP", "JOB")
	s.Job = p.str("a job's id in quotes")
	if s.Savepoint = p.accept("WITH", "SAVEPOINT"); s.Savepoint {
		s.Drain = p.accept("WITH", "DRAIN")
	} else if p.at("WITH", "DRAIN") {
		p.failHint(p.tok().pos, "write WITH SAVEPOINT WITH DRAIN", "WITH DRAIN without WITH SAVEPOINT")
	}
	s.At = p.since(start)
	return s
}

func isClientCommand(word string) bool {
	switch strings.ToUpper(word) {
	case "QUIT", "EXIT", "CLEAR", "HELP":
		return true
	}
	return false
}

func (p *parser) clientCommand() Statement {
	t := p.tok()
	p.expect(t.up)
	return &ClientCommand{At{t.pos}, t.up}
}
