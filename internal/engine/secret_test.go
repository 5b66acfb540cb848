package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// guarded is the connector 'guarded': files behind a password, which it blurts out
// wherever it can fail.
type guarded struct{ got map[string]bool }

func (g *guarded) spec() *connector.Spec {
	s := *filesystem.Spec()
	read, write := s.Source, s.Sink
	s.Name = "guarded"
	s.Options = append([]format.Option{{Key: "password"}, {Key: "user"}, {Key: "fails"}, {Key: "limit", Kind: format.IntOption}}, s.Options...)
	s.Source = func(t *connector.Table) (connector.Source, error) {
		pass := t.Options.String("password")
		g.got[t.Options.String("user")+":"+pass] = true
		if t.Options.String("fails") == "plan" {
			return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "no, '%s'", pass).WithHint("not %s", pass)
		}
		src, err := read(t)
		return &guardedSource{src, t, pass}, err
	}
	s.Sink = func(t *connector.Table) (connector.Sink, error) { return write(t) }
	return &s
}

type guardedSource struct {
	connector.Source
	t    *connector.Table
	pass string
}

func (s *guardedSource) Open(ctx context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	fmt.Fprintf(s.t.Env.Stderr, "opening with %s\n", s.pass)
	if s.t.Options.String("fails") == "run" {
		return nil, fmt.Errorf("the server said: %w", errors.New("bad password "+s.pass))
	}
	return s.Source.Open(ctx, sc, sp, pos)
}

// TestSecretsShowNowhere runs pipelines whose tables have secrets, and looks for them
// in all that a session says and all that it leaves in files.
func TestSecretsShowNowhere(t *testing.T) {
	const word, late = "S3cret-Pa55word", "L8-Pa55word"
	dir := t.TempDir()
	for name, text := range map[string]string{"in.csv": "1,2\n3,4\n", "word": word + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"WORD": word, "WHO": "alice-the-user", "LIMIT": "not-a-number"}
	g := &guarded{got: map[string]bool{}}
	var said bytes.Buffer
	c := clock.NewFake(time.Unix(0, 0))
	session := func(options map[string]string) *engine.Session {
		o := map[string]string{"parallelism.default": "2", "pipeline.name": "job"}
		for k, v := range options {
			o[k] = v
		}
		s := engine.New(engine.Config{Stepped: c, Options: o, Stderr: &said, Getenv: func(n string) string { return env[n] }, Connectors: []*connector.Spec{g.spec()}}).NewSession()
		t.Cleanup(func() { s.Close() })
		return s
	}
	at := strings.NewReplacer("$D", dir).Replace
	tables := at(`CREATE TABLE t (k INT, v INT) WITH ('connector'='guarded','path'='$D/in.csv','format'='csv','user'='${env:WHO}','password'='x ${env:WORD} y');
		CREATE TABLE f (k INT, v INT) WITH ('connector'='guarded','path'='$D/in.csv','format'='csv','user'='${env:WHO}','password'='${file:$D/word}');
		CREATE TABLE o (k INT, n BIGINT) WITH ('connector'='guarded','path'='$D/out','format'='csv','password'='${env:WORD}');`)
	insert := "INSERT INTO o SELECT k, COUNT(*) FROM t /*+ OPTIONS('password'='${env:WORD}', 'source.monitor-interval'='1s') */ GROUP BY k"
	insert = strings.Replace(insert, "COUNT(*) FROM t", "v FROM f UNION ALL SELECT k, v FROM t", 1)
	insert = strings.TrimSuffix(insert, " GROUP BY k")
	s := session(nil)
	do(t, s, tables)
	for _, st := range []string{"SHOW CREATE TABLE t", "DESCRIBE EXTENDED t", "EXPLAIN " + insert, "EXPLAIN ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN, PLAN_ADVICE " + insert,
		at("COMPILE PLAN '$D/plan.json' FOR ") + insert, at("EXPLAIN PLAN FOR '$D/plan.json'"), "SET 's3.secret-key' = '${env:WORD}'", "SET", "SHOW TABLES",
		at("CREATE CATALOG c WITH ('type'='filesystem','path'='${file:$D/place}')"), at("CREATE CATALOG d WITH ('type'='filesystem','path'='$D/catalog')"),
		"CREATE TABLE d.`default`.t (k INT) WITH ('connector'='guarded','path'='x','format'='csv','password'='${env:WORD}')", "SHOW CREATE CATALOG d",
		"ALTER TABLE t SET ('password'='<${env:WORD}>')", "SHOW CREATE TABLE t",
		"SELECT * FROM t /*+ OPTIONS('fails'='plan') */", "SELECT * FROM t /*+ OPTIONS('limit'='${env:LIMIT}') */", "SELECT * FROM t /*+ OPTIONS('user'='${env:NOBODY}') */",
		"SET 'parallelism.default' = '${env:LIMIT}'", "SELECT * FROM t /*+ OPTIONS('fails'='run') */"} {
		p, err := s.Prepare(st)
		if err == nil {
			out := &told{}
			err = s.Run(t.Context(), p, out)
			fmt.Fprintln(&said, st, "gives", out.rows, out.said)
			if len(s.Jobs()) > 0 {
				err = errors.Join(err, s.Wait(t.Context()))
			}
		}
		fmt.Fprintln(&said, "error:", err)
	}
	for _, want := range []string{"'${env:WORD}'", "no, '<${env:WORD}>' (not <${env:WORD}>)", "bad password <${env:WORD}>", "the option 'limit' is a whole number such as 4, not '${env:LIMIT}'",
		"the option 'user' of table", "the environment variable NOBODY is not set", "place} cannot be read", "opening with"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("nothing says %q", want)
		}
	}

	// A job that keeps its state goes on with another secret.
	for i, w := range []string{word, late} {
		env["WORD"] = w
		s := session(map[string]string{"execution.checkpointing.dir": filepath.Join(dir, "state")})
		out := &told{}
		p, err := s.Prepare(tables + insert)
		if err == nil {
			err = s.Run(t.Context(), p, out)
		}
		if err == nil {
			err = s.Advance(3 * time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&said, out.said, s.Jobs()[0].Report())
		d := s.Jobs()[0].Durable()
		if left := d.Leave(filepath.Join(dir, fmt.Sprint("savepoint", i))); left != nil {
			s.Stop()
			if err := s.Settle(); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(said.String(), "edited") {
			t.Error("another secret makes another plan")
		}
	}
	for _, who := range []string{"alice-the-user:x " + word + " y", "alice-the-user:" + word, "alice-the-user:" + late} {
		if !g.got[who] {
			t.Errorf("no connector was opened with %s: %v", who, g.got)
		}
	}
	hidden := []string{word, late, "alice-the-user", "not-a-number"}
	for _, h := range hidden {
		if i := strings.Index(said.String(), h); i >= 0 {
			t.Errorf("%s is said: ..%s..", h, said.String()[max(0, i-200):min(said.Len(), i+100)])
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Base(path) == "word" {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		for _, h := range hidden {
			if bytes.Contains(b, []byte(h)) {
				t.Errorf("%s is in %s", h, path)
			}
		}
		return err
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files were looked at: %v", files, err)
	}
}
