package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-stream/weir/cmd/weir/internal/reference"
)

// docsCmd is `weir docs`.
type docsCmd struct {
	Topic string `arg:"" optional:"" help:"functions, connectors, formats or settings."`
	Name  string `arg:"" optional:"" help:"One function, connector, format or setting."`
	Write string `placeholder:"DIR" help:"Write all topics as Markdown files into DIR."`
}

// Run prints a page, or the list of pages.
func (c *docsCmd) Run(a *app) error {
	if c.Write != "" {
		return writeDocs(c.Write)
	}
	topics := reference.Topics()
	if c.Topic == "" {
		var b strings.Builder
		b.WriteString("Topics of weir docs:\n")
		for _, t := range topics {
			fmt.Fprintf(&b, "  %-12s%s\n", t.Name, t.Doc)
		}
		_, err := io.WriteString(a.out, b.String())
		return err
	}
	var names []string
	for _, t := range topics {
		if !strings.EqualFold(t.Name, c.Topic) && !strings.EqualFold(t.Name, c.Topic+"s") {
			names = append(names, t.Name)
			continue
		}
		page := t.Page()
		if c.Name != "" {
			var ok bool
			if page, ok = t.Entry(c.Name); !ok {
				return usage("%s has no entry %s", t.Name, c.Name)
			}
		}
		_, err := io.WriteString(a.out, page)
		return err
	}
	return usage("there is no topic %s: topics are %s", c.Topic, strings.Join(names, ", "))
}

// writeDocs writes a Markdown file for each topic.
func writeDocs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, t := range reference.Topics() {
		if err := os.WriteFile(filepath.Join(dir, t.Name+".md"), []byte(t.Page()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
