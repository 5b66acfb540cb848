package expr

import (
	"math/bits"

	"github.com/weir-stream/weir/internal/vec"
)

// combineNulls joins operands of which some have nulls. A null is taken as what
// decides nothing, TRUE for AND; where an operand was null and nothing else
// decided, the result is null.
func (s *logicStep) combineNulls(p *Program, n int) {
	out := boolBytes(s.out.B)
	neutral := uint8(1)
	if s.op == Or {
		neutral = 0
	}
	fillBytes(out, neutral)
	words := (n + 63) / 64
	if cap(s.nulls) < words {
		s.nulls = make(vec.Bitmap, words, words+words/4)
	}
	s.nulls = s.nulls[:words]
	clear(s.nulls)
	for _, d := range s.dense {
		v := p.vecs[d]
		src := boolBytes(v.B)
		switch {
		case v.Const && v.IsNull(0):
			for w := range s.nulls {
				s.nulls[w] = ^uint64(0)
			}
		case v.Const && src[0] != neutral:
			fillBytes(out, src[0])
		case v.Const:
		case v.MayHaveNulls():
			s.merge(out, src, v.Valid)
		case s.op == And:
			andBytes(out, src)
		default:
			orBytes(out, src)
		}
	}
	valid := s.out.Bits()
	for w, word := range s.nulls {
		for ; word != 0; word &= word - 1 {
			if i := w<<6 + bits.TrailingZeros64(word); i < n && out[i] == neutral {
				valid[w] &^= word & -word
			}
		}
	}
}

// merge joins an operand with nulls, a word of its validity at a time.
func (s *logicStep) merge(out, src []uint8, valid vec.Bitmap) {
	for w := range s.nulls {
		from, to := w<<6, min(w<<6+64, len(out))
		o, x := out[from:to], src[from:to]
		word := valid[w]
		s.nulls[w] |= ^word
		x = x[:len(o)]
		if s.op == And {
			for i := range o {
				o[i] &= x[i] | uint8(^word>>uint(i)&1)
			}
			continue
		}
		for i := range o {
			o[i] |= x[i] & uint8(word>>uint(i)&1)
		}
	}
}
