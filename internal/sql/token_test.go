package sql

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	for src, want := range map[string]bool{
		"":                     true,
		"-- only a comment":    true,
		"SELECT 1":             false,
		"SELECT 1;":            true,
		"SELECT 1; -- done":    true,
		"SELECT 1; /* open":    false,
		"SELECT 1; SELECT 2":   false,
		"SELECT ';":            false,
		"SELECT ';';":          true,
		"SELECT `a;":           false,
		"quit":                 true,
		"HELP;":                true,
		"BEGIN STATEMENT SET;": false,
		"BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN x THEN 1 END;":      false,
		"BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;":                      true,
		"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;":                    false,
		"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END":                false,
		"EXECUTE STATEMENT SET BEGIN END;":                                       true,
		"EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; END; SELECT 1;":     true,
		"COMPILE PLAN 'x' FOR STATEMENT SET BEGIN INSERT INTO a SELECT 1; END; ": true,
	} {
		if got := Complete(src); got != want {
			t.Errorf("Complete(%q) = %v", src, got)
		}
	}
}

func TestSplit(t *testing.T) {
	src := " SELECT 1 -- a;b\n ;; EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END; SET x = 'a;b'; SELECT 2 "
	var got []string
	for _, p := range Split(src) {
		got = append(got, src[p.Start:p.End])
	}
	want := []string{"SELECT 1", "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END", "SET x = 'a;b'", "SELECT 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestTokens checks that the tokens tell a highlighter all it needs.
func TestTokens(t *testing.T) {
	names := map[TokenKind]string{WordToken: "w", NameToken: "n", StringToken: "s", BinaryToken: "x", NumberToken: "1", OpToken: "o", CommentToken: "c", BadToken: "!"}
	var got []string
	for _, tok := range Tokens("SELECT a1.`b``c`, 'x''y', X'0A', 1.5e3 .5 -- z\n /* y */ >= => /*+ h */ \"q\" größe") {
		k := names[tok.Kind]
		if tok.Keyword {
			k = "k"
		}
		got = append(got, k+tok.Text)
	}
	want := "kSELECT|wa1|o.|n`b``c`|o,|s'x''y'|o,|xX'0A'|o,|11.5e3|1.5|c-- z|c/* y */|o>=|o=>|o/*+|wh|o*/|!\"q\"|wgröße"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}

// TestUnquoted checks which names are reported as not Flink's.
func TestUnquoted(t *testing.T) {
	s := mustParse(t, "SELECT day, `value`, t.value, COUNT(*), DAY(ts), ts AS year, LEFT(a, 1), CAST(b AS INT), MAX(month) FROM t WHERE name = 'x'")
	var got []string
	for _, i := range s.Unquoted {
		got = append(got, s.Text(i))
	}
	if want := []string{"day", "value", "year", "month"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !IsFlinkReserved("select") || !IsFlinkReserved("Value") || IsFlinkReserved("name") {
		t.Error("wrong reservations")
	}
}

func TestKeywords(t *testing.T) {
	words := Keywords()
	if !slices.IsSorted(words) || len(words) < 250 {
		t.Errorf("%d keywords, sorted: %v", len(words), slices.IsSorted(words))
	}
	total := 0
	for _, list := range []string{reservedWords, clauseWords, otherWords} {
		total += len(strings.Fields(list))
	}
	if total != len(words) {
		t.Errorf("%d words in the lists, but %d keywords: one is in two lists", total, len(words))
	}
	if !IsReserved("select") || IsReserved("day") || IsReserved("offset") || IsKeyword("foo") {
		t.Error("wrong reservations")
	}
	for name, want := range map[string]string{"a": "a", "day": "`day`", "a b": "`a b`", "a`b": "`a``b`", "": "``", "1a": "`1a`", "größe": "größe"} {
		if got := QuoteIdent(name); got != want {
			t.Errorf("QuoteIdent(%q) = %s", name, got)
		}
	}
}
