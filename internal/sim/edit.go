package sim

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// text is a script that lives run, and that may be edited between them: a statement
// set over a pipeline and another one. Every row tells the version of the query that
// gave it, so that the ledger knows whose it is.
type text struct {
	p        *pipeline
	versions []version // of each query
	renamed  bool      // column v is called value
	further  bool      // tables have a column that nobody uses
}

// version is what edits have made of a query.
type version struct {
	number int
	above  int // rows are left out of the result; 0 is none
	below  int // and of what is read
}

// drawEdits draws whether scripts are edited, and how tables lie.
func (r *run) drawEdits(seed uint64) {
	r.edits = rand.New(rand.NewPCG(seed, 7))
	if r.edits.IntN(2) == 0 {
		r.segment = 8 << r.edits.IntN(3)
		r.keys = []int{13, 211}[r.edits.IntN(2)]
	}
	if r.edits.IntN(4) == 0 && !r.expires {
		all := pipelines
		if r.strain != nil {
			all = append(all[:len(all):len(all)], wide...)
		}
		r.text = newText(r.p, &all[r.edits.IntN(len(all))])
		r.p = r.text.p
	}
}

// commas is how many a row of a sink has.
func (r *run) commas() int {
	n := strings.Count(columns, ",")
	if r.text != nil {
		n++
	}
	return n
}

// newText adds a pipeline that is drawn to another.
func newText(p, other *pipeline) *text {
	both := p.with(other)
	return &text{p: both, versions: make([]version, len(both.queries))}
}

// edit changes one query, or columns of its tables, or both. It reports whether a query
// means another thing.
func (t *text) edit(rnd *rand.Rand) (query bool) {
	columns := rnd.IntN(6)
	switch columns {
	case 0:
		t.renamed = !t.renamed
	case 1:
		t.further = true
	}
	if columns < 2 && rnd.IntN(2) == 0 {
		return false
	}
	v := &t.versions[rnd.IntN(len(t.versions))]
	v.number++
	switch rnd.IntN(4) {
	case 0:
		v.above = rnd.IntN(4)
	case 1:
		v.below = rnd.IntN(4)
	}
	return true
}

// query is a query in its version, of the rows of columns and the version.
func (t *text) query(i int) string {
	v, q := t.versions[i], t.p.queries[i]
	if v.below > 0 {
		q = reads.ReplaceAllString(q, fmt.Sprintf("${1} ${2}_without_%d${3}", v.below))
	}
	if t.renamed {
		q = values.ReplaceAllString(q, "value_of")
	}
	q = fmt.Sprintf("SELECT a, b, c, d, %d FROM (%s) AS q (a, b, c, d)", v.number, q)
	if v.above > 0 {
		q += fmt.Sprintf(" WHERE MOD(a, 5) <> %d", v.above)
	}
	return q
}

var (
	reads  = regexp.MustCompile(`\b(FROM|JOIN|TABLE|,) ([nm])\b( |\)|,|$)`)
	values = regexp.MustCompile(`\bv\b`)
)

// views declares the tables less some rows.
func (t *text) views() string {
	var b strings.Builder
	for below := 1; below < 4; below++ {
		for _, name := range []string{"n", "m"} {
			fmt.Fprintf(&b, "CREATE VIEW %s_without_%d AS SELECT * FROM %s WHERE MOD(id, 7) <> %d;\n", name, below, name, below)
		}
	}
	return b.String()
}

// edited begins a life with another script.
func (r *run) edited() error {
	if r.text == nil || r.edits.IntN(3) > 0 && !(r.moved && r.movesEdit) {
		return nil
	}
	t := *r.text
	t.versions = append([]version(nil), t.versions...)
	query := t.edit(r.edits)
	r.text = &t
	if r.out.Edits++; !query {
		r.out.Columns++
		return nil
	}
	want, err := r.batch()
	for i := range want {
		r.ledger.want[i][t.versions[i].number] = want[i]
	}
	return err
}
