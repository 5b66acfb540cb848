package avro

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Object container files: a header with the schema, then blocks of records, each with
// its count, its size and, behind it, 16 bytes that are the file's own. A part of a file
// is a run of blocks; its From and To are bytes of the file.

const (
	magic    = "Obj\x01"
	syncSize = 16
	// partBytes is how much of a file makes a part.
	partBytes = 4 << 20
	// largestHeader bounds what is read for a schema.
	largestHeader = 64 << 20
)

// header is what a file says before its blocks.
type header struct {
	schema *schema
	codec  string
	sync   [syncSize]byte
	end    int64 // of the header
}

// fileError names a file in an error of reading it.
func fileError(file string, err error) error {
	var e *sqlerr.Error
	if errors.As(err, &e) && e.Code != sqlerr.Data {
		return err
	}
	return &sqlerr.Error{Code: sqlerr.Data, Msg: file, Err: err}
}

// counting counts the bytes that were read.
type counting struct {
	*bufio.Reader
	n int64
}

func (c *counting) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *counting) bytes() ([]byte, error) {
	n, err := binary.ReadVarint(c)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > largestHeader {
		return nil, errors.New("the header is damaged")
	}
	b := make([]byte, n)
	k, err := io.ReadFull(c.Reader, b)
	c.n += int64(k)
	return b, err
}

func readHeader(r io.ReaderAt, size int64) (*header, error) {
	c := &counting{Reader: bufio.NewReader(io.NewSectionReader(r, 0, size))}
	h, err := c.header()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends inside of its header")
	}
	return h, err
}

func (c *counting) header() (*header, error) {
	var first [len(magic)]byte
	if k, err := io.ReadFull(c.Reader, first[:]); err != nil || string(first[:]) != magic {
		return nil, errors.New("this is no Avro object container file: " + format.Quote(first[:k]) + " is not how one begins")
	}
	c.n = int64(len(magic))
	meta := map[string][]byte{}
	for {
		n, err := binary.ReadVarint(c)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		if n < 0 { // with the size in bytes
			n = -n
			if _, err := binary.ReadVarint(c); err != nil {
				return nil, err
			}
		}
		for ; n > 0; n-- {
			k, err := c.bytes()
			if err != nil {
				return nil, err
			}
			if meta[string(k)], err = c.bytes(); err != nil {
				return nil, err
			}
		}
	}
	h := &header{codec: string(meta["avro.codec"])}
	if _, err := io.ReadFull(c.Reader, h.sync[:]); err != nil {
		return nil, err
	}
	h.end = c.n + syncSize
	var err error
	h.schema, err = parse(string(meta["avro.schema"]))
	return h, err
}

// block is where a block's records lie in the file.
type block struct {
	records  int64
	from, to int64 // bytes of its data; the sync bytes follow
}

// blockAt reads the beginning of a block.
func blockAt(r io.ReaderAt, pos, size int64) (block, error) {
	var buf [2 * binary.MaxVarintLen64]byte
	n, err := r.ReadAt(buf[:min(int64(len(buf)), size-pos)], pos)
	if err != nil && !errors.Is(err, io.EOF) {
		return block{}, err
	}
	records, a := binary.Varint(buf[:n])
	bytes, b := binary.Varint(buf[max(a, 0):n])
	if a <= 0 || b <= 0 || records < 0 || bytes < 0 || bytes > size-pos-int64(a+b)-syncSize {
		return block{}, fmt.Errorf("byte %d: the file ends inside of a block, or is damaged", pos)
	}
	from := pos + int64(a+b)
	return block{records, from, from + bytes}, nil
}

// parts lists runs of blocks.
func parts(r io.ReaderAt, size int64) (out []format.Part, err error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	p := format.Part{From: int(h.end)}
	for pos := h.end; pos < size; {
		b, err := blockAt(r, pos, size)
		if err != nil {
			return nil, err
		}
		pos = b.to + syncSize
		p.To, p.Rows, p.Bytes = int(pos), p.Rows+b.records, p.Bytes+b.to-b.from
		if p.Bytes >= partBytes || pos >= size {
			out = append(out, p)
			p = format.Part{From: int(pos)}
		}
	}
	return out, nil
}

