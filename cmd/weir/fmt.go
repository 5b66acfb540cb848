package main

import (
	"fmt"
	"io"
	"os"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// fmtCmd is `weir fmt`.
type fmtCmd struct {
	Write bool     `short:"w" help:"Write the result back to the files."`
	Check bool     `help:"Only name the files that are not formatted; the status is 1 if there are any."`
	Files []string `arg:"" name:"FILE" help:"Scripts; - reads stdin."`
}

// Run formats every file; one that does not parse keeps its text, and is told.
func (c *fmtCmd) Run(a *app) error {
	status := statusDone
	for _, f := range c.Files {
		st, err := c.file(a, f)
		if err != nil {
			return err
		}
		status = max(status, st)
	}
	if status != statusDone {
		return &exit{status: status}
	}
	return nil
}

func (c *fmtCmd) file(a *app, name string) (status int, err error) {
	var src []byte
	shown := name
	if name == "-" {
		shown = "<stdin>"
		src, err = io.ReadAll(a.in)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		fmt.Fprintln(a.err, "weir:", plainPathError(err))
		return statusUsage, nil
	}
	out, err := sql.Format(string(src))
	if err != nil {
		fmt.Fprint(a.err, sqlerr.Render(shown, string(src), err))
		return statusUsage, nil
	}
	changed := out != string(src)
	switch {
	case c.Check:
		if changed {
			fmt.Fprintln(a.out, shown)
			return statusFailed, nil
		}
	case c.Write && name != "-":
		if changed {
			return statusDone, replaceFile(name, out)
		}
	default:
		_, err = io.WriteString(a.out, out)
	}
	return statusDone, err
}

// replaceFile writes a file anew, keeping its permissions; a crash leaves the
// old text or the new.
func replaceFile(name, text string) error {
	mode := os.FileMode(0o644)
	if st, err := os.Stat(name); err == nil {
		mode = st.Mode().Perm()
	}
	tmp := name + ".weir-fmt"
	if err := os.WriteFile(tmp, []byte(text), mode); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
