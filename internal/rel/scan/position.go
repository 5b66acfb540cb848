package scan

import (
	"encoding/json"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
)

var _ op.Replayer = (*source)(nil)

// position is where a subtask stands: the splits that it reads. Those that have
// ended lie in a table, since they only ever become more.
type position struct {
	Subtask int
	// Of is the number of subtasks that the input was split for at first: splits
	// stay what they are when the job is rescaled.
	Of     int
	Rows   int64 `json:",omitempty"` // of all splits, for LIMIT
	Splits []splitPosition
	// Waiting are splits that have never been open, where the watermarks of the subtask
	// wait for them.
	Waiting []string `json:",omitempty"`
	// Over are splits that ended since the Position before, for who is told how far
	// splits have been read.
	Over []splitPosition `json:",omitempty"`
}

// splitPosition is where a split stands. The fields are those of split.
type splitPosition struct {
	ID    string
	At    []byte
	WM    int64
	Sent  int64
	Cut   int64
	Since int   `json:",omitempty"`
	Idle  bool  `json:",omitempty"`
	Rows  int64 `json:",omitempty"`
}

// Position lists the open splits, and those that were open at a checkpoint and
// wait for their turn again, and where each stands.
func (s *source) Position() []byte {
	p := position{Subtask: s.c.Subtask, Of: s.scan.Parallelism, Rows: s.rows, Splits: make([]splitPosition, 0, len(s.open))}
	for _, sp := range s.open {
		p.Splits = append(p.Splits, splitPosition{ID: sp.id, At: sp.r.Position(), WM: sp.wm, Sent: sp.sent, Cut: sp.cut, Since: sp.since, Idle: sp.idle, Rows: sp.rows})
	}
	for _, w := range s.waiting {
		if w.again {
			p.Splits = append(p.Splits, w.saved)
		} else if s.mark != nil { // so there are more than maxOpen
			p.Waiting = append(p.Waiting, w.ID)
		}
	}
	p.Over, s.over = s.over, nil
	b, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return b
}

// Durable tells the connector how far its splits have been read.
func (s *source) Durable(b []byte) {
	r, ok := s.node.Source.(connector.Reported)
	if !ok {
		return
	}
	var p position
	if json.Unmarshal(b, &p) != nil {
		return
	}
	at := make(map[string][]byte, len(p.Splits)+len(p.Over))
	for _, sp := range append(p.Over, p.Splits...) {
		at[sp.ID] = sp.At
	}
	r.Durable(at)
}

// AtCut reports that no part of a batch is left to emit, and that the source has
// been dealt its splits: before that nobody would say where they stand.
func (s *source) AtCut() bool { return len(s.pending) == 0 && s.dealt }

// Restore tells the enumerator, that all subtasks share, where each split stands;
// who gets it when it is dealt again goes on from there. That is the subtask that had
// it if there are as many as before: rows and watermarks of this subtask may be on
// their way still, and those that follow must neither pass them nor be late.
func (s *source) Restore(positions [][]byte) error {
	least := op.MaxWatermark
	for _, b := range positions {
		var p position
		if err := json.Unmarshal(b, &p); err != nil {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the saved position of " + s.node.Table.Name + " is damaged or of another version", Err: err}
		}
		s.scan.Parallelism = p.Of
		s.enum.splitFor(p.Of)
		for _, sp := range p.Splits {
			s.enum.resume(sp)
			if !sp.Idle {
				least = min(least, sp.WM)
			}
		}
		if len(positions) != s.c.Parallelism {
			continue
		}
		s.enum.keep(&p)
		if p.Subtask == s.c.Subtask {
			s.rows = p.Rows
		}
	}
	for i := range s.done.Len() {
		s.enum.ended(string(s.done.At(i)))
	}
	if s.align != nil && len(positions) > 0 { // until it has opened its splits: it may be all of them
		s.align.group.tell(s, least)
	}
	return nil
}

// end notes that a split has been read to its end.
func (s *source) end(sp *split) { s.done.Append([]byte(sp.id)) }

// splitFor tells for how many subtasks the input is split.
func (e *enumerator) splitFor(parallelism int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scan.Parallelism = parallelism
}

// resume notes where a split stands.
func (e *enumerator) resume(p splitPosition) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.saved == nil {
		e.saved = map[string]splitPosition{}
	}
	e.saved[p.ID] = p
}

// keep notes whose the splits of a subtask are.
func (e *enumerator) keep(p *position) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.owners == nil {
		e.owners = map[string]int{}
	}
	for i := range p.Splits {
		e.owners[p.Splits[i].ID] = p.Subtask
	}
	for _, id := range p.Waiting {
		e.owners[id] = p.Subtask
	}
}

// ended notes a split that need not be read again.
func (e *enumerator) ended(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done == nil {
		e.done = map[string]bool{}
	}
	e.done[id] = true
}

// from gives where a split stood at the checkpoint, if it was open then.
func (e *enumerator) from(id string) (splitPosition, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.saved[id]
	delete(e.saved, id)
	return p, ok
}

// restored opens a split as it was when it was saved.
func restored(sp *split, p splitPosition) {
	sp.wm, sp.sent, sp.cut, sp.since, sp.idle, sp.rows = p.WM, p.Sent, p.Cut, p.Since, p.Idle, p.Rows
}

// doneTable declares the list of splits that have ended.
func doneTable(c *op.Context) *state.Single { return c.State.Single("ended splits") }

// unread drops the splits that have ended before the checkpoint.
func (e *enumerator) unread(splits []connector.Split) []connector.Split {
	left := splits[:0:0]
	for _, s := range splits {
		if !e.done[s.ID] {
			left = append(left, s)
		}
	}
	return left
}
