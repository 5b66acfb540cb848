// Package secret keeps passwords out of scripts: the value of an option names an
// environment variable or a file, ${env:NAME} or ${file:PATH}, and whoever uses the
// option gets what that holds. All else (plans, catalogs, checkpoints) keeps the
// name, and texts for people are cleared of what the names stand for.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// leastHidden is the least length of values that are cleared from texts: shorter ones
// are no passwords, and are found by chance in any text.
const leastHidden = 4

// mostBytes bounds the files of secrets.
const mostBytes = 1 << 20

// Vault looks secrets up and knows those that it gave. It is safe for concurrent use;
// a nil Vault has none.
type Vault struct {
	getenv func(name string) string
	fs     vfs.FS

	mu    sync.RWMutex
	given []value // longest first
}

// value is what a placeholder stands for, in one of the forms that texts have it in.
type value struct{ text, placeholder string }

// New makes a vault over an environment, which may be nil, and files.
func New(getenv func(name string) string, files vfs.FS) *Vault {
	return &Vault{getenv: getenv, fs: files}
}

// reference is a placeholder; one after another '$' is text.
var reference = regexp.MustCompile(`\$?\$\{(env|file):([^}]*)(\}?)`)

// Has reports whether a value names secrets.
func Has(text string) bool { return strings.Contains(text, "${") && reference.MatchString(text) }

// Whole reports whether a value is one placeholder and nothing else.
func Whole(text string) bool {
	at := reference.FindStringIndex(text)
	return at != nil && at[0] == 0 && at[1] == len(text) && !strings.HasPrefix(text, "$$")
}

// Expand gives a value with what its placeholders stand for. $${env:X} is the text
// ${env:X}. The error is a *sqlerr.Error of code Option that does not say where the
// value is from.
func (v *Vault) Expand(text string) (string, error) {
	if !Has(text) {
		return text, nil
	}
	var out strings.Builder
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		whole, kind, name := text[m[0]:m[1]], text[m[2]:m[3]], text[m[4]:m[5]]
		out.WriteString(text[last:m[0]])
		last = m[1]
		if strings.HasPrefix(whole, "$$") {
			out.WriteString(whole[1:])
			continue
		}
		if m[6] == m[7] {
			return "", failure("'%s' lacks its '}'", whole).WithHint("write ${%s:..}", kind)
		}
		x, err := v.look(kind, name)
		if err != nil {
			return "", err
		}
		v.remember(x, whole)
		out.WriteString(x)
	}
	out.WriteString(text[last:])
	return out.String(), nil
}

func failure(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, format, args...)
}

func (v *Vault) look(kind, name string) (string, error) {
	switch {
	case name == "":
		return "", failure("${%s:} names nothing", kind).WithHint("write ${env:NAME} or ${file:PATH}")
	case v == nil:
		return "", failure("${%s:%s} cannot be looked up here", kind, name)
	case kind == "file":
		return v.read(name)
	case v.getenv == nil:
		return "", failure("there is no environment to look ${env:%s} up in", name)
	}
	x := v.getenv(name)
	if x == "" {
		return "", failure("the environment variable %s is not set, or is empty", name).WithHint("export it where weir is started, or name a file: ${file:PATH}")
	}
	return x, nil
}

// read gives what a file holds, without the end of its last line.
func (v *Vault) read(path string) (string, error) {
	f, err := v.fs.Open(path)
	if err != nil {
		e := failure("the file '%s' of ${file:%s} cannot be read: %v", path, path, reason(err))
		return "", e.WithHint("it holds the secret and nothing else; is its path right, and may weir read it?")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return "", failure("the file '%s' of ${file:%s} cannot be read: %v", path, path, reason(err))
	case len(b) > mostBytes:
		return "", failure("the file '%s' of ${file:%s} is longer than %d bytes", path, path, mostBytes).WithHint("it holds the secret and nothing else")
	}
	x := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if x == "" {
		return "", failure("the file '%s' of ${file:%s} is empty", path, path).WithHint("it holds the secret and nothing else")
	}
	return x, nil
}

// reason leaves out the path, which the message names.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// remember notes what texts for people must not show: a value as it is, and as it is
// in quotes and URLs.
func (v *Vault) remember(x, placeholder string) {
	if len(x) < leastHidden {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	quoted := strconv.Quote(x)
	for _, form := range []string{x, quoted[1 : len(quoted)-1], url.QueryEscape(x), url.PathEscape(x), url.UserPassword("", x).String()[1:]} {
		if !slices.ContainsFunc(v.given, func(o value) bool { return o.text == form }) {
			v.given = append(v.given, value{form, placeholder})
		}
	}
	slices.SortStableFunc(v.given, func(a, b value) int { return len(b.text) - len(a.text) })
}

// Redact gives a text for people with placeholders where it has secrets.
func (v *Vault) Redact(text string) string {
	if v == nil {
		return text
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, x := range v.given {
		if strings.Contains(text, x.text) {
			text = strings.ReplaceAll(text, x.text, x.placeholder)
		}
	}
	return text
}

// Error gives an error whose text has no secrets: err itself if it had none.
func (v *Vault) Error(err error) error {
	if err == nil || v == nil || v.Redact(err.Error()) == err.Error() {
		return err
	}
	var many sqlerr.List
	if errors.As(err, &many) {
		out := make(sqlerr.List, len(many))
		for i, e := range many {
			out[i] = v.one(e)
		}
		return out
	}
	var one *sqlerr.Error
	if e, is := err.(*sqlerr.Error); is {
		return v.one(e)
	} else if errors.As(err, &one) {
		return &sqlerr.Error{Code: one.Code, Pos: one.Pos, Msg: v.Redact(err.Error())}
	}
	return errors.New(v.Redact(err.Error()))
}

// one clears an error; its cause becomes text, since nothing else of it is known.
func (v *Vault) one(e *sqlerr.Error) *sqlerr.Error {
	out := &sqlerr.Error{Code: e.Code, Pos: e.Pos, Msg: v.Redact(e.Msg), Hint: v.Redact(e.Hint)}
	if e.Err != nil {
		out.Err = e.Err
		if text := e.Err.Error(); v.Redact(text) != text {
			out.Err = fmt.Errorf("%s", v.Redact(text))
		}
	}
	return out
}

// Writer gives w without secrets; each Write is a text of its own.
func (v *Vault) Writer(w io.Writer) io.Writer {
	if w == nil {
		return nil
	}
	return &writer{v: v, w: w}
}

type writer struct {
	v *Vault
	w io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	w.v.mu.RLock()
	none := len(w.v.given) == 0
	w.v.mu.RUnlock()
	if none {
		return w.w.Write(p)
	}
	if _, err := io.WriteString(w.w, w.v.Redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
