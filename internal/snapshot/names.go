package snapshot

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Name is a file's generation and its number within that.
type Name struct{ Generation, Number uint64 }

// Less orders files as they were made.
func (n Name) Less(m Name) bool {
	return n.compare(m) < 0
}

func (n Name) compare(m Name) int {
	return cmp.Or(cmp.Compare(n.Generation, m.Generation), cmp.Compare(n.Number, m.Number))
}

func (n Name) String() string { return fmt.Sprintf("%d-%d", n.Generation, n.Number) }

// kind is a kind of numbered file: the folder, and how its names begin and end.
type kind struct{ dir, prefix, suffix string }

var (
	logFiles   = kind{"log", "log-", ".wlog"}
	ackFiles   = kind{"log", "log-", ".ack"}
	indexFiles = kind{"base", "index-", ".widx"}
	imageFiles = kind{"base", "image-", ".wimg"}
)

// file gives the name of a file, relative to the state directory.
func (k kind) file(n Name) string {
	return filepath.Join(k.dir, fmt.Sprintf("%s%010d-%06d%s", k.prefix, n.Generation, n.Number, k.suffix))
}

// parse takes the name of a file without its folder apart.
func (k kind) parse(base string) (n Name, ok bool) {
	s, ok := strings.CutPrefix(base, k.prefix)
	if !ok {
		return n, false
	}
	if s, ok = strings.CutSuffix(s, k.suffix); !ok {
		return n, false
	}
	gen, num, ok := strings.Cut(s, "-")
	if !ok {
		return n, false
	}
	g, err1 := strconv.ParseUint(gen, 10, 64)
	m, err2 := strconv.ParseUint(num, 10, 64)
	n = Name{Generation: g, Number: m}
	return n, err1 == nil && err2 == nil && filepath.Base(k.file(n)) == base
}
