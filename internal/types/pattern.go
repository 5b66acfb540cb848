package types

import (
	"fmt"
	"strconv"
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

// moment is a time cut into the fields that patterns print.
type moment struct {
	days, of int32
	nano     int32 // of the second
	y, m, d  int
	offset   int32 // milliseconds
	zone     string
}

// Append appends a local time: milliseconds and the nanoseconds within. Zone
// fields print as UTC.
func (p *Pattern) Append(dst []byte, localMs int64, ns int32) []byte {
	return p.AppendZoned(dst, localMs, ns, 0, "UTC")
}

// AppendIn appends an instant in a zone.
func (p *Pattern) AppendIn(dst []byte, utcMs int64, ns int32, z *Zone) []byte {
	off := z.OffsetMs(utcMs)
	return p.AppendZoned(dst, utcMs+off, ns, int32(off), z.name)
}

// AppendZoned appends a local time with the offset and the name that zone
// fields print.
func (p *Pattern) AppendZoned(dst []byte, localMs int64, ns, offsetMs int32, zone string) []byte {
	t := moment{offset: offsetMs, zone: zone}
	t.days, t.of = SplitMs(localMs)
	t.nano = t.of%1000*1e6 + ns
	t.y, t.m, t.d = CivilFromDays(t.days)
	for i := range p.items {
		it := &p.items[i]
		switch it.letter {
		case literal:
			dst = append(dst, it.text...)
		case '[', ']':
		default:
			dst = t.append(dst, it, p.simple)
		}
	}
	return dst
}

func (t *moment) append(dst []byte, it *patternItem, simple bool) []byte {
	n := it.n
	switch it.letter {
	case 'G':
		return appendEra(dst, t.y > 0, n, simple)
	case 'y', 'u', 'Y':
		return t.appendYear(dst, it, simple)
	case 'M', 'L':
		return appendName(dst, monthNames[t.m-1], t.m, n, 3)
	case 'Q', 'q':
		return appendQuarter(dst, (t.m+2)/3, n)
	case 'E':
		return appendName(dst, dayNames[isoDayOfWeek(t.days)-1], 0, max(n, 3), 3)
	case 'e', 'c':
		return appendName(dst, dayNames[isoDayOfWeek(t.days)-1], int(ExtractDate(DayOfWeek, t.days)), n, 3)
	case 'a':
		return append(dst, halves[t.of/(12*MsPerHour)]...)
	case 'S':
		if simple {
			return appendPadded(dst, int64(t.nano/1e6), n)
		}
		for d := int32(1e8); n > 0; n, d = n-1, d/10 {
			dst = append(dst, byte('0'+t.nano/d%10))
		}
		return dst
	case 'z', 'V', 'O', 'X', 'x', 'Z':
		return t.appendZone(dst, it.letter, n, simple)
	}
	return appendPadded(dst, t.number(it.letter), n)
}

// number gives the value of a plain numeric field.
func (t *moment) number(letter byte) int64 {
	hour := int64(t.of / MsPerHour)
	switch letter {
	case 'd':
		return int64(t.d)
	case 'D':
		return ExtractDate(DayOfYear, t.days)
	case 'F':
		return int64(t.d-1)/7 + 1
	case 'w':
		_, w := usWeek(t.days)
		return int64(w)
	case 'W':
		return int64(t.d+int(floorMod(DaysFromCivil(t.y, t.m, 1)+4, 7))-1)/7 + 1
	case 'h':
		return (hour+11)%12 + 1
	case 'K':
		return hour % 12
	case 'k':
		return (hour+23)%24 + 1
	case 'H':
		return hour
	case 'm':
		return ExtractTime(Minute, t.of)
	case 's':
		return ExtractTime(Second, t.of)
	case 'n':
		return int64(t.nano)
	case 'A':
		return int64(t.of)
	case 'N':
		return int64(t.of/1000)*1e9 + int64(t.nano)
	}
	return 0
}

// usWeek gives the week-based year and week of the United States.
func usWeek(days int32) (year, week int) {
	saturday := days + 6 - floorMod(days+4, 7) // the week is that of its last day
	y, _, _ := CivilFromDays(saturday)
	return y, int(saturday-DaysFromCivil(y, 1, 1))/7 + 1
}

func (t *moment) appendYear(dst []byte, it *patternItem, simple bool) []byte {
	y := t.y
	switch {
	case it.letter == 'Y':
		y, _ = usWeek(t.days)
	case it.letter == 'u' && simple:
		return appendPadded(dst, int64(isoDayOfWeek(t.days)), it.n)
	}
	if it.letter != 'u' && y <= 0 {
		y = 1 - y
	}
	switch {
	case it.n == 2:
		return append2(dst, floorMod(y, 100))
	case it.n >= 4 && !simple && y > 9999 && it.n == 4:
		dst = append(dst, '+')
	}
	return appendPadded(dst, int64(y), it.n)
}

// appendPadded appends v with at least n digits.
func appendPadded(dst []byte, v int64, n int) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	for n--; n > 0 && n < len(pow10i64) && v < pow10i64[n]; n-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendName appends a month or weekday: a number, its first letters, the whole
// name, or one letter.
func appendName(dst []byte, name string, number, n, short int) []byte {
	switch n {
	case 1, 2:
		return appendPadded(dst, int64(number), n)
	case 3:
		return append(dst, name[:short]...)
	case 5:
		return append(dst, name[0])
	}
	return append(dst, name...)
}

func appendQuarter(dst []byte, q, n int) []byte {
	switch n {
	case 3:
		return append(dst, 'Q', byte('0'+q))
	case 4:
		return append(dst, quarters[q-1]...)
	case 5:
		n = 1
	}
	return appendPadded(dst, int64(q), n)
}

func appendEra(dst []byte, ad bool, n int, simple bool) []byte {
	switch {
	case n == 4 && !simple:
		return append(dst, longEras[btoi(ad)]...)
	case n == 5 && !simple:
		return append(dst, eras[btoi(ad)][0])
	}
	return append(dst, eras[btoi(ad)]...)
}

// appendZone appends an offset or a zone name.
func (t *moment) appendZone(dst []byte, letter byte, n int, simple bool) []byte {
	switch {
	case letter == 'z' || letter == 'V':
		return append(dst, t.zone...)
	case letter == 'O' || letter == 'Z' && n == 4 && !simple:
		dst = append(dst, "GMT"...)
		if t.offset == 0 {
			return dst
		}
		return appendOffset(dst, t.offset, true, letter == 'O' && n == 1)
	case letter == 'X' && t.offset == 0 || letter == 'Z' && n == 5 && t.offset == 0 && !simple:
		return append(dst, 'Z')
	case letter == 'Z':
		return appendOffset(dst, t.offset, n == 5 && !simple, false)
	}
	return appendOffset(dst, t.offset, n == 3 || n == 5, n == 1)
}

// appendOffset appends +08:00, +0800, or +08 where the minutes are 0 and may
// be left out.
func appendOffset(dst []byte, offsetMs int32, colon, short bool) []byte {
	sign := byte('+')
	if offsetMs < 0 {
		sign, offsetMs = '-', -offsetMs
	}
	h, m := int(offsetMs/MsPerHour), int(offsetMs/MsPerMinute%60)
	dst = append2(append(dst, sign), h)
	if short && m == 0 {
		return dst
	}
	if colon {
		dst = append(dst, ':')
	}
	return append2(dst, m)
}
