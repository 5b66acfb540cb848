package snapshot

// BaseRef names a base. The zero value is none: the state is that of the frames
// alone.
type BaseRef struct {
	Name  Name
	Least uint64 // frames of later epochs are needed beside it
	Size  int64  // of its index file
	Sum   uint32 // CRC32C of that
}

// None reports whether there is no base.
func (r BaseRef) None() bool { return r == BaseRef{} }

// Seal says how much of a log file of earlier counts.
type Seal struct {
	Name   Name
	Length int64  // bytes of it that count
	Last   uint64 // epoch of the last frame in it, or before it if it holds none
}

// Origin is the savepoint that a state directory began with.
type Origin struct {
	Dir   string
	ID    uint64 // of the savepoint
	Epoch uint64
	Claim Claim
}

// standing is what is true after a record: every manifest and every frame tells
// it, so that the last valid record is enough.
type standing struct {
	Committed  uint64 // sink handles up to this epoch have been committed
	Base, Prev BaseRef
}

// Manifest is the first record of a log file: where it continues, and which of
// the bytes before it count.
type Manifest struct {
	standing
	Domain   string
	Name     Name
	TimeMs   int64
	Last     uint64 // epoch of the last frame before this file, 0 if there is none
	Finished bool   // that frame was the job's last
	Origin   Origin
	Seals    []Seal // of the files before this one, oldest first
	// Carried is the size of the frame that was taken over from the writer before,
	// at the end of the record; 0 is none.
	Carried int64

	end int64 // of its record in the file
}

func (e *encoder) name(n Name) { e.uint(n.Generation); e.uint(n.Number) }

func (e *encoder) ref(r BaseRef) {
	e.name(r.Name)
	e.uint(r.Least)
	e.uint(uint64(r.Size))
	e.word(r.Sum)
}

func (e *encoder) standing(s *standing) {
	e.uint(s.Committed)
	e.ref(s.Base)
	e.ref(s.Prev)
}

func (d *decoder) name() Name { return Name{d.uint(), d.uint()} }

func (d *decoder) ref() BaseRef {
	return BaseRef{Name: d.name(), Least: d.uint(), Size: int64(d.uint()), Sum: d.word()}
}

func (d *decoder) standing() standing {
	return standing{Committed: d.uint(), Base: d.ref(), Prev: d.ref()}
}

// record encodes the manifest as a whole record. A frame that it carries, and zeros
// up to that, are to follow.
func (m *Manifest) record(dst []byte, salt uint64) []byte {
	at := len(dst)
	e := encoder{b: append(dst, make([]byte, headerSize)...)}
	e.standing(&m.standing)
	e.str(m.Domain)
	e.name(m.Name)
	e.int(m.TimeMs)
	e.uint(m.Last)
	e.flag(m.Finished)
	e.str(m.Origin.Dir)
	e.uint(m.Origin.ID)
	e.uint(m.Origin.Epoch)
	e.str(string(m.Origin.Claim))
	e.uint(uint64(len(m.Seals)))
	for _, s := range m.Seals {
		e.name(s.Name)
		e.uint(uint64(s.Length))
		e.uint(s.Last)
	}
	e.uint(uint64(m.Carried))
	front := e.b[at+headerSize:]
	h := header{kind: kindManifest, salt: salt, epoch: m.Last, length: uint64(len(front)), front: uint32(len(front)), frontSum: checksum(front)}
	if m.Carried > 0 {
		end := int64(len(e.b))
		h.length += uint64(aligned(end) - end + m.Carried)
	}
	h.put(e.b[at:])
	return e.b
}

// parseManifest reads the front of a manifest's record, nil if it is none.
func parseManifest(front []byte) *Manifest {
	d := decoder{b: front}
	m := &Manifest{standing: d.standing(), Domain: d.str(), Name: d.name(), TimeMs: d.int(), Last: d.uint(), Finished: d.flag()}
	m.Origin = Origin{Dir: d.str(), ID: d.uint(), Epoch: d.uint(), Claim: Claim(d.str())}
	m.Seals = make([]Seal, d.count())
	for i := range m.Seals {
		m.Seals[i] = Seal{Name: d.name(), Length: int64(d.uint()), Last: d.uint()}
	}
	if len(d.b) > 0 { // format 1 has none
		m.Carried = int64(d.uint())
	}
	if d.bad || len(d.b) > 0 || m.Carried < 0 {
		return nil
	}
	return m
}
