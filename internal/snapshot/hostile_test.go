package snapshot

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestHostileContents changes what checksums cover and sets them right again: no
// bytes may make a reader panic or allocate without bound.
func TestHostileContents(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	m := Manifest{Domain: "job", Name: Name{1, 0}, Last: 3, Origin: Origin{Dir: "/sp", ID: 7, Epoch: 3}, Seals: []Seal{{Name{1, 0}, 100, 3}}}
	fr := front{prev: 3, epoch: 4, meta: []byte("meta"), entries: []entry{{table: "t", stored: 5, raw: 5, sum: 1}, {table: "u", codec: codecS2, stored: 5, raw: 9, sum: 1}}}
	x := index{domain: "job", images: []ImageRef{{Table: "t", Part: 1, Offset: 64, Length: 5, Raw: 9, codec: codecZstd, name: Name{1, 1}}}}
	log := m.record(appendPreamble(nil, magicLog), 9)
	manifestEnd := len(log)
	log = append(log, make([]byte, int(aligned(int64(manifestEnd)))-manifestEnd)...)
	head := appendHead(nil, &fr, 9, map[string]int{})
	records := [][2]int{{preambleSize, manifestEnd}, {len(log), len(log) + len(head)}}
	log = append(append(log, head...), "helloworld"...)
	idx := x.encode()
	for range 20000 {
		b := bytes.Clone(log)
		r := records[rnd.IntN(2)]
		var h header
		h.parse(b[r[0]:])
		body := b[r[0]+headerSize : r[1]]
		mutate(rnd, body)
		h.frontSum = checksum(body)
		h.put(b[r[0]:])
		f := &LogFile{Name: Name{1, 0}, Size: int64(len(b))}
		if err := scanLog(bytes.NewReader(b), f, false); err != nil {
			t.Fatal(err)
		}
		_, _ = Decide(Listing{Domain: "job", Files: []*LogFile{f}, FallBack: true})
		if parsed, err := parseFront(&h, body, int64(r[0])); err == nil && r[0] > preambleSize {
			g := blockReader{}
			for i := range parsed.entries {
				e := &parsed.entries[i]
				_, _ = g.unpack.bytes(b[e.offset:][:e.stored], e.codec, e.raw)
			}
		}
		i := bytes.Clone(idx[:len(idx)-4])
		mutate(rnd, i[preambleSize:])
		if parsed, err := parseIndex((&encoder{b: i}).sealed()); err == nil {
			for k := range parsed.images {
				if im := &parsed.images[k]; im.Offset < 0 || im.Length < 0 || im.Raw < 0 {
					t.Fatalf("%+v", im)
				}
			}
		}
	}
}

func mutate(rnd *rand.Rand, b []byte) {
	for range 1 + rnd.IntN(3) {
		b[rnd.IntN(len(b))] = []byte{byte(rnd.Uint32()), 0xff, 0, 0x80}[rnd.IntN(4)]
	}
}
