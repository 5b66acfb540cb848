package filesystem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// sink is a writable location.
type sink struct {
	t      *connector.Table
	dir    string
	stdout bool
	spec   *format.Spec
	fopts  format.Options
	data   []int // table columns that go into files
	keys   []partitionKey
	commit *committing // nil: partitions are not committed
	uid    string      // of this run's files
	roll   rolling
}

// rolling says when a file is ended.
type rolling struct {
	size                            int64
	openMs, inactiveMs, checkEachMs int64
}

func newSink(t *connector.Table) (connector.Sink, error) {
	path, err := cleanPath(t.Options.String("path"))
	if err != nil {
		return nil, err
	}
	o := t.Options
	s := &sink{t: t, dir: path, stdout: path == "-", roll: rolling{o.Bytes("sink.rolling-policy.file-size"), o.DurationMs("sink.rolling-policy.rollover-interval"),
		o.DurationMs("sink.rolling-policy.inactivity-interval"), o.DurationMs("sink.rolling-policy.check-interval")}}
	if err := refuse(o); err != nil {
		return nil, err
	}
	if s.spec, s.fopts, err = formatFor(t, path); err != nil {
		return nil, err
	}
	if s.spec.NewEncoder == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' cannot be written to files", s.spec.Name)
	}
	if err := s.columns(); err != nil {
		return nil, err
	}
	if err := s.place(); err != nil {
		return nil, err
	}
	if s.commit, err = s.committing(); err != nil {
		return nil, err
	}
	seed := uint64(t.Env.Clock.Now().UnixNano())
	if t.Env.Seed != nil {
		seed = t.Env.Seed()
	}
	s.uid = fmt.Sprintf("%016x", connector.Mix(seed))
	return s, nil
}

// refuse names the options of Flink that do not work here.
func refuse(o format.Options) error {
	no := func(key, hint string) error {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the option '%s' is not supported", key).WithHint("%s", hint)
	}
	switch {
	case o.Bool("auto-compaction"):
		return no("auto-compaction", "larger rolling-policy sizes and checkpoint intervals make fewer files")
	case o.IsSet("sink.partition-commit.policy.class"):
		return no("sink.partition-commit.policy.class", "policies are success-file and metastore")
	case o.IsSet("partition.time-extractor.class"), o.String("partition.time-extractor.kind") == "custom":
		return no("partition.time-extractor.class", "'partition.time-extractor.timestamp-pattern' says how partition values make a time")
	}
	return nil
}

// columns parts those of the files from those of paths and checks both.
func (s *sink) columns() error {
	part := map[int]bool{}
	for _, p := range s.t.Partitions {
		part[p] = true
		c := s.t.Columns[p]
		if c.Type.IsNested() {
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the partition column %s has the type %s", c.Name, c.Type)
		}
		s.keys = append(s.keys, partitionKey{c, p})
	}
	for i := range s.t.Columns {
		if !part[i] {
			s.data = append(s.data, i)
		}
	}
	if len(s.data) == 0 {
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the table %s has nothing but partition columns", s.t.Name)
	}
	if s.stdout && len(s.keys) > 0 {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "standard output has no partitions")
	}
	if s.spec.Check != nil {
		return s.spec.Check(s.fileColumns())
	}
	return nil
}

func (s *sink) fileColumns() []format.Column {
	var out []format.Column
	for _, i := range s.data {
		out = append(out, s.t.Columns[i])
	}
	return out
}

// place checks that files can be put there.
func (s *sink) place() error {
	if s.stdout {
		return nil
	}
	st, err := s.t.Env.FS.Stat(s.dir)
	switch {
	case err == nil && !st.IsDir():
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is a file; a table is written as a folder of files", s.dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &sqlerr.Error{Code: sqlerr.Option, Msg: "cannot write to '" + s.dir + "'", Err: err}
	case hasMeta(s.dir):
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the path '%s' is a glob; a table is written to a folder", s.dir)
	}
	return nil
}

func (s *sink) Accepts() connector.Changes {
	if s.spec.Changes {
		return connector.AllChanges
	}
	return connector.InsertOnly
}

// Parallelism is one for standard output, and where partitions are committed:
// only then is the last file of a partition sure to be there before its mark. So
// it is where files are replaced: they go when all of the new ones are there.
func (s *sink) Parallelism() int {
	if s.stdout || s.commit != nil || s.t.Rewrite != nil {
		return 1
	}
	return int(s.t.Options.Int("sink.parallelism"))
}

func (s *sink) Open(_ context.Context, subtask, _ int) (connector.Writer, error) {
	if s.stdout {
		return s.openStdout()
	}
	if err := makeDir(s.t.Env.FS, s.dir, ""); err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot make the folder " + s.dir, Err: err}
	}
	return newWriter(s, subtask), nil
}

// encoder makes an encoder for a file.
func (s *sink) encoder() (format.Encoder, error) {
	z := s.t.Env.Zone
	if z == nil {
		z = types.UTC
	}
	cols := s.fileColumns()
	want := make([]int, len(cols))
	for i := range want {
		want[i] = i
	}
	return s.spec.NewEncoder(format.Schema{Columns: cols, Want: want, Zone: z}, s.fopts)
}

// committing is how partitions are committed.
type committing struct {
	byWatermark bool
	delayMs     int64
	success     string // name of the file; "" = none
	zone        *types.Zone
	pattern     string
	formatter   *types.Pattern
}

// committing reads the partition-commit options; nil without a policy.
func (s *sink) committing() (*committing, error) {
	o := s.t.Options
	kinds := o.String("sink.partition-commit.policy.kind")
	if kinds == "" || len(s.keys) == 0 {
		return nil, nil
	}
	c := &committing{byWatermark: o.String("sink.partition-commit.trigger") == "partition-time", delayMs: o.DurationMs("sink.partition-commit.delay"),
		pattern: o.String("partition.time-extractor.timestamp-pattern")}
	for _, k := range strings.Split(kinds, ",") {
		switch strings.TrimSpace(k) {
		case "success-file":
			c.success = o.String("sink.partition-commit.success-file.name")
		case "metastore":
		default:
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the partition commit policy '%s' is not supported", strings.TrimSpace(k)).
				WithHint("policies are success-file and metastore")
		}
	}
	var err error
	if c.zone, err = types.LoadZone(o.String("sink.partition-commit.watermark-time-zone")); err != nil {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is no time zone", o.String("sink.partition-commit.watermark-time-zone"))
	}
	if p := o.String("partition.time-extractor.timestamp-formatter"); p != "" {
		if c.formatter, err = types.CompilePattern(p); err != nil {
			return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is no pattern of a time", p)
		}
	}
	return c, nil
}

// time reads the time of a partition from its values, ms since 1970.
func (c *committing) time(keys []partitionKey, values []string) (int64, error) {
	text := values[0]
	if c.pattern != "" {
		text = c.pattern
		for i, k := range keys {
			text = strings.ReplaceAll(text, "$"+k.Name, values[i])
		}
	}
	var ms int64
	var ok bool
	if c.formatter != nil {
		ms, _, ok = c.formatter.Parse(text)
	} else {
		ms, _, ok = types.ParseTimestamp(text, 3)
	}
	if !ok {
		return 0, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the partition time '%s' is no timestamp", text).
			WithHint("'partition.time-extractor.timestamp-pattern' puts one together from the partition columns")
	}
	return c.zone.LocalToUTC(ms), nil
}
