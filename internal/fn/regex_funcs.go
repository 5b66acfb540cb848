package fn

import (
	"strings"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Regexes are the functions of Java regular expressions and SIMILAR TO. A
// pattern that is a literal is compiled once.
func Regexes() []Func {
	text, ints := types.String(), types.Of(types.Int)
	return []Func{
		failing(strBind("REGEXP", "(s STRINGLIKE, regex STRINGLIKE) -> BOOLEAN", "Whether some part of the text matches the regular expression; FALSE if that is empty or not valid.",
			bindRegexTest, Example{"REGEXP('weir', 'e.r')", "TRUE"})),
		nullable(failing(strBind("REGEXP_EXTRACT", "(s STRINGLIKE, regex STRINGLIKE [, group INTEGER])", "The first match of the regular expression, or of one of its groups; NULL if there is none.",
			bindRegexExtract, Example{"REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar"})), text),
		nullable(failing(strBind("REGEXP_SUBSTR", "(s STRINGLIKE, regex STRINGLIKE)", "The first match of the regular expression; NULL if there is none.",
			bindRegexExtract, Example{"REGEXP_SUBSTR('a1b22', '[0-9]+')", "1"})), text),
		nullable(failing(strBind("REGEXP_REPLACE", "(s STRINGLIKE, regex STRINGLIKE, by STRINGLIKE)", "The text with all matches replaced.",
			bindRegexReplace, Example{"REGEXP_REPLACE('foobar', 'oo|ar', '')", "fb"})), text),
		nullable(failing(strBind("REGEXP_COUNT", "(s STRINGLIKE, regex STRINGLIKE)", "How many times the regular expression matches.",
			bindRegexCount, Example{"REGEXP_COUNT('hello world!', 'l')", "3"})), ints),
		nullable(failing(strBind("REGEXP_INSTR", "(s STRINGLIKE, regex STRINGLIKE)", "Where the first match begins, from 1; 0 if there is none.",
			bindRegexInstr, Example{"REGEXP_INSTR('hello world!', 'world')", "7"})), ints),
		nullable(failing(strBind("REGEXP_EXTRACT_ALL", "(s STRINGLIKE, regex STRINGLIKE [, group INTEGER])", "All matches of a group (1) of the regular expression.",
			bindRegexExtractAll, Example{"REGEXP_EXTRACT_ALL('a1b2', '([a-z])([0-9])', 2)", "[1, 2]"})), types.ArrayOf(types.String())),
		{Name: "SIMILAR TO", Sig: "(s STRINGLIKE, pattern STRINGLIKE [, escape STRINGLIKE]) -> BOOLEAN", Doc: "Whether the text matches the SQL regular expression.",
			Category: comparisonCategory, Hidden: true, CanFail: true, Bind: bindSimilar, Examples: []Example{{"'abc' SIMILAR TO 'a(b|x)_'", "TRUE"}}},
	}
}

// regexes gives the compiled pattern of argument 1.
type regexes struct {
	text  string
	regex *javaRegex
	err   error
	fixed bool
}

func newRegexes(c *Call) *regexes {
	x := &regexes{}
	if text, ok := literalText(c.Args[1]); ok {
		x.fixed = true
		x.compile(text)
	}
	return x
}

func (x *regexes) compile(text string) {
	x.text = text
	x.regex, x.err = compileJavaRegex(text)
}

// at gives the pattern of a row, nil if it is not valid.
func (x *regexes) at(r *row) *javaRegex {
	if !x.fixed {
		if s := r.str(1); x.regex == nil && x.err == nil || s != x.text {
			x.compile(s)
		}
	}
	return x.regex
}

// bindRegexTest gives false for a pattern that is empty or not valid, as Flink.
func bindRegexTest(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return boolOf(func(r *row) bool {
		re := x.at(r)
		if re == nil || x.text == "" {
			return false
		}
		ok, err := re.matches(r.str(0))
		r.err = err
		return ok
	}), nil
}

// bindRegexExtract gives null for a pattern or a group that does not exist, as
// Flink.
func bindRegexExtract(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return textPart(func(r *row) (string, bool) {
		re, g := x.at(r), 0
		if r.has(2) {
			g = r.clampInt(2)
		}
		if re == nil || g < 0 || g > re.groups {
			return "", false
		}
		s := r.str(0)
		loc, ok, err := re.find(s)
		if err != nil || !ok || loc[2*g] < 0 {
			r.err = err
			return "", false
		}
		return s[loc[2*g]:loc[2*g+1]], true
	}), nil
}

func bindRegexReplace(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		re := x.at(r)
		if re == nil {
			return dst, false
		}
		s, by, from := r.str(0), r.str(2), 0
		r.err = re.each(s, func(loc []int) bool {
			dst = append(append(dst, s[from:loc[0]]...), by...)
			from = loc[1]
			return true
		})
		return append(dst, s[from:]...), true
	}), nil
}

