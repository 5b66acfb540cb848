package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
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

// kind is how a file tells of rows.
type kind int

const (
	plainRows   kind = iota
	changeRows       // the first column says what a row does
	changesJSON      // maxwell-json
)

// fold adds up the rows of a file, that have so many commas.
func fold(rows map[string]int, text string, of kind, commas int) error {
	if text != "" && !strings.HasSuffix(text, "\n") {
		return errors.New("it ends within a row")
	}
	for line := range strings.Lines(text) {
		row, by, err := of.row(strings.TrimSuffix(line, "\n"))
		if err != nil || strings.Count(row, ",") != commas {
			return fmt.Errorf("%q is no row", line)
		}
		if rows[row] += by; rows[row] == 0 {
			delete(rows, row)
		}
	}
	return nil
}

// row reads a line: a row that comes (1) or goes (-1).
func (k kind) row(line string) (row string, by int, err error) {
	switch k {
	case changeRows:
		op, row, _ := strings.Cut(line, ",")
		if op == "UPDATE_BEFORE" || op == "DELETE" {
			return row, -1, nil
		}
		return row, 1, nil
	case changesJSON:
		var x struct {
			Data struct{ A, B, C, D, Version *int64 }
			Type string
		}
		if err = json.Unmarshal([]byte(line), &x); err != nil {
			return "", 0, err
		}
		cells := []*int64{x.Data.A, x.Data.B, x.Data.C, x.Data.D}
		if x.Data.Version != nil {
			cells = append(cells, x.Data.Version)
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			if c != nil { // as CSV writes it
				texts[i] = strconv.FormatInt(*c, 10)
			}
		}
		by = 1
		if x.Type == "delete" {
			by = -1
		}
		return strings.Join(texts, ","), by, nil
	}
	return line, 1, nil
}
