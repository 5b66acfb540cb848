package spill

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"
)

func fill(b []byte, seed uint64) {
	for i := 0; i+8 <= len(b); i += 8 {
		seed = seed*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(b[i:], seed)
	}
}

// Slabs keep what was written to them wherever they are, at one address.
func TestSlabsKeepTheirBytes(t *testing.T) {
	b := New(Config{Limit: 1 << 20, Dirs: []string{t.TempDir()}})
	var slabs []*Slab
	at := map[*Slab]*byte{}
	for i := range 64 {
		s := b.Map(100<<10 - i)
		if bytes.Count(s.Mem, []byte{0}) != len(s.Mem) {
			t.Fatalf("slab %d is not zeroed", i)
		}
		fill(s.Mem, uint64(i))
		slabs, at[s] = append(slabs, s), unsafe.SliceData(s.Mem)
		b.Tend()
		if i == 40 {
			for _, s := range slabs {
				if b.Pressed() {
					b.Move(s)
				}
			}
		}
	}
	filed := 0
	want := make([]byte, len(slabs[0].Mem))
	for i, s := range slabs {
		if s.Filed() {
			filed++
			drop([][]byte{s.Mem})
		}
		fill(want, uint64(i))
		if !bytes.Equal(want, s.Mem) || unsafe.SliceData(s.Mem) != at[s] {
			t.Fatalf("slab %d differs", i)
		}
	}
	if now, _ := b.Spilled(); filed < 50 || now != int64(filed*len(want)) || b.Memory() > b.Limit()/2 || b.Pressed() {
		t.Errorf("%d slabs are in files, %d bytes; in memory %d", filed, now, b.Memory())
	}
	for i, s := range slabs { // in an order that leaves holes
		b.Unmap(slabs[(i*37)%len(slabs)])
		_ = s
	}
	if now, most := b.Spilled(); now != 0 || most == 0 || b.Memory() != 0 || b.files[0].end != 0 {
		t.Errorf("%d bytes of files and %d of memory are left", now, b.Memory())
	}
	if err := b.Close(); err != nil || b.Err() != nil {
		t.Error(err, b.Err())
	}
}

// The window is what is left of the budget.
func TestTendKeepsTheWindowSmall(t *testing.T) {
	if _, ok := resident(); !ok {
		t.Skip("the system does not tell what is resident")
	}
	b := New(Config{Limit: 4 << 20, Dirs: []string{t.TempDir()}})
	defer b.Close()
	var slabs []*Slab
	for range 8 {
		slabs = append(slabs, b.Map(4<<20))
	}
	for _, s := range slabs {
		defer b.Unmap(s)
		b.Move(s)
		for i := 0; i < len(s.Mem); i += PageSize {
			s.Mem[i]++
			if i%(1<<20) == 0 {
				b.Tend()
			}
		}
	}
	b.Tend()
	if now, _ := resident(); now-b.window.base > b.room() {
		t.Errorf("%d KB are resident, %d allowed", (now-b.window.base)>>10, b.room()>>10)
	}
}

func TestNoRoom(t *testing.T) {
	b := New(Config{Limit: 1 << 20, Dirs: []string{"/nonexistent"}})
	for range 3 {
		b.Unmap(b.Map(1 << 19))
	}
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	s := b.Map(2 << 20) // what asks goes on
	s.Mem[len(s.Mem)-1] = 1
	if err := b.Err(); err == nil || !strings.Contains(err.Error(), "nonexistent") {
		t.Errorf("no folder: %v", err)
	}
	b = New(Config{Limit: 1 << 20, Dirs: []string{t.TempDir()}, Disk: 4 << 20})
	for range 4 {
		b.Map(1 << 20)
	}
	if err := b.Err(); err != nil {
		t.Fatal(err)
	}
	b.Map(1 << 20)
	if err := b.Err(); err == nil || !strings.Contains(err.Error(), "cannot spill more than the 4096 KB") {
		t.Errorf("disk full: %v", err)
	}
	if err := b.Reserve(1 << 20); err == nil || b.Reserve(1<<18) != nil {
		t.Errorf("Reserve: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
