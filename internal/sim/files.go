package sim

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/weir-stream/weir/internal/vfs"
)

// each gives the visible files of a folder.
func each(fsys vfs.FS, dir string, f func(path, text string) error) error {
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_") || e.IsDir() {
			continue
		}
		at := path.Join(dir, e.Name())
		file, err := fsys.Open(at)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
		if err := f(at, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// fold adds up the rows of a file, that have so many commas; with changes the first
// column says what a row does.
func fold(rows map[string]int, text string, changes bool, commas int) error {
	if text != "" && !strings.HasSuffix(text, "\n") {
		return errors.New("it ends within a row")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		by := 1
		if changes {
			op, row, _ := strings.Cut(line, ",")
			line = row
			if op == "UPDATE_BEFORE" || op == "DELETE" {
				by = -1
			}
		}
		if strings.Count(line, ",") != commas {
			return fmt.Errorf("%q is no row", line)
		}
		if rows[line] += by; rows[line] == 0 {
			delete(rows, line)
		}
	}
	return nil
}
