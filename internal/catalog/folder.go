package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// folder keeps the definitions of one catalog as text:
//
//	DIR/database/database.sql         CREATE DATABASE
//	DIR/database/table.orders.sql     CREATE TABLE or CREATE VIEW
//	DIR/database/function.f.sql       and model, connection
//	DIR/database/table.orders.stats.json  what ANALYZE TABLE found
//
// A file appears complete or not at all: text is written beside it, synced and
// renamed. A new name is first claimed by creating its file exclusively, so that
// of two processes that make the same object one is told that it is there; an
// empty file is a claim whose owner is about to fill it, and nobody reads it.
type folder struct {
	fs  vfs.FS
	dir string
}

const (
	databaseFile = "database.sql"
	defSuffix    = ".sql"
	statsSuffix  = ".stats.json"
)

// fileName makes a name one of a file: what is not a letter, a digit, _ or - is
// written %XX, so that no name is hidden, leaves its folder or has a dot.
func fileName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func nameOf(file string) (string, bool) {
	name, err := url.PathUnescape(file)
	return name, err == nil && name != "" && fileName(name) == file
}

func (f *folder) database(name string) string { return filepath.Join(f.dir, fileName(name)) }

func (f *folder) file(at slot) string {
	return filepath.Join(f.database(at.path.Database), at.class.String()+"."+fileName(at.path.Name)+defSuffix)
}

func statsFile(file string) string { return strings.TrimSuffix(file, defSuffix) + statsSuffix }

// failed says what could not be done with the catalog's files.
func failed(what string, err error) error {
	return &sqlerr.Error{Code: sqlerr.Runtime, Msg: what, Err: err}
}

// write puts text into a file at once. With claim set the file must not exist:
// the error is fs.ErrExist if it does.
func (f *folder) write(file, text string, claim bool) error {
	w, tmp, err := f.temporary(filepath.Dir(file))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	if err == nil {
		err = w.Sync()
	}
	err = errors.Join(err, w.Close())
	if err == nil && claim {
		if c, cerr := f.fs.CreateExclusive(file); cerr != nil {
			err = cerr
		} else {
			err = c.Close()
		}
	}
	if err == nil {
		err = f.fs.Rename(tmp, file)
	}
	if err != nil {
		_ = f.fs.Remove(tmp)
		return err
	}
	return f.fs.SyncDir(filepath.Dir(file))
}

// temporary opens a file with a name that nobody else has: each process takes
// the first that is free.
func (f *folder) temporary(dir string) (w vfs.File, path string, err error) {
	for n := 0; ; n++ {
		path = filepath.Join(dir, fmt.Sprintf(".%04d.tmp", n))
		if w, err = f.fs.CreateExclusive(path); !errors.Is(err, fs.ErrExist) {
			return w, path, err
		}
	}
}

func (f *folder) read(file string) (string, error) {
	r, err := f.fs.Open(file)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close())
}

// create makes a new object's file.
func (f *folder) create(at slot, text string) error {
	file := f.file(at)
	err := f.write(file, text, true)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if st, serr := f.fs.Stat(file); serr == nil && st.Size() == 0 {
		return sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "another process is making the %s `%s`", at.class, at.path.Name).
			WithHint("if that process has died, remove the empty file %s", file)
	}
	return err
}

// replace puts a new text in the place of the one that is known. If the file
// has changed meanwhile, it is left alone.
func (f *folder) replace(old *stored, at slot, text string) error {
	now, err := f.read(old.file)
	if err == nil && now != old.text {
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "another process has changed the %s `%s` meanwhile", old.kind, old.path.Name).WithHint("run the statement again")
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.write(f.file(at), text, errors.Is(err, fs.ErrNotExist))
}

// remove drops an object's files.
func (f *folder) remove(at slot) error {
	file := f.file(at)
	if err := f.fs.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = f.fs.Remove(statsFile(file))
	return f.fs.SyncDir(filepath.Dir(file))
}

// saveStats writes what ANALYZE TABLE found; nil removes it.
func (f *folder) saveStats(at slot, s *Statistics) error {
	file := statsFile(f.file(at))
	if s == nil {
		if err := f.fs.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return f.write(file, string(text)+"\n", false)
}

// loadStats reads statistics; a file that is not there or wrong has none: they
// are only estimates.
func (f *folder) loadStats(file string) *Statistics {
	text, err := f.read(statsFile(file))
	if err != nil {
		return nil
	}
	var s Statistics
	if json.Unmarshal([]byte(text), &s) != nil {
		return nil
	}
	return &s
}

// createDatabase makes a database's folder; fs.ErrExist if it is there.
func (f *folder) createDatabase(name string, db *Database) error {
	if err := f.fs.MkdirAll(f.database(name)); err != nil {
		return err
	}
	return f.write(filepath.Join(f.database(name), databaseFile), DatabaseDDL("", name, *db)+";\n", true)
}

func (f *folder) alterDatabase(name string, db *Database) error {
	return f.write(filepath.Join(f.database(name), databaseFile), DatabaseDDL("", name, *db)+";\n", false)
}

// dropDatabase removes a database: first the file that makes it one.
func (f *folder) dropDatabase(name string) error {
	dir := f.database(name)
	if err := f.fs.Remove(filepath.Join(dir, databaseFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.fs.RemoveAll(dir)
}

// load reads all databases. Objects whose files are as they were are taken over
// from what is known.
func (f *folder) load(catalog string, known map[string]*Database) (map[string]*Database, error) {
	entries, err := f.fs.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]*Database{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]*Database{}
	for _, e := range entries {
		name, ok := nameOf(e.Name())
		if !ok || !e.IsDir() {
			continue
		}
		db, err := f.loadDatabase(catalog, name, known[name])
		if err != nil {
			return nil, err
		}
		if db != nil {
			out[name] = db
		}
	}
	return out, nil
}

// loadDatabase reads a database; nil if the folder is none.
func (f *folder) loadDatabase(catalog, name string, known *Database) (*Database, error) {
	dir := f.database(name)
	text, err := f.read(filepath.Join(dir, databaseFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && text == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	db := &Database{objects: map[member]Object{}}
	if script, err := sql.ParseScript(text); err == nil && len(script.Statements) == 1 {
		if st, ok := script.Statements[0].(*sql.CreateDatabase); ok {
			if st.Comment != nil {
				db.Comment = st.Comment.Value
			}
			for _, o := range st.Options {
				db.Options = db.Options.With(o.Key.Value, o.Value.Value)
			}
		}
	}
	entries, err := f.fs.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := f.loadObject(catalog, name, dir, e.Name(), known, db); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// loadObject reads one file if it is an object's.
func (f *folder) loadObject(catalog, database, dir, base string, known, into *Database) error {
	noun, rest, _ := strings.Cut(base, ".")
	stem, ok := strings.CutSuffix(rest, defSuffix)
	name, good := nameOf(stem)
	class := ClassOf(noun)
	if !ok || !good || class.String() != noun {
		return nil
	}
	file := filepath.Join(dir, base)
	text, err := f.read(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && text == "" {
		return nil // went away, or is only claimed
	}
	if err != nil {
		return err
	}
	s := &stored{path: Path{catalog, database, name}, kind: noun, file: file, text: text, stats: f.loadStats(file)}
	at := slotOf(class, s.path).member()
	if known != nil {
		if old, ok := known.objects[at].(*stored); ok && old.text == text && sameStats(old.stats, s.stats) {
			into.objects[at] = old
			return nil
		}
	}
	s.parse()
	into.objects[at] = s
	return nil
}

func sameStats(a, b *Statistics) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
