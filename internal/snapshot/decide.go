package snapshot

import (
	"fmt"
	"slices"
)

// Listing is what the store holds: all that recovery is decided by.
type Listing struct {
	Domain   string // that the caller expects; "" takes any
	Files    []*LogFile
	Indexes  []IndexFile
	FallBack bool // the user agrees to go back to an earlier epoch
}

// IndexFile is an index file that was found.
type IndexFile struct {
	Name    Name
	Path    string
	Size    int64
	Sum     uint32
	Version uint32
	Whole   bool
}

// Outcome is what there is to recover.
type Outcome int

// The outcomes.
const (
	Nothing  Outcome = iota // nothing is durable yet
	Resume                  // Decision.Epoch is the last durable epoch
	Finished                // it was the last of all: the job has ended
)

// Span is the part of a log file that counts.
type Span struct {
	File   *LogFile
	Frames []FrameAt
	Seal   Seal
}

// Decision is what is recovered, and what the next generation seals.
type Decision struct {
	standing
	Outcome    Outcome
	Epoch      uint64
	Generation uint64 // the highest that was seen, torn ones too
	Origin     Origin
	From       BaseRef // the base to begin with: Base, or Prev if Base is damaged
	Spans      []Span  // oldest first
	Warnings   []string
}

// Decide says what is recovered from a listing, and nothing else: it reads and
// writes nothing. Its error is damage, a format version that is newer than this
// program's, or a job that the state is not of.
func Decide(l Listing) (*Decision, error) {
	d := &decider{Listing: l}
	slices.SortFunc(d.Files, func(a, b *LogFile) int {
		switch {
		case a.Name.Less(b.Name):
			return -1
		case b.Name.Less(a.Name):
			return 1
		}
		return 0
	})
	if err := d.foreign(); err != nil {
		return nil, err
	}
	return d.decide()
}

type decider struct {
	Listing
	warnings []string
}

// foreign refuses what is not this job's or of a later format.
func (d *decider) foreign() error {
	for _, f := range d.Files {
		if f.Version > Version {
			return newerVersion(f.Path, f.Version)
		}
		if f.Manifest != nil && d.Domain != "" && f.Manifest.Domain != d.Domain {
			return otherDomain(f.Path, f.Manifest.Domain, d.Domain)
		}
	}
	for _, x := range d.Indexes {
		if x.Version > Version {
			return newerVersion(x.Path, x.Version)
		}
	}
	return nil
}

func (d *decider) decide() (*Decision, error) {
	out := &Decision{}
	for _, f := range d.Files {
		out.Generation = max(out.Generation, f.Name.Generation)
	}
	a := d.authority()
	if a < 0 {
		return out, d.empty()
	}
	out.Origin = d.Files[a].Manifest.Origin
	chain, damage := d.chain(a)
	for {
		last := lastOf(chain)
		if err := d.agree(damage, last.epoch); err != nil {
			return nil, err
		}
		out.standing, out.Epoch = last.standing, last.epoch
		switch {
		case last.final:
			out.Outcome = Finished
		case last.epoch > 0:
			out.Outcome = Resume
		}
		if damage = d.cover(out, chain); damage == nil {
			break
		}
		if damage.keep == 0 {
			return nil, damage.damage.user(hintRestore)
		}
		chain = chain[:damage.keep]
		chain[len(chain)-1].cut()
	}
	err := d.acknowledged(d.Files[a].Name.Generation, out.Epoch)
	out.Warnings = d.warnings
	return out, err
}

// agree asks whether the user agrees to what damage leaves.
func (d *decider) agree(b *broken, epoch uint64) error {
	if b == nil {
		return nil
	}
	committed := uint64(0)
	for _, f := range d.Files {
		committed = max(committed, f.AfterK)
		if f.Manifest != nil {
			committed = max(committed, f.Manifest.Committed)
		}
		for i := range f.Frames {
			committed = max(committed, f.Frames[i].Committed)
		}
	}
	switch {
	case epoch < committed:
		return b.damage.user(fmt.Sprintf("sinks have committed epoch %d, and what is left ends with epoch %d: ", committed, epoch) + hintRestore)
	case !d.FallBack:
		return b.damage.user(fmt.Sprintf(hintFallBack, epoch))
	}
	d.warnings = append(d.warnings, fmt.Sprintf("%v: went back to epoch %d", b.damage, epoch))
	return nil
}

