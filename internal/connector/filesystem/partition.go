package filesystem

import (
	"net/url"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// partitionKey is a column whose values stand in paths.
type partitionKey struct {
	format.Column
	ordinal int
}

// values reads the partition values of a file from its path.
func (s *source) values(f file) ([]string, error) {
	dirs := strings.Split(f.rel, "/")
	out := make([]string, len(s.keys))
	for i, k := range s.keys {
		found := false
		for _, d := range dirs[:len(dirs)-1] {
			name, value, ok := strings.Cut(d, "=")
			if ok && unescape(name) == k.Name {
				out[i], found = unescape(value), true
			}
		}
		if !found {
			return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s has no folder '%s=…' in its path, but %s is partitioned by %s", f.path, k.Name, s.t.Name, k.Name)
		}
	}
	return out, nil
}

// unescape undoes the %XX of Hive's path names.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// escapePath writes a name or value of a partition as Hive does.
func escapePath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
