package filesystem

import (
	"bufio"
	"compress/bzip2"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// codec is a compression by suffix.
type codec struct {
	suffixes []string
	reader   func(r io.Reader) (io.ReadCloser, error)
	writer   func(w io.Writer) (io.WriteCloser, error)
}

var codecs = []codec{
	{[]string{".gz", ".gzip"}, func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
		func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) }},
	{[]string{".zst", ".zstd"}, newZstd,
		func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) }},
	{[]string{".bz2"}, func(r io.Reader) (io.ReadCloser, error) {
		return io.NopCloser(bzip2.NewReader(bufio.NewReaderSize(r, 1<<16))), nil
	}, nil},
	{[]string{".deflate"}, func(r io.Reader) (io.ReadCloser, error) { return flate.NewReader(r), nil },
		func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }},
}

// newZstd decodes in the reading goroutine: parallelism comes from splits.
func newZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// codecOf finds the compression of a file by its suffix and gives the name
// without it; nil means none.
func codecOf(path string) (*codec, string) {
	low := strings.ToLower(path)
	for i := range codecs {
		for _, s := range codecs[i].suffixes {
			if strings.HasSuffix(low, s) {
				return &codecs[i], path[:len(path)-len(s)]
			}
		}
	}
	return nil, path
}
