package fn

import (
	"fmt"
	"github.com/weir-stream/weir/internal/sqlerr"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// regexTimeout bounds a match by the backtracking matcher: a pattern that
// explodes on some value must not hang a job.
const regexTimeout = 2 * time.Second

// javaRegex is a compiled java.util.regex pattern. Most patterns mean the same
// to Go's regexp, which is linear in the text; simple ones of a literal and
// character classes get a scan of their own; what only a backtracking matcher
// can do (look-around, back references, possessive quantifiers) goes to one.
type javaRegex struct {
	scan   *regexScan
	std    *regexp.Regexp
	alt    *regexp2.Regexp
	groups int
	loc    []int
	// empty is set if std may match the empty text beside other text: Java finds
	// an empty match right behind another match, which Go's regexp leaves out.
	empty string
}

// compileJavaRegex compiles a pattern. A regex is used by one task at a time.
func compileJavaRegex(pattern string) (*javaRegex, error) {
	if p, ok := translateRegex(pattern); ok {
		if re, err := regexp.Compile(p); err == nil {
			j := &javaRegex{scan: newRegexScan(p), std: re, groups: re.NumSubexp(), loc: make([]int, 2+2*re.NumSubexp())}
			if mayBeEmpty(p) {
				j.empty = pattern
			}
			return j, nil
		}
	}
	alt, err := compileBacktracking(pattern)
	if err != nil {
		return nil, failure(sqlerr.Pattern, "invalid regular expression '%s': %v", pattern, err)
	}
	n := len(alt.GetGroupNumbers()) - 1
	return &javaRegex{alt: alt, groups: n, loc: make([]int, 2+2*n)}, nil
}

// mayBeEmpty reports whether a pattern of RE2 matches both some text and none.
func mayBeEmpty(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && re.Op != syntax.OpEmptyMatch && leastRunes(re) == 0
}

// leastRunes is the number of characters that the shortest match has, at most 1.
func leastRunes(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastRunes(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return leastRunes(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if leastRunes(sub) > 0 {
				return 1
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if leastRunes(sub) == 0 {
				return 0
			}
		}
		return 1
	}
	return 0
}

func compileBacktracking(pattern string) (re *regexp2.Regexp, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	re, err = regexp2.Compile(pattern)
	if err == nil {
		re.MatchTimeout = regexTimeout
	}
	return re, err
}

// find gives the first match: pairs of offsets, of the whole and of each group,
// -1 for a group without a match. They are valid until the next call.
func (j *javaRegex) find(s string) ([]int, bool, error) {
	switch {
	case j.scan != nil:
		return j.loc, j.scan.find(s, j.loc), nil
	case j.std != nil:
		loc := j.std.FindStringSubmatchIndex(s)
		return loc, loc != nil, nil
	}
	m, err := j.alt.FindStringMatch(s)
	if err != nil || m == nil {
		return nil, false, regexError(err)
	}
	return j.altGroups(m), true, nil
}

// matches reports whether some part of s matches.
func (j *javaRegex) matches(s string) (bool, error) {
	switch {
	case j.scan != nil:
		return j.scan.find(s, j.loc), nil
	case j.std != nil:
		return j.std.MatchString(s), nil
	}
	ok, err := j.alt.MatchString(s)
	return ok, regexError(err)
}

// each calls f with all matches from the left, until it gives false.
func (j *javaRegex) each(s string, f func(loc []int) bool) error {
	if j.empty != "" && j.alt == nil {
		alt, err := compileBacktracking(j.empty)
		if err != nil {
			j.empty = "" // no worse than without
		}
		j.alt = alt
	}
	if j.empty == "" && j.std != nil {
		for _, loc := range j.std.FindAllStringSubmatchIndex(s, -1) {
			if !f(loc) {
				return nil
			}
		}
		return nil
	}
	m, err := j.alt.FindStringMatch(s)
	for ; err == nil && m != nil; m, err = j.alt.FindNextMatch(m) {
		if !f(j.altGroups(m)) {
			return nil
		}
	}
	return regexError(err)
}

func (j *javaRegex) altGroups(m *regexp2.Match) []int {
	for g, group := range m.Groups() {
		if 2*g+1 >= len(j.loc) {
			break
		}
		j.loc[2*g], j.loc[2*g+1] = -1, -1
		if len(group.Captures) > 0 {
			at, n := group.ByteRange()
			j.loc[2*g], j.loc[2*g+1] = at, at+n
		}
	}
	return j.loc
}

func regexError(err error) error {
	if err == nil {
		return nil
	}
	return Err("regular expression gave up: %v", err)
}

// javaClasses are the POSIX and Java classes of \p{..}, as RE2 spells them
// inside brackets.
var javaClasses = map[string]string{
	"Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]", "Alnum": "[:alnum:]",
	"Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]", "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]",
	"Space": `[:space:]`, "IsAlphabetic": `\p{L}`, "IsLetter": `\p{L}`, "IsDigit": `\p{Nd}`, "IsUppercase": `\p{Lu}`, "IsLowercase": `\p{Ll}`,
	"IsPunctuation": `\p{P}`, "javaLowerCase": `\p{Ll}`, "javaUpperCase": `\p{Lu}`,
}

// translateRegex writes a Java pattern as one of RE2, or gives false where RE2
// has no equal.
func translateRegex(p string) (string, bool) {
	var b strings.Builder
	inClass := false
	quantified := -1 // where the last quantifier ended
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\':
			n, ok := translateEscape(&b, p[i:], inClass)
			if !ok {
				return "", false
			}
			i += n - 1
			continue
		case inClass && (c == '[' || c == '&' && strings.HasPrefix(p[i:], "&&")):
			return "", false // nested classes and intersections
		case c == '[':
			inClass = true
			b.WriteByte(c)
			if strings.HasPrefix(p[i+1:], "^") {
				b.WriteByte('^')
				i++
			}
			if strings.HasPrefix(p[i+1:], "]") {
				return "", false
			}
			continue
		case c == ']':
			inClass = false
		case inClass:
		case c == '(' && strings.HasPrefix(p[i+1:], "?"):
			if !plainGroup(p[i+2:]) {
				return "", false
			}
		case c == '+' && i == quantified:
			return "", false // possessive
		case c == '*' || c == '+' || c == '?':
			if i != quantified { // else lazy
				quantified = i + 1
			}
		case c == '{':
			if end := strings.IndexByte(p[i:], '}'); end > 0 {
				quantified = i + end + 1
			}
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// plainGroup reports whether what follows "(?" means the same to RE2.
func plainGroup(s string) bool {
	switch {
	case s == "" || s[0] == '=' || s[0] == '!' || s[0] == '>':
		return false
	case s[0] == '<':
		return len(s) > 1 && s[1] != '=' && s[1] != '!'
	}
	flags := s
	if i := strings.IndexAny(s, ":)"); i >= 0 {
		flags = s[:i]
	}
	return strings.Trim(flags, "ims-") == ""
}

// translateEscape writes the escape at the start of s and gives its length.
func translateEscape(b *strings.Builder, s string, inClass bool) (int, bool) {
	if len(s) < 2 {
		return 0, false
	}
	switch c := s[1]; {
	case c == 'u' && len(s) >= 6:
		fmt.Fprintf(b, `\x{%s}`, s[2:6])
		return 6, true
	case c == 'p' || c == 'P':
		return translateClass(b, s, inClass)
	case c == 'Q':
		end := strings.Index(s, `\E`)
		if end < 0 {
			end = len(s) - 2
			b.WriteString(regexp.QuoteMeta(s[2:]))
			return end + 2, true
		}
		b.WriteString(regexp.QuoteMeta(s[2:end]))
		return end + 2, true
	case c == 's' && !inClass:
		b.WriteString(`[\s\x0B]`)
		return 2, true
	case strings.IndexByte("dDwWsSbBAztnfrax", c) >= 0, c < '0', c > '9' && c < 'A', c > 'Z' && c < 'a', c > 'z' && c < 0x80:
		b.WriteString(s[:2])
		return 2, true
	}
	return 0, false
}

func translateClass(b *strings.Builder, s string, inClass bool) (int, bool) {
	if len(s) < 3 || s[2] != '{' {
		b.WriteString(s[:min(3, len(s))])
		return min(3, len(s)), true
	}
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return 0, false
	}
	name := s[3:end]
	class, ok := javaClasses[name]
	switch {
	case !ok:
		b.WriteString(`\` + s[1:2] + "{" + strings.TrimPrefix(name, "Is") + "}")
	case s[1] == 'P' && inClass:
		return 0, false
	case s[1] == 'P':
		b.WriteString("[^" + class + "]")
	case inClass:
		b.WriteString(class)
	default:
		b.WriteString("[" + class + "]")
	}
	return end + 1, true
}
