package filesystem

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// source is a readable location.
type source struct {
	t       *connector.Table
	loc     location
	spec    *format.Spec
	fopts   format.Options
	stdin   bool
	columns []format.Column // those that the files hold
	place   []int           // table column → ordinal in columns, -1 for partitions
	keys    []partitionKey
	seen    map[string]bool // paths listed already, of a watched location
}

func newSource(t *connector.Table) (connector.Source, error) {
	path, err := cleanPath(t.Options.String("path"))
	if err != nil {
		return nil, err
	}
	s := &source{t: t, loc: location{fs: t.Env.FS, path: path}, stdin: path == "-", seen: map[string]bool{}}
	if p := t.Options.String("source.path.regex-pattern"); p != "" {
		if s.loc.only, err = regexp.Compile("^(?:" + p + ")$"); err != nil {
			return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'source.path.regex-pattern' is not a regular expression: %v", err)
		}
	}
	if !s.stdin && t.Rewrite == nil {
		if err := s.loc.check(); err != nil {
			return nil, err
		}
	}
	if t.Rewrite != nil {
		s.loc.given = append([]string{}, t.Rewrite.Parts...)
	}
	if s.spec, s.fopts, err = formatFor(t, path); err != nil {
		return nil, err
	}
	if s.spec.NewDecoder == nil && s.spec.OpenFile == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' is one of messages, and cannot be read from files", s.spec.Name)
	}
	s.split()
	if s.spec.Check != nil {
		if err := s.spec.Check(s.columns); err != nil {
			return nil, err
		}
	}
	if s.stdin && s.spec.NewDecoder == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' cannot be read from standard input", s.spec.Name).
			WithHint("it needs a file, since it is not read from front to back")
	}
	if s.stdin && len(t.Partitions) > 0 {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "standard input has no partitions")
	}
	return s, nil
}

// formatFor gives the table's format, or the one that the path's suffix means.
func formatFor(t *connector.Table, path string) (*format.Spec, format.Options, error) {
	if t.Format != nil {
		return t.Format, t.FormatOpts, nil
	}
	if f := formatBySuffix(t.Env.Formats, path); f != nil {
		o, err := connector.NewOptions("format '"+f.Name+"'", f.Options, nil, nil, nil)
		return f, o, err
	}
	return nil, nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the table %s names no format", t.Name).WithHint("add 'format' = 'json' or another to its options")
}

func formatBySuffix(formats map[string]*format.Spec, path string) *format.Spec {
	_, bare := codecOf(path)
	for _, f := range formats {
		for _, ext := range f.Extensions {
			if strings.HasSuffix(strings.ToLower(bare), ext) {
				return f
			}
		}
	}
	return nil
}

// split parts the table's columns into those of the files and those of paths.
func (s *source) split() {
	part := map[int]bool{}
	for _, p := range s.t.Partitions {
		part[p] = true
		s.keys = append(s.keys, partitionKey{s.t.Columns[p], p})
	}
	for i, c := range s.t.Columns {
		if part[i] {
			s.place = append(s.place, -1)
			continue
		}
		s.place = append(s.place, len(s.columns))
		s.columns = append(s.columns, c)
	}
}

func (s *source) zone() *types.Zone {
	if s.t.Env.Zone != nil {
		return s.t.Env.Zone
	}
	return types.UTC
}

// Bounded: standard input ends when its writer closes it, but nobody knows
// when, so in streaming mode it is a stream.
func (s *source) Bounded() bool {
	if s.stdin {
		return s.t.Batch || endsByItself(s.t.Env.Stdin)
	}
	return s.DiscoverEveryMs() == 0
}

func (s *source) Changes() connector.Changes {
	if s.spec.Changes {
		return connector.AllChanges
	}
	return connector.InsertOnly
}

func (s *source) DiscoverEveryMs() int64 { return s.t.Options.DurationMs("source.monitor-interval") }

// fewFiles is how many files Rows looks into.
const fewFiles = 32

