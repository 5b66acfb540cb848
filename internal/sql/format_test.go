package sql

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkFormat checks that formatting keeps the tree and the comments, and that
// formatting again changes nothing.
func checkFormat(t testing.TB, s *Script, want string) {
	t.Helper()
	text, err := Format(s.Src)
	if err != nil {
		t.Fatalf("%q does not format: %v", s.Src, err)
	}
	again, err := ParseScript(text)
	if err != nil {
		t.Fatalf("%q is formatted as\n%s\n%v", s.Src, text, err)
	}
	if got := shapeOf(again.Statements); got != want {
		t.Fatalf("%q is formatted as\n%s\nwhich is another tree:\n got %s\nwant %s", s.Src, text, got, want)
	}
	if a, b := commentTexts(s), commentTexts(again); a != b {
		t.Fatalf("%q is formatted as\n%s\nwith comments %q, not %q", s.Src, text, b, a)
	}
	twice, err := Format(text)
	if err != nil || twice != text {
		t.Fatalf("%q is formatted as\n%s\nand then as\n%s\n%v", s.Src, text, twice, err)
	}
}

func commentTexts(s *Script) string {
	var list []string
	for _, c := range s.Comments {
		list = append(list, strings.TrimRight(c.Text, " \t\r"))
	}
	return strings.Join(list, "|")
}

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// TestFormat formats testdata/format/*.in.sql and compares with the file beside
// it.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.in.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(file, ".in.sql") + ".sql"
		got, err := Format(string(src))
		if err != nil {
			t.Fatal(err)
		}
		if *rewrite {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is formatted as\n%s\nnot as\n%s", file, got, want)
		}
		checkRoundTrip(t, mustParse(t, string(src)))
	}
}

// TestFormatOdd formats what has nothing much to format.
func TestFormatOdd(t *testing.T) {
	for src, want := range map[string]string{
		"":                            "",
		" ; ;; ":                      "",
		"-- only\n\n\n-- comments":    "-- only\n\n-- comments\n",
		"set \n/**/,":                 "SET\n/**/\n  ,;\n",
		"SELECT 1\n-- own\n; ; SET a": "SELECT 1;\n-- own\nSET a;\n",
	} {
		got, err := Format(src)
		if err != nil || got != want {
			t.Errorf("%q is formatted as %q, %v", src, got, err)
		}
		checkRoundTrip(t, mustParse(t, src))
	}
}

func TestFormatRefusesErrors(t *testing.T) {
	if _, err := Format("SELECT 1; SELEC 2"); err == nil {
		t.Error("a script with an error is formatted")
	}
}

// TestFormatComments strews comments and line breaks between the tokens of all
// statements: none may be lost, and the tree must stay.
func TestFormatComments(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	strewn := []string{" ", " ", " ", "\n", "\n\n\n", " -- x\n", "\n-- own\n", " /* y */ ", "\n/* own */ ", "\n  /* two\n     lines */\n", "/**/"}
	for _, list := range canonical {
		for _, text := range list {
			var b strings.Builder
			end := 0
			for _, tok := range Tokens(text) {
				if gap := text[end:tok.Pos.Start]; gap != "" || rnd.IntN(4) == 0 {
					gap = strewn[rnd.IntN(len(strewn))]
					b.WriteString(gap)
				}
				b.WriteString(tok.Text)
				end = tok.Pos.End
			}
			b.WriteString([]string{"", ";", " ; -- end", "\n;\n/* end */", " -- end\n;", "\n-- own\n;", "\n\n/* own */\n\n-- own\n; -- end"}[rnd.IntN(7)])
			s, err := ParseScript(b.String())
			if err != nil {
				t.Errorf("%q: %v", b.String(), err)
				continue
			}
			checkFormat(t, s, shapeOf(s.Statements))
		}
	}
}
