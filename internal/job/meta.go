package job

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// metaVersion is that of the JSON in a frame. What it says is for people as well.
const metaVersion = 1

// Meta is what an epoch says beside state: where every subtask stood and what
// sinks had prepared.
type Meta struct {
	Version     int
	Parallelism int
	// Unaligned: the epoch holds rows that were on their way, so that it goes on with as
	// many subtasks, until one is aligned.
	Unaligned bool `json:",omitempty"`
	// Record is that of the run (Adopted).
	Record []byte `json:",omitempty"`
	// Schemas are those of the operators' tables, packed.
	Schemas []byte `json:",omitempty"`
	// Groups is the number of key groups.
	Groups int        `json:",omitempty"`
	Parts  []MetaPart `json:",omitempty"`
}

// head encodes what all epochs of a run say alike, which is most of it, once: completed
// adds the rest.
func (m *Meta) head() ([]byte, error) {
	b, err := json.Marshal(m)
	return bytes.TrimSuffix(b, []byte("}")), err
}

// completed is the JSON of a Meta of a head.
func completed(head []byte, unaligned bool, parts []MetaPart) ([]byte, error) {
	list, err := json.Marshal(parts)
	b := append(make([]byte, 0, len(head)+len(list)+32), head...)
	if unaligned {
		b = append(b, `,"Unaligned":true`...)
	}
	b = append(append(b, `,"Parts":`...), list...)
	return append(b, '}'), err
}

// MetaPart is a flow.Part without its deltas.
type MetaPart struct {
	Vertex    string
	Name      string `json:",omitempty"`
	Subtask   int
	Of        int   // subtasks
	Watermark int64 `json:",omitempty"`
	Ended     bool  `json:",omitempty"`
	// Position is JSON or, where it is not, bytes.
	Position json.RawMessage `json:",omitempty"`
	Bytes    []byte          `json:",omitempty"`
	Handle   []byte          `json:",omitempty"`
	// CaughtUp and Rows are flow.Part's, PerSecond is how many of them it gave a second
	// when it gave most.
	CaughtUp  bool    `json:",omitempty"`
	Rows      int64   `json:",omitempty"`
	PerSecond float64 `json:",omitempty"`
}

// frame writes an epoch down.
func (j *Job) frame(e *flow.Epoch) (*snapshot.Frame, error) {
	var parts []MetaPart
	unaligned := false
	f := &snapshot.Frame{Epoch: e.Number, TimeMs: j.cfg.Flow.Clock.Now().UnixMilli(), Final: e.Final, Committed: e.Committed}
	for _, p := range e.Parts {
		mp := MetaPart{Vertex: p.Vertex, Name: j.names[p.Vertex], Subtask: p.Subtask, Of: p.Parallelism, Watermark: p.Watermark, Ended: p.Ended, Handle: p.Handle, CaughtUp: p.CaughtUp, Rows: p.Rows}
		mp.PerSecond = j.rates.note(p, f.TimeMs)
		if json.Valid(p.Position) {
			mp.Position = p.Position
		} else {
			mp.Bytes = p.Position
		}
		parts = append(parts, mp)
		unaligned = unaligned || p.Overtook()
		if p.InFlight != nil {
			f.Blocks = append(f.Blocks, snapshot.Block{Table: p.Vertex + "/" + flow.InFlightTable, Subtask: p.Subtask, Data: p.InFlight})
		}
		for _, d := range p.Deltas {
			f.Blocks = append(f.Blocks, snapshot.Block{Table: p.Vertex + "/" + d.Table, Subtask: p.Subtask, Data: d.Data, More: d.More})
		}
	}
	var err error
	f.Meta, err = completed(j.metaHead, unaligned, parts)
	return f, err
}

func parseMeta(b []byte) (*Meta, error) {
	m := &Meta{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: "the manifest of an epoch is damaged", Err: err}
	}
	if m.Version != metaVersion {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the checkpoint is of format %d, this release reads format %d", m.Version, metaVersion).
			WithHint("run the release that wrote it, or start anew with --restart")
	}
	return m, nil
}