// fileReader reads a part of a file.
type fileReader struct {
	file   string
	r      io.ReaderAt
	header *header
	pos    int64 // of the next block
	end    int64
	codec  codec
	prog   *program
	skip   skip
	in     input
	left   int64 // records of the block
	raw    []byte
	plain  []byte
}

func openFile(s format.Schema, _ format.Options, r io.ReaderAt, size int64, p format.Part, at format.Where) (format.FileReader, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, fileError(at.File, err)
	}
	f := &fileReader{file: at.File, r: r, header: h, pos: max(int64(p.From), h.end), end: min(int64(p.To), size)}
	if f.codec, err = codecOf(h.codec); err != nil {
		return nil, fileError(at.File, err)
	}
	c := newCompiler(h.schema)
	c.whole = true
	root := h.schema.resolve(h.schema.root)
	if root.Type != "record" {
		return nil, fileError(at.File, fmt.Errorf("the file holds values of the type %s, not records", root.Type))
	}
	steps, missing, err := c.record(root, s.Wanted(), "")
	if err != nil {
		return nil, fileError(at.File, err)
	}
	f.prog, f.skip = &program{steps, missing}, c.skipper(root)
	return f, nil
}

// Read appends records; see format.FileReader.
func (f *fileReader) Read(out *vec.Batch, max int) error {
	for f.left == 0 {
		if f.pos >= f.end {
			return io.EOF
		}
		b, err := blockAt(f.r, f.pos, f.end)
		if err == nil {
			err = f.enter(b)
		}
		if err != nil {
			return fileError(f.file, err)
		}
	}
	for n := min(int64(max), f.left); n > 0; n-- {
		run(&f.in, f.prog.steps, f.prog.missing, out.Cols)
		if f.in.fault != "" {
			for _, c := range out.Cols {
				c.Truncate(out.N)
			}
			return f.fault()
		}
		out.N++
		f.left--
	}
	if f.left == 0 && f.in.p != len(f.in.src) {
		f.in.fault = "a block has more bytes than its records"
		return f.fault()
	}
	return nil
}

// fault is the error of a record that cannot be read.
func (f *fileReader) fault() error {
	return fileError(f.file, fmt.Errorf("in the block before byte %d: %s", f.pos, f.in.fault))
}

// enter makes a block the one that is read.
func (f *fileReader) enter(b block) error {
	n := int(b.to-b.from) + syncSize
	if cap(f.raw) < n {
		f.raw = make([]byte, n)
	}
	f.raw = f.raw[:n]
	if _, err := f.r.ReadAt(f.raw, b.from); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(f.raw[n-syncSize:]) != string(f.header.sync[:]) {
		return fmt.Errorf("byte %d: the file is damaged: a block does not end with its marker", b.to)
	}
	data, err := f.codec.decode(f.plain[:0], f.raw[:n-syncSize])
	if err != nil {
		return fmt.Errorf("byte %d: a block cannot be decompressed: %w", b.from, err)
	}
	f.plain, f.left, f.pos = data, b.records, b.to+syncSize
	f.in.src, f.in.p, f.in.fault = data, 0, ""
	return nil
}

// SeekRow goes to record n of the part; see format.FileReader. Blocks before it are not
// read.
func (f *fileReader) SeekRow(n int64) error {
	f.left = 0
	for f.pos < f.end {
		b, err := blockAt(f.r, f.pos, f.end)
		if err != nil {
			return fileError(f.file, err)
		}
		if n >= b.records {
			n -= b.records
			f.pos = b.to + syncSize
			continue
		}
		if err := f.enter(b); err != nil {
			return fileError(f.file, err)
		}
		for ; n > 0 && f.in.fault == ""; n-- {
			f.skip(&f.in)
			f.left--
		}
		if f.in.fault != "" {
			return f.fault()
		}
		return nil
	}
	return nil
}

// Close ends reading; the file is its opener's.
func (f *fileReader) Close() error { return nil }
