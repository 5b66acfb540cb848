package filesystem

import (
	"context"
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// sampleBytes is how much of a text file is looked at for its columns.
const sampleBytes = 1 << 20

// Infer gives the columns of the files that a path names and the options that
// read them, as if they stood in a WITH clause. The first file that is not
// empty decides.
func Infer(ctx context.Context, env *connector.Env, path string) (cols []format.Column, options map[string]string, err error) {
	clean, err := cleanPath(path)
	if err != nil {
		return nil, nil, err
	}
	if clean == "-" {
		return nil, nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the columns of standard input are not known").
			WithHint("declare them: CREATE TABLE t (…) WITH ('connector' = 'filesystem', 'path' = '-', 'format' = 'json')")
	}
	l := location{fs: env.FS, path: clean}
	if err := l.check(); err != nil {
		return nil, nil, err
	}
	files, err := l.list()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if f.size == 0 {
			continue
		}
		return inferFile(env, path, f)
	}
	return nil, nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "'%s' holds no data to read columns from", path)
}

func inferFile(env *connector.Env, path string, f file) ([]format.Column, map[string]string, error) {
	spec := formatBySuffix(env.Formats, f.path)
	if spec == nil || spec.Infer == nil {
		return nil, nil, unknownSuffix(env, f.path)
	}
	options := map[string]string{"connector": "filesystem", "path": path, "format": spec.Name}
	r, err := env.FS.Open(f.path)
	if err != nil {
		return nil, nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot open " + f.path, Err: err}
	}
	defer r.Close()
	var sample []byte
	given := map[string]string{}
	if spec.Parts == nil {
		if sample, err = head(r, f); err != nil {
			return nil, nil, &sqlerr.Error{Code: sqlerr.Data, Msg: "cannot read " + f.path, Err: err}
		}
		if spec.InferOptions != nil {
			given = spec.InferOptions(sample)
		}
	}
	for k, v := range given {
		options[spec.Name+"."+k] = v
	}
	o, err := connector.NewOptions("format '"+spec.Name+"'", spec.Options, nil, given, nil)
	if err != nil {
		return nil, nil, err
	}
	cols, err := spec.Infer(sample, r, f.size, o)
	if err != nil {
		return nil, nil, &sqlerr.Error{Code: sqlerr.Data, Msg: f.path, Err: err}
	}
	return cols, options, nil
}

// head reads the start of a text file, whole lines if there is one.
func head(r io.ReaderAt, f file) ([]byte, error) {
	var src io.Reader = io.NewSectionReader(r, 0, f.size)
	if c, _ := codecOf(f.path); c != nil {
		d, err := c.reader(src)
		if err != nil {
			return nil, err
		}
		defer d.Close()
		src = d
	}
	buf := make([]byte, sampleBytes)
	n, err := io.ReadFull(src, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	buf = buf[:n]
	if n == sampleBytes {
		if i := strings.LastIndexByte(format.View(buf), '\n'); i >= 0 {
			buf = buf[:i+1]
		}
	}
	return buf, nil
}

func unknownSuffix(env *connector.Env, path string) error {
	var known []string
	for _, f := range env.Formats {
		if f.Infer != nil {
			known = append(known, f.Extensions...)
		}
	}
	sort.Strings(known)
	return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the suffix of '%s' does not tell its format", path).
		WithHint("suffixes that do: %s; or declare a table with 'format'", strings.Join(known, ", "))
}
