package sim

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// expiring is what Mode.Expires draws now and then: state that expires while the job
// runs. A group whose state has expired begins anew and its last row stays, so that what
// the sink holds in the end depends on when what came; but each row of the input counts
// in one row of its group, and once.
var expiring = pipeline{name: "expiring aggregate", queries: []string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM n GROUP BY k"}, changes: []bool{true}}

// drawExpiry draws how long state lives.
func (r *run) drawExpiry(seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 9))
	r.movesEdit = true
	if rnd.IntN(10) > 0 {
		return
	}
	p := expiring
	r.p, r.out.Pipeline, r.expires = &p, p.name, true
	r.strain.settings = append(r.strain.settings, [2]string{"table.exec.state.ttl", fmt.Sprintf("%d ms", []int{2, 10, 40, 150}[rnd.IntN(4)])})
}

// sums gives the sums of the second and third column by the first.
func sums(rows map[string]int) (map[string][2]int64, error) {
	out := map[string][2]int64{}
	for row, n := range rows {
		cells := strings.Split(row, ",")
		x := out[cells[0]]
		for i := range x {
			v, err := strconv.ParseInt(cells[1+i], 10, 64)
			if err != nil {
				return nil, err
			}
			x[i] += v * int64(n)
		}
		out[cells[0]] = x
	}
	return out, nil
}

// summed compares what groups that expire come to at the end.
func (r *run) summed(got, want map[string]int) error {
	for row, n := range got {
		if n < 0 {
			return fmt.Errorf("row %s is there %d times", row, n)
		}
	}
	is, err := sums(got)
	if err != nil {
		return err
	}
	shall, err := sums(want)
	if err != nil {
		return err
	}
	for k, x := range shall {
		if is[k] != x {
			return fmt.Errorf("the rows of group %s come to %v, not %v", k, is[k], x)
		}
	}
	if len(got) > len(want) {
		r.out.Expired++
	}
	return nil
}
