package snapshot

import "io"

// Ack says that a log file was durable up to Length, with the frame of Epoch as
// its last. It lies beside the file, in two slots written in turn and never
// synced: it may tell of less than is durable, never of more. A process that was
// killed leaves it exact, and so it tells a log that was cut or damaged after the
// fact from one whose writer died in the middle of a frame.
type Ack struct {
	Epoch  uint64
	Length int64
}

const ackSlot = 64

// writeAck writes the ack of the n-th append.
func writeAck(w io.WriterAt, name Name, a Ack, n uint64) error {
	e := encoder{b: make([]byte, 0, ackSlot)}
	e.name(name)
	e.uint(a.Epoch)
	e.uint(uint64(a.Length))
	b := make([]byte, ackSlot)
	copy(b, e.b)
	e.b = b[:ackSlot-4]
	_, err := w.WriteAt(e.sealed(), int64(n%2)*ackSlot)
	return err
}

// parseAck gives the farther of the slots that are whole, nil if none is.
func parseAck(b []byte, name Name) *Ack {
	var best *Ack
	for ; len(b) >= ackSlot; b = b[ackSlot:] {
		body, ok := unsealed(b[:ackSlot])
		if !ok {
			continue
		}
		d := decoder{b: body}
		if d.name() != name {
			continue
		}
		if a := (Ack{Epoch: d.uint(), Length: int64(d.uint())}); best == nil || a.Length > best.Length {
			best = &a
		}
	}
	return best
}