// Rows counts the rows of files that know, and guesses from the size otherwise.
func (s *source) Rows() int64 {
	if s.stdin || s.t.Options.String("source.report-statistics") == "NONE" {
		return -1
	}
	files, err := s.loc.list()
	if err != nil {
		return -1
	}
	var rows, size, known int64
	for i, f := range files {
		size += f.size
		if s.spec.Parts == nil || i >= fewFiles {
			continue
		}
		if ps, err := s.parts(f); err == nil {
			for _, p := range ps {
				rows += p.Rows
			}
			known += f.size
		}
	}
	if known > 0 {
		return int64(float64(rows) * float64(size) / float64(known))
	}
	const textRow, packed = 100, 4
	if c, _ := codecOf(s.loc.path); c != nil {
		size *= packed
	}
	return size / textRow
}

func (s *source) parts(f file) ([]format.Part, error) {
	r, err := s.loc.fs.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return s.spec.Parts(r, f.size)
}

// piece is the Data of a split: a file, and which part of it.
type piece struct {
	file
	part     format.Part // file formats
	from, to int64       // bytes of a line format; to 0 = the end
	keys     []string    // partition values
}

// Sizes of pieces when a file may be cut.
const (
	pieceBytes = 32 << 20
	pieceRows  = 1 << 20
)

// Splits lists the files, cut into pieces if order does not matter.
func (s *source) Splits(ctx context.Context, sc connector.Scan) ([]connector.Split, error) {
	if s.stdin {
		if s.seen["-"] {
			return nil, nil
		}
		s.seen["-"] = !s.Bounded()
		return []connector.Split{{ID: "-", Rows: -1, Data: piece{}}}, nil
	}
	files, err := s.loc.list()
	if err != nil {
		return nil, err
	}
	var out []connector.Split
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.DiscoverEveryMs() > 0 {
			if s.seen[f.path] {
				continue
			}
			s.seen[f.path] = true
		}
		p := piece{file: f}
		if len(s.keys) > 0 {
			if p.keys, err = s.values(f); err != nil {
				return nil, err
			}
		}
		if out, err = s.cut(out, p, sc); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cut appends the splits of one file.
func (s *source) cut(out []connector.Split, p piece, sc connector.Scan) ([]connector.Split, error) {
	if s.spec.Parts != nil {
		return s.cutParts(out, p, sc)
	}
	c, _ := codecOf(p.path)
	if sc.Ordered || c != nil || p.size < 2*pieceBytes || s.spec.Lines == nil || !s.spec.Lines(s.fopts) {
		return append(out, connector.Split{ID: p.path, Rows: -1, Data: p}), nil
	}
	for from := int64(0); from < p.size; from += pieceBytes {
		q := p
		q.from, q.to = from, min(from+pieceBytes, p.size)
		out = append(out, connector.Split{ID: fmt.Sprintf("%s@%d", p.path, from), Rows: -1, Data: q})
	}
	return out, nil
}

// cutParts gives runs of row groups that are big enough to be worth a split.
func (s *source) cutParts(out []connector.Split, p piece, sc connector.Scan) ([]connector.Split, error) {
	ps, err := s.parts(p.file)
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: p.path, Err: err}
	}
	p.part = format.Part{}
	flush := func() {
		id := p.path
		if !sc.Ordered {
			id = fmt.Sprintf("%s@%d", p.path, p.part.From)
		}
		out = append(out, connector.Split{ID: id, Rows: p.part.Rows, Data: p})
	}
	for _, x := range ps {
		if !sc.Ordered && p.part.Rows > 0 && p.part.Rows+x.Rows > pieceRows {
			flush()
			p.part = format.Part{From: x.From}
		}
		p.part.To, p.part.Rows, p.part.Bytes = x.To, p.part.Rows+x.Rows, p.part.Bytes+x.Bytes
	}
	flush()
	return out, nil
}

// Open starts reading a piece.
func (s *source) Open(ctx context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	p := sp.Data.(piece)
	l, err := s.layout(sc, p)
	if err != nil {
		return nil, err
	}
	at, err := decodePosition(pos)
	if err != nil {
		return nil, err
	}
	if s.stdin {
		return s.openStdin(l)
	}
	if s.spec.OpenFile != nil {
		return s.openParts(l, p, at)
	}
	return s.openStream(l, p, at)
}