// acknowledged compares what is recovered with how far the log is known to have
// been durable. Only files that no newer generation has decided over count.
func (d *decider) acknowledged(generation, epoch uint64) error {
	for _, f := range d.Files {
		if a := f.Ack; a != nil && f.Name.Generation >= generation && a.Epoch > epoch {
			return d.agree(&broken{damage: &Damage{File: f.Path, Offset: f.End, Reason: fmt.Sprintf("it was durable up to byte %d, epoch %d", a.Length, a.Epoch)}}, epoch)
		}
	}
	return nil
}

// authority is the index of the newest file that says what counts.
func (d *decider) authority() int {
	for i := len(d.Files) - 1; i >= 0; i-- {
		if d.Files[i].Manifest != nil {
			return i
		}
	}
	return -1
}

// empty is for a directory without a manifest: a process died before it had
// written its first, unless something says that there was more.
func (d *decider) empty() error {
	for _, f := range d.Files {
		if f.Tail == TailFollowed {
			return (&Damage{File: f.Path, Reason: "its beginning cannot be read"}).user(hintRestore)
		}
		if f.Ack != nil && f.Ack.Epoch > 0 {
			return (&Damage{File: f.Path, Offset: f.Size, Reason: fmt.Sprintf("epoch %d was durable in it", f.Ack.Epoch)}).user(hintRestore)
		}
	}
	if len(d.Indexes) > 0 {
		return (&Damage{File: d.Indexes[0].Path, Reason: "it is part of a state whose log is missing"}).user(hintRestore)
	}
	return nil
}

// link is a log file as the manifest after it sees it.
type link struct {
	name   Name
	file   *LogFile // nil if it is missing
	frames []FrameAt
	seal   Seal
	first  uint64  // epoch before its first frame
	damage *Damage // why it cannot be read as far as it is sealed
}

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
	if k.file == nil || k.file.Manifest == nil {
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

// cover finds the base to begin with and the frames after it: the last record's
// base, or the one before where that cannot be read.
func (d *decider) cover(out *Decision, chain []link) *broken {
	refs := []BaseRef{out.Base}
	if !out.Base.None() && (!out.Prev.None() || out.Origin.Dir == "") {
		refs = append(refs, out.Prev)
	}
	var first *broken
	for _, ref := range refs {
		b := d.index(ref)
		if b == nil {
			b = d.spans(out, chain, ref)
		}
		if b == nil {
			out.From = ref
			if first != nil {
				d.warnings = append(d.warnings, fmt.Sprintf("%v: began with the base before it", first.damage))
			}
			return nil
		}
		if first == nil {
			first = b
		}
	}
	return first
}

// index says what is wrong with the index of a base.
func (d *decider) index(ref BaseRef) *broken {
	if ref.None() {
		return nil
	}
	for i := range d.Indexes {
		x := &d.Indexes[i]
		if x.Name != ref.Name {
			continue
		}
		if x.Whole && x.Size == ref.Size && x.Sum == ref.Sum {
			return nil
		}
		return &broken{damage: &Damage{File: x.Path, Offset: min(x.Size, ref.Size), Reason: fmt.Sprintf("its checksum is not that of the %d bytes that were written", ref.Size)}}
	}
	return &broken{damage: &Damage{File: indexFiles.file(ref.Name), Reason: "it is missing"}}
}

// spans finds the frames that are needed beside a base: those of later epochs,
// those whose handles may not have been committed, and the last one.
func (d *decider) spans(out *Decision, chain []link, ref BaseRef) *broken {
	out.Spans = nil
	if out.Epoch == out.Origin.Epoch { // no frame of its own
		return nil
	}
	need := ref.Least
	if ref.None() {
		need = out.Origin.Epoch
	}
	need = max(min(need, out.Committed, out.Epoch-1), out.Origin.Epoch)
	i := len(chain)
	for i > 0 && chain[i-1].seal.Last > need {
		i--
	}
	before := need
	for j := i; j < len(chain); j++ {
		k := &chain[j]
		damage, keep := k.damage, j+1
		if k.file == nil || k.file.Manifest == nil {
			keep = j
		} else if j == i && k.first > need || j > i && k.first != before {
			damage = &Damage{File: k.file.Path, Reason: fmt.Sprintf("it continues epoch %d, and the frames after epoch %d are missing", k.first, before)}
			keep = j
		}
		if damage != nil {
			return &broken{damage: damage, keep: keep}
		}
		before = k.seal.Last
	}
	for i > 0 && chain[i-1].damage == nil && (i == len(chain) || chain[i].first == chain[i-1].seal.Last) { // kept for the base before
		i--
	}
	for _, k := range chain[i:] {
		out.Spans = append(out.Spans, Span{File: k.file, Frames: k.frames, Seal: k.seal})
	}
	return nil
}
