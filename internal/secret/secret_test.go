package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

func vault(t *testing.T) *secret.Vault {
	t.Helper()
	fs := vfs.NewMem(vfs.MemConfig{}).Process()
	for name, text := range map[string]string{"/pass": "pa ss\"1\n", "/empty": "\n", "/lines": "a\r\nb\r\n"} {
		f, err := fs.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return secret.New(func(name string) string { return map[string]string{"WORD": "hunter2", "A": "x"}[name] }, fs)
}

func TestExpand(t *testing.T) {
	v := vault(t)
	for _, c := range []struct{ text, want, fails string }{
		{"plain $ {env:A} ${}", "plain $ {env:A} ${}", ""},
		{"${env:WORD}", "hunter2", ""},
		{`m required username="${env:A}" password="${env:WORD}";`, `m required username="x" password="hunter2";`, ""},
		{"<${file:/pass}>", "<pa ss\"1>", ""},
		{"${file:/lines}", "a\r\nb", ""},
		{"$${env:WORD} ${env:WORD}", "${env:WORD} hunter2", ""},
		{"${other:WORD}", "${other:WORD}", ""},
		{"${env:NONE}", "", "the environment variable NONE is not set, or is empty (export it"},
		{"${env:}", "", "names nothing"},
		{"${env:WORD", "", "lacks its '}'"},
		{"${file:/none}", "", "the file '/none' of ${file:/none} cannot be read"},
		{"${file:/empty}", "", "is empty"},
	} {
		got, err := v.Expand(c.text)
		if c.fails == "" && (err != nil || got != c.want) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s gives %q, %v; want %q, %q", c.text, got, err, c.want, c.fails)
		}
	}
	var none *secret.Vault
	if _, err := none.Expand("${env:A}"); err == nil {
		t.Error("no vault knows a secret")
	}
	for text, whole := range map[string]bool{"${env:A}": true, "${file:/a b}": true, "$${env:A}": false, "x${env:A}": false, "${env:A}${env:A}": false, "": false} {
		if secret.Whole(text) != whole {
			t.Errorf("%q is one placeholder: want %v", text, whole)
		}
	}
}

// TestRedact shows nothing of what a vault gave: as it is, in quotes, in URLs, in
// causes of errors.
func TestRedact(t *testing.T) {
	v := vault(t)
	for _, s := range []string{"${env:WORD}", "${file:/pass}", "${env:A}"} {
		if _, err := v.Expand(s); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"as hunter2, x":              "as ${env:WORD}, x",
		`got "pa ss\"1"`:             `got "${file:/pass}"`,
		"http://u:pa+ss%221@h/":      "http://u:${file:/pass}@h/",
		"http://u:pa%20ss%221@h/ pa": "http://u:${file:/pass}@h/ pa",
	} {
		if got := v.Redact(text); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
	cause := errors.New("hunter2 was refused")
	at := sqlerr.Pos{Start: 3, End: 5}
	errs := []error{cause, fmt.Errorf("a: %w", &sqlerr.Error{Code: sqlerr.Data, Pos: at, Msg: "b", Err: cause}),
		&sqlerr.Error{Code: sqlerr.Data, Pos: at, Msg: "hunter2", Hint: "not hunter2", Err: cause}, sqlerr.List{{Code: sqlerr.Data, Pos: at, Msg: "hunter2"}}}
	for _, err := range errs {
		got := v.Error(err)
		var e *sqlerr.Error
		if strings.Contains(got.Error(), "hunter2") || !strings.Contains(got.Error(), "${env:WORD}") || errors.As(got, &e) && (e.Pos != at || e.Code != sqlerr.Data) {
			t.Errorf("%v is shown as %v", err, got)
		}
	}
	if same := errors.New("none"); v.Error(same) != same || v.Error(nil) != nil {
		t.Error("errors without secrets change")
	}
	var out bytes.Buffer
	w := v.Writer(&out)
	if n, err := fmt.Fprintf(w, "warning: %s\n", "hunter2"); err != nil || n != len("warning: hunter2\n") || out.String() != "warning: ${env:WORD}\n" {
		t.Errorf("written: %q, %d, %v", out.String(), n, err)
	}
}
