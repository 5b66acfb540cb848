package types

import (
	"fmt"
	"strings"
)

// Pattern is a compiled date and time pattern of Java's, in its English form.
// It is immutable and safe to share; formatting and parsing do not allocate.
//
// Flink uses two dialects. DATE_FORMAT and TO_TIMESTAMP take those of
// java.time.format.DateTimeFormatter, which parses strictly; FROM_UNIXTIME,
// UNIX_TIMESTAMP, TO_DATE and CONVERT_TZ those of java.text.SimpleDateFormat,
// which is lenient. Week fields count weeks from Sunday, the first being the one
// with 1 January in it, as in the United States.
type Pattern struct {
	items  []patternItem
	simple bool
}

// patternItem is a field, a literal, or a bracket of an optional section.
type patternItem struct {
	letter byte   // the pattern letter; 'lit' below for a literal, '[' or ']'
	n      int    // how often the letter stands
	text   string // of a literal
	// Of numeric fields: the digits that parsing takes, and how many of them
	// fixed-width fields that follow without a literal between need.
	least, most, reserve int
	adjacent             bool
	skip                 int // of '[': the index of its ']'
}

const literal = '\''

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	quarters   = [...]string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
	eras       = [...]string{"BC", "AD"}
	longEras   = [...]string{"Before Christ", "Anno Domini"}
	halves     = [...]string{"AM", "PM"}
)

// patternLetters are the letters of the two dialects with the most that each
// may stand; 0 for any number.
var (
	formatterLetters = map[byte]int{'G': 5, 'u': 19, 'y': 19, 'Y': 19, 'D': 3, 'M': 5, 'L': 5, 'd': 2, 'Q': 5, 'q': 5, 'w': 2, 'W': 1, 'E': 5,
		'e': 5, 'c': 5, 'F': 1, 'a': 1, 'h': 2, 'K': 2, 'k': 2, 'H': 2, 'm': 2, 's': 2, 'S': 9, 'A': 19, 'n': 19, 'N': 19, 'V': 2,
		'z': 4, 'O': 4, 'X': 5, 'x': 5, 'Z': 5}
	simpleLetters = map[byte]int{'G': 0, 'y': 0, 'Y': 0, 'M': 0, 'L': 0, 'w': 0, 'W': 0, 'D': 0, 'd': 0, 'F': 0, 'E': 0, 'u': 0, 'a': 0, 'H': 0,
		'k': 0, 'K': 0, 'h': 0, 'm': 0, 's': 0, 'S': 0, 'z': 0, 'Z': 0, 'X': 3}
)

// CompilePattern compiles a DateTimeFormatter pattern. The error says which
// letter is wrong.
func CompilePattern(p string) (*Pattern, error) { return compilePattern(p, false) }

// CompileSimplePattern compiles a SimpleDateFormat pattern.
func CompileSimplePattern(p string) (*Pattern, error) { return compilePattern(p, true) }

func compilePattern(p string, simple bool) (*Pattern, error) {
	out := &Pattern{simple: simple}
	var open []int
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n := 1
			for i+n < len(p) && p[i+n] == c {
				n++
			}
			if err := out.addField(c, n); err != nil {
				return nil, err
			}
			i += n
		case c == '\'':
			text, n, ok := quoted(p[i:])
			if !ok {
				return nil, fmt.Errorf("pattern %q ends inside a quoted text", p)
			}
			out.addLiteral(text)
			i += n
		case !simple && c == '[':
			open = append(open, len(out.items))
			out.items = append(out.items, patternItem{letter: '['})
			i++
		case !simple && c == ']':
			if len(open) == 0 {
				return nil, fmt.Errorf("pattern %q has a ] without a [", p)
			}
			out.items[open[len(open)-1]].skip = len(out.items)
			open = open[:len(open)-1]
			out.items = append(out.items, patternItem{letter: ']'})
			i++
		case !simple && (c == '{' || c == '}' || c == '#'):
			return nil, fmt.Errorf("pattern %q has the reserved character %q", p, c)
		default:
			out.addLiteral(p[i : i+1])
			i++
		}
	}
	for i := len(open) - 1; i >= 0; i-- { // Java closes open sections at the end
		out.items[open[i]].skip = len(out.items)
		out.items = append(out.items, patternItem{letter: ']'})
	}
	out.reserveAdjacent()
	return out, nil
}

// quoted reads a text in single quotes; two in a row are one quote.
func quoted(p string) (text string, n int, ok bool) {
	if strings.HasPrefix(p, "''") {
		return "'", 2, true
	}
	for i := 1; i < len(p); i++ {
		if p[i] != '\'' {
			continue
		}
		if i+1 < len(p) && p[i+1] == '\'' {
			i++
			continue
		}
		return strings.ReplaceAll(p[1:i], "''", "'"), i + 1, true
	}
	return "", 0, false
}

func (p *Pattern) addLiteral(text string) {
	if n := len(p.items); n > 0 && p.items[n-1].letter == literal {
		p.items[n-1].text += text
		return
	}
	p.items = append(p.items, patternItem{letter: literal, text: text})
}

func (p *Pattern) addField(c byte, n int) error {
	letters := formatterLetters
	if p.simple {
		letters = simpleLetters
	}
	most, ok := letters[c]
	if !ok {
		return fmt.Errorf("unknown pattern letter: %c", c)
	}
	if most > 0 && n > most {
		return fmt.Errorf("too many pattern letters: %c", c)
	}
	if p.simple && (c == 'M' || c == 'L' || c == 'E') {
		n = min(n, 4)
	}
	it := patternItem{letter: c, n: n}
	switch c {
	case 'y', 'u', 'Y':
		it.least, it.most = n, 19
		if n == 2 {
			it.most = 2
		}
	case 'M', 'L', 'Q', 'q', 'e', 'c':
		if n <= 2 {
			it.least, it.most = numberWidth(n)
		}
	case 'd', 'h', 'K', 'k', 'H', 'm', 's', 'w', 'W', 'F':
		it.least, it.most = numberWidth(n)
	case 'D':
		it.least, it.most = n, 3
		if n == 1 {
			it.most = 19
		}
	case 'S':
		it.least, it.most = n, n
	case 'A', 'n', 'N':
		it.least, it.most = n, 19
	}
	if p.simple && c == 'u' {
		it.least, it.most = n, 19
	}
	p.items = append(p.items, it)
	return nil
}

func numberWidth(n int) (least, most int) {
	if n == 1 {
		return 1, 19
	}
	return n, n
}

// reserveAdjacent lets the first number of a run without literals leave the
// digits that the fixed-width numbers after it need.
func (p *Pattern) reserveAdjacent() {
	first := -1
	for i := range p.items {
		it := &p.items[i]
		switch {
		case it.most == 0:
			first = -1
		case first < 0:
			first = i
		case p.simple:
			p.items[i-1].adjacent = true
		case it.least == it.most:
			p.items[first].reserve += it.most
		default:
			first = i
		}
	}
}
