package opt

import (
	"math"
	"math/bits"

	"github.com/weir-stream/weir/internal/expr"
)

// joinPlanner chooses the tree of joins for a graph.
type joinPlanner struct {
	g       *joinGraph
	stats   []*stats
	domains []float64 // of each class
	rows    map[uint64]float64
	cost    map[uint64]float64
	split   map[uint64]uint64
}

// The cost of a join: rows built, probed and given. A table is dearer to build
// than to look into, and grows out of the caches.
const (
	buildCost = 3
	probeCost = 1
	emitCost  = 1
	crossCost = 10 // more for a pair without a condition
)

func newJoinPlanner(g *joinGraph, e *estimator) *joinPlanner {
	p := &joinPlanner{g: g, rows: map[uint64]float64{}, cost: map[uint64]float64{}, split: map[uint64]uint64{}}
	for _, in := range g.inputs {
		p.stats = append(p.stats, e.of(in))
	}
	for _, cl := range g.classes {
		d := 0.0
		for _, m := range cl {
			i := g.inputOf(m)
			d = max(d, p.stats[i].domains[m-g.first[i]])
		}
		if d == 0 { // a foreign key of a table that is not here
			least := math.Inf(1)
			for _, m := range cl {
				least = min(least, p.stats[g.inputOf(m)].base)
			}
			d = max(least, 1)
		}
		p.domains = append(p.domains, d)
	}
	return p
}

// left gives the left inputs of the join that makes a set.
func (p *joinPlanner) left(set uint64) uint64 { return p.split[set] }

// exhaustive is the number of inputs up to which all trees are weighed.
const exhaustive = 10

// best plans all inputs and gives their set.
func (p *joinPlanner) best() uint64 {
	n := len(p.g.inputs)
	all := uint64(1)<<n - 1
	if n > exhaustive {
		p.greedy()
		return all
	}
	for set := uint64(1); set <= all; set++ {
		if set&(set-1) == 0 {
			p.cost[set] = 0
			continue
		}
		least := math.Inf(1)
		low := set & -set
		for a := (set - 1) & set; a > 0; a = (a - 1) & set {
			if a&low == 0 { // each pair once
				continue
			}
			if c := p.joinCost(a, set&^a); c < least {
				least, p.split[set] = c, a
			}
		}
		p.cost[set] = least
	}
	return all
}

// greedy joins the pair of least cost again and again.
func (p *joinPlanner) greedy() {
	var sets []uint64
	for i := range p.g.inputs {
		sets = append(sets, 1<<i)
		p.cost[1<<i] = 0
	}
	for len(sets) > 1 {
		least, x, y := math.Inf(1), 0, 1
		for i := range sets {
			for j := i + 1; j < len(sets); j++ {
				if c := p.joinCost(sets[i], sets[j]); c < least {
					least, x, y = c, i, j
				}
			}
		}
		set := sets[x] | sets[y]
		p.split[set], p.cost[set] = sets[x], least
		sets[x] = set
		sets = append(sets[:y], sets[y+1:]...)
	}
}

func (p *joinPlanner) joinCost(a, b uint64) float64 {
	l, r := p.card(a), p.card(b)
	c := p.cost[a] + p.cost[b] + buildCost*min(l, r) + probeCost*max(l, r) + emitCost*p.card(a|b)
	if !p.linked(a, b) {
		c += crossCost * l * r
	}
	return c
}

// linked reports whether a condition links two sets.
func (p *joinPlanner) linked(a, b uint64) bool {
	for _, cl := range p.g.classes {
		x, y := false, false
		for _, m := range cl {
			in := uint64(1) << p.g.inputOf(m)
			x, y = x || a&in != 0, y || b&in != 0
		}
		if x && y {
			return true
		}
	}
	for i, s := range p.g.of {
		if s&^(a|b) == 0 && s&^a != 0 && s&^b != 0 && isEquality(p.g.others[i]) {
			return true
		}
	}
	return false
}

func isEquality(e expr.Expr) bool {
	call, ok := e.(*expr.Call)
	return ok && (call.Fn.Name == "=" || call.Fn.Name == "IS NOT DISTINCT FROM")
}

// card estimates the rows of the join of a set, whatever its order: all pairs,
// less what each class of equal columns and each other condition leaves.
func (p *joinPlanner) card(set uint64) float64 {
	if r, ok := p.rows[set]; ok {
		return r
	}
	r := 1.0
	for s := set; s != 0; s &= s - 1 {
		r *= p.stats[bits.TrailingZeros64(s)].rows
	}
	if set&(set-1) != 0 {
		for c := range p.g.classes {
			for n := bits.OnesCount64(p.members(c) & set); n > 1; n-- {
				r /= p.domains[c]
			}
		}
		for s := set; s != 0; s &= s - 1 {
			r *= p.composite(bits.TrailingZeros64(s), set)
		}
		for i, s := range p.g.of {
			if s != 0 && s&^set == 0 {
				r *= p.other(p.g.others[i], set)
			}
		}
	}
	r = max(r, 1)
	p.rows[set] = r
	return r
}

func (p *joinPlanner) other(e expr.Expr, set uint64) float64 {
	if !isEquality(e) {
		return selectivity(e, nil)
	}
	largest := 1.0
	for s := set; s != 0; s &= s - 1 {
		largest = max(largest, p.stats[bits.TrailingZeros64(s)].base)
	}
	return 1 / largest
}

// members is the inputs that have a column of a class.
func (p *joinPlanner) members(class int) uint64 {
	set := uint64(0)
	for _, m := range p.g.classes[class] {
		set |= 1 << p.g.inputOf(m)
	}
	return set
}

// composite corrects for keys of several columns, which are not independent:
// of (part, supplier) pairs there are only as many as rows.
func (p *joinPlanner) composite(i int, set uint64) float64 {
	for _, k := range p.stats[i].keys {
		if len(k.cols) < 2 {
			continue
		}
		pairs, all := 1.0, true
		for _, c := range k.cols {
			cl := p.g.class[p.g.first[i]+c]
			if cl < 0 || p.members(cl)&set&^(1<<i) == 0 {
				all = false
				break
			}
			pairs *= p.domains[cl]
		}
		if all && pairs > k.base {
			return pairs / k.base
		}
	}
	return 1
}
