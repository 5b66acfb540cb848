// Package saved reads what a job has made durable: the table function state.
package saved

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Rows are those of a table.
type Rows interface {
	// Next gives further rows, about most of them, nil when there are no more; they are
	// valid until the next call.
	Next(most int) (*vec.Batch, error)
	Close() error
}

// Node is a table of an operator's state as it was last saved.
type Node struct {
	plan.Leaf
	plan.NoExprs
	Output []plan.Field
	// Of says what is read: directory, operator and table.
	Of string
	// Open reads the table, in memory of the budget, and tells the epoch that it is of.
	Open func(ctx context.Context, memory *spill.Budget, f *fn.Ctx) (Rows, uint64, error)
}

// Fields are the columns of the table.
func (n *Node) Fields() []plan.Field { return n.Output }

// WithInputs is the identity.
func (n *Node) WithInputs([]plan.Node) plan.Node { return n }

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Name is what EXPLAIN prints.
func (n *Node) Name() string { return "StateScan" }

// Attrs prints what is read.
func (n *Node) Attrs() []plan.Attr { return []plan.Attr{{Key: "of", Value: n.Of}} }

// Derive: the rows are there, and nobody knows how many.
func (n *Node) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	return &plan.Traits{Changes: connector.InsertOnly, Bounded: true, Rows: -1, Dist: plan.Dist{Kind: plan.Single}}, nil
}

// Needs asks for nothing.
func (n *Node) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need { return nil }

// Lower makes one subtask that reads.
func (n *Node) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	p := b.Source(n, 1, n.Of, func() op.Source { return &source{node: n} })
	p.Dist = plan.Dist{Kind: plan.Single}
	return p, nil
}

var (
	_ dag.Lowerer = (*Node)(nil)
	_ op.Source   = (*source)(nil)
	_ op.Replayer = (*source)(nil)
)

// source reads the rows. It goes on behind those that it gave, if the state is still
// what it was.
type source struct {
	node  *Node
	ctx   *op.Context
	out   op.SourceOut
	rows  Rows
	epoch uint64
	given uint64
	begun uint64 // the epoch that was read before a restart
	skip  uint64
}

func (s *source) Open(c *op.Context, out op.SourceOut) error {
	s.ctx, s.out = c, out
	return nil
}

func (s *source) Step(budget int) (op.SourceStatus, error) {
	if s.rows == nil {
		var err error
		if s.rows, s.epoch, err = s.node.Open(s.ctx.Ctx, s.ctx.State.Memory(), s.ctx.Fn); err != nil {
			return op.SourceEnd, err
		}
		if s.skip > 0 && s.begun != s.epoch {
			return op.SourceEnd, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the state of %s has changed since it was read in part", s.node.Of).
				WithHint("start anew with --restart")
		}
	}
	b, err := s.rows.Next(max(min(budget, op.BatchRows), 1))
	if b == nil || err != nil {
		return op.SourceEnd, err
	}
	n := uint64(b.N)
	if s.given += n; s.given <= s.skip {
		return op.SourceMore, nil
	}
	if from := int(n - min(n, s.given-s.skip)); from > 0 {
		for i := from; i < b.N; i++ {
			b.Sel = append(b.Sel, int32(i))
		}
	}
	return op.SourceMore, s.out.Emit(b)
}

func (s *source) Ready() <-chan struct{} { return nil }
func (s *source) WakeMs() int64          { return math.MaxInt64 }
func (s *source) AtCut() bool            { return true }

// Position is the epoch that is read and the number of rows that were given.
func (s *source) Position() []byte {
	epoch := s.epoch
	if s.rows == nil {
		epoch = s.begun
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, epoch), max(s.given, s.skip))
}

func (s *source) Restore(positions [][]byte) error {
	for _, p := range positions {
		if len(p) == 16 {
			s.begun, s.skip = binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		}
	}
	return nil
}

func (s *source) Close() error {
	if s.rows == nil {
		return nil
	}
	return s.rows.Close()
}
