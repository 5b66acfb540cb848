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
	slices.SortFunc(d.Files, func(a, b *LogFile) int { return a.Name.compare(b.Name) })
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
		if damage.keep == 0 || !chain[damage.keep-1].found() {
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
		if !k.found() {
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