// RecordOf gives the record (Adopted) that the last epoch holds, nil if none does, and
// what its sources had read.
func RecordOf(r *snapshot.Recovered) ([]byte, Reading, error) {
	if r.Epoch == 0 {
		return nil, nil, nil
	}
	m, err := parseMeta(r.Meta)
	if err != nil {
		return nil, nil, err
	}
	return m.Record, m.reading(), nil
}

func (p *MetaPart) part() *flow.Part {
	f := &flow.Part{Vertex: p.Vertex, Subtask: p.Subtask, Parallelism: p.Of, Watermark: p.Watermark, Ended: p.Ended, Position: p.Position, Handle: p.Handle, CaughtUp: p.CaughtUp, Rows: p.Rows}
	if p.Position == nil {
		f.Position = p.Bytes
	}
	return f
}

// parts gives where the subtasks stood.
func (m *Meta) parts() []*flow.Part {
	var out []*flow.Part
	for i := range m.Parts {
		p := m.Parts[i].part()
		p.Handle = nil
		out = append(out, p)
	}
	return out
}

// restoreOf gives what a job goes on from; nil if nothing was durable.
func restoreOf(rec *snapshot.Recovered) (*flow.Restore, *Meta, error) {
	if rec.Epoch == 0 {
		return nil, nil, nil
	}
	m, err := parseMeta(rec.Meta)
	if err != nil {
		return nil, nil, err
	}
	r := &flow.Restore{Epoch: rec.Epoch}
	if r.Saved, err = unpackSchemas(m.Schemas); err != nil {
		return nil, nil, err
	}
	r.Parts = m.parts()
	err = rec.Frames(func(epoch uint64, meta []byte) error {
		if epoch <= rec.Committed {
			return nil
		}
		m, err := parseMeta(meta)
		if err != nil {
			return err
		}
		for i := range m.Parts {
			if p := m.Parts[i].part(); p.Handle != nil {
				r.Handles = append(r.Handles, p)
			}
		}
		return nil
	})
	r.Blocks = func(f func(flow.Block) error) error {
		return rec.Changes(func(b snapshot.Block) error {
			fb, err := blockOf(b)
			if err != nil {
				return err
			}
			return f(fb)
		})
	}
	if err == nil {
		r.Images, err = imagesOf(rec)
	}
	return r, m, err
}

// imagesOf gives the images that were recovered.
func imagesOf(rec *snapshot.Recovered) (*flow.Images, error) {
	refs := rec.Images(func(snapshot.Source) bool { return true })
	list := make([]flow.Laid, len(refs))
	for i := range refs {
		ref := &refs[i]
		vertex, table, err := named(ref.Table)
		if err != nil {
			return nil, err
		}
		list[i] = flow.Laid{Vertex: vertex, Table: table, Subtask: ref.Subtask, Length: ref.Length}
		if ref.Head == nil || ref.Compressed() {
			continue
		}
		f, err := rec.Lies(ref)
		if err != nil {
			return nil, err
		}
		if vfs.Lasting(f) {
			list[i].Head = ref.Head
			list[i].Load = func(dst []byte) error { return ref.Load(f, dst) }
			list[i].Ahead = func() { vfs.Ahead(f, ref.Offset, ref.Length) }
		}
	}
	hold := func() func() error {
		rec.Hold()
		return rec.Close
	}
	return &flow.Images{List: list, Hold: hold, Read: func(places []int, f func(flow.Block) error) error {
		some := make([]snapshot.ImageRef, len(places))
		for i, p := range places {
			some[i] = refs[p]
		}
		return rec.Read(some, func(ref *snapshot.ImageRef, data []byte) error {
			b, err := blockOf(snapshot.Block{Table: ref.Table, Subtask: ref.Subtask, Data: data})
			if err != nil {
				return err
			}
			return f(b)
		})
	}}, nil
}

func blockOf(b snapshot.Block) (flow.Block, error) {
	vertex, table, err := named(b.Table)
	if err != nil {
		return flow.Block{}, err
	}
	return flow.BlockOf(vertex, table, b.Subtask, b.Data)
}

// named takes the name of a table in a log apart.
func named(name string) (vertex, table string, err error) {
	vertex, table, ok := strings.Cut(name, "/")
	if !ok {
		err = sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the saved state of %s is damaged", name)
	}
	return vertex, table, err
}