func bindRegexCount(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return intOf(func(r *row) (int, bool) {
		re, n := x.at(r), 0
		if re == nil {
			return 0, false
		}
		r.err = re.each(r.str(0), func([]int) bool { n++; return true })
		return n, true
	}), nil
}

func bindRegexInstr(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return intOf(func(r *row) (int, bool) {
		re := x.at(r)
		if re == nil {
			return 0, false
		}
		s := r.str(0)
		loc, ok, err := re.find(s)
		r.err = err
		if !ok || err != nil {
			return 0, true
		}
		return utf8.RuneCountInString(s[:loc[0]]) + 1, true
	}), nil
}

func bindRegexExtractAll(c *Call) (Kernel, error) {
	x := newRegexes(c)
	return appendOf(func(out *vec.Vector, r *row) {
		re, g := x.at(r), 1
		if r.has(2) {
			g = r.clampInt(2)
		}
		if re == nil || g < 0 || g > re.groups {
			return
		}
		s, list := r.str(0), []any{}
		r.err = re.each(s, func(loc []int) bool {
			if loc[2*g] < 0 {
				list = append(list, nil)
			} else {
				list = append(list, s[loc[2*g]:loc[2*g+1]])
			}
			return true
		})
		out.AppendValue(list)
	}), nil
}

func bindSimilar(c *Call) (Kernel, error) {
	var last, lastEscape string
	var re *javaRegex
	return boolOf(func(r *row) bool {
		pattern, escape := r.str(1), ""
		if r.has(2) {
			escape = r.str(2)
		}
		if re == nil || pattern != last || escape != lastEscape {
			java, err := similarRegex(pattern, escape)
			if err == nil {
				re, err = compileJavaRegex(java)
			}
			if err != nil {
				r.err = err
				return false
			}
			last, lastEscape = pattern, escape
		}
		ok, err := re.matches(r.str(0))
		r.err = err
		return ok
	}), nil
}

// similarRegex writes a SIMILAR TO pattern as a regular expression.
func similarRegex(p, escape string) (string, error) {
	esc := rune(-1)
	if escape != "" {
		var err error
		if esc, err = escapeRune(escape); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	b.WriteString(`(?s)^(?:`)
	inClass, escaped := false, false
	for _, r := range p {
		switch {
		case escaped:
			if r < utf8.RuneSelf {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			escaped = false
		case r == esc:
			escaped = true
		case r == '%' && !inClass:
			b.WriteString(".*")
		case r == '_' && !inClass:
			b.WriteByte('.')
		case strings.ContainsRune(`.$\`, r) || r == '^' && !inClass:
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			inClass = r == '[' || inClass && r != ']'
			b.WriteRune(r)
		}
	}
	if escaped {
		return "", failure(sqlerr.Pattern, "SIMILAR TO pattern '%s' ends with its escape character", p)
	}
	b.WriteString(`)$`)
	return b.String(), nil
}
