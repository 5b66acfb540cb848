package snapshot

import (
	"fmt"
	"slices"
)

// link is a log file as the manifest after it sees it.
type link struct {
	name   Name
	file   *LogFile // nil if it is missing
	frames []FrameAt
	seal   Seal
	first  uint64  // epoch before its first frame
	damage *Damage // why it cannot be read as far as it is sealed
}

// found reports whether the beginning of the file can be read.
func (k *link) found() bool { return k.file != nil && k.file.Manifest != nil }

// broken is damage in a chain of which the first files may still be kept.
type broken struct {
	damage *Damage
	keep   int // so many links, of which the last ends before the damage
}

// chain gives the files that the authority seals and itself, oldest first, and
// the damage after its last record if there is any.
func (d *decider) chain(a int) ([]link, *broken) {
	f := d.Files[a]
	var chain []link
	before := uint64(0)
	for _, s := range f.Manifest.Seals {
		k := d.sealed(s, before)
		chain = append(chain, k)
		before = s.Last
	}
	k := link{name: f.Name, file: f, frames: f.Frames, first: f.Manifest.Last, seal: Seal{Name: f.Name, Length: f.End, Last: f.Manifest.Last}}
	if n := len(f.Frames); n > 0 {
		k.seal.Last = f.Frames[n-1].Epoch
	}
	chain = append(chain, k)
	if f.Tail == TailFollowed {
		return chain, &broken{keep: len(chain), damage: &Damage{File: f.Path, Offset: f.End, Reason: fmt.Sprintf("a valid frame follows at byte %d", f.After)}}
	}
	for _, g := range d.Files[a+1:] { // created and never written: their writer died
		if g.Tail == TailFollowed {
			return chain, &broken{keep: len(chain), damage: &Damage{File: g.Path, Reason: fmt.Sprintf("its beginning cannot be read and a valid frame follows at byte %d", g.After)}}
		}
	}
	return chain, nil
}

// sealed looks a file up that a manifest seals.
func (d *decider) sealed(s Seal, before uint64) link {
	k := link{name: s.Name, seal: s, first: before}
	i := slices.IndexFunc(d.Files, func(f *LogFile) bool { return f.Name == s.Name })
	if i < 0 {
		k.damage = &Damage{File: logFiles.file(s.Name), Reason: "it is missing"}
		return k
	}
	f := d.Files[i]
	k.file = f
	if f.Manifest == nil {
		k.damage = &Damage{File: f.Path, Reason: "its beginning cannot be read"}
		return k
	}
	k.first = f.Manifest.Last
	end := f.Manifest.end
	for _, fr := range f.Frames {
		if fr.End > s.Length {
			break
		}
		k.frames, end = append(k.frames, fr), fr.End
	}
	if end != s.Length {
		k.damage = &Damage{File: f.Path, Offset: end, Reason: fmt.Sprintf("%d bytes of it count", s.Length)}
	}
	return k
}

// lastRecord is what the last valid record of a chain says.
type lastRecord struct {
	standing
	epoch uint64
	final bool
}

func lastOf(chain []link) (r lastRecord) {
	k := &chain[len(chain)-1]
	if n := len(k.frames); n > 0 {
		fr := &k.frames[n-1]
		return lastRecord{fr.standing, fr.Epoch, fr.Final}
	}
	if !k.found() {
		return r
	}
	m := k.file.Manifest
	return lastRecord{m.standing, m.Last, m.Finished}
}

// cut makes what was found of a damaged file all that counts of it.
func (k *link) cut() {
	k.damage = nil
	k.seal = Seal{Name: k.name, Length: k.file.Manifest.end, Last: k.file.Manifest.Last}
	if n := len(k.frames); n > 0 {
		k.seal.Length, k.seal.Last = k.frames[n-1].End, k.frames[n-1].Epoch
	}
}
