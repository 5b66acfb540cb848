package filesystem

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// partitions is the k=v folders below a table's folder.
type partitions struct {
	t  *connector.Table
	fs interface {
		ReadDir(path string) ([]fs.DirEntry, error)
		MkdirAll(path string) error
		RemoveAll(path string) error
		Stat(path string) (fs.FileInfo, error)
	}
	root string
	null string
}

// tablePartitions gives the partitions of a table that is a folder.
func tablePartitions(t *connector.Table) (connector.Partitions, error) {
	root, err := cleanPath(t.Options.String("path"))
	if err != nil {
		return nil, err
	}
	if root == "-" || hasMeta(root) {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "'%s' is not one folder, so it has no partitions to change", root)
	}
	return &partitions{t: t, fs: t.Env.FS, root: root, null: t.Options.String("partition.default-name")}, nil
}

// key is the name of the i-th partition column.
func (p *partitions) key(i int) string { return p.t.Columns[p.t.Partitions[i]].Name }

// List walks the folders, one level a partition column.
func (p *partitions) List() ([][]*string, error) { return p.list(p.root, nil) }

func (p *partitions) list(dir string, values []*string) ([][]*string, error) {
	if len(values) == len(p.t.Partitions) {
		return [][]*string{append([]*string(nil), values...)}, nil
	}
	entries, err := p.fs.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out [][]*string
	for _, e := range entries {
		name, value, ok := strings.Cut(e.Name(), "=")
		if !ok || hidden(e.Name()) || unescape(name) != p.key(len(values)) {
			continue
		}
		v := &value
		if value = unescape(value); value == p.null {
			v = nil
		}
		below, err := p.list(filepath.Join(dir, e.Name()), append(values, v))
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// path is the folder of a partition.
func (p *partitions) path(values []*string) string {
	dir := p.root
	for i, v := range values {
		text := p.null
		if v != nil && *v != "" {
			text = *v
		}
		dir = filepath.Join(dir, escapePath(p.key(i))+"="+escapePath(text))
	}
	return dir
}

func (p *partitions) Add(values []*string) error {
	dir := p.path(values)
	if _, err := p.fs.Stat(dir); err == nil {
		return fs.ErrExist
	}
	return p.fs.MkdirAll(dir)
}

func (p *partitions) Drop(values []*string) error {
	dir := p.path(values)
	if _, err := p.fs.Stat(dir); err != nil {
		return err
	}
	return p.fs.RemoveAll(dir)
}
