package job

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/dag"
)

// Operator is a vertex of a plan as its record keeps it.
type Operator struct {
	Address string
	Label   string
	Inputs  []string `json:",omitempty"` // addresses
	Source  bool     `json:",omitempty"`
	// Writes is the table that a sink writes to.
	Writes string `json:",omitempty"`
	// Backfills: it begins with the table of the operator before it.
	Backfills bool `json:",omitempty"`
	// Hidden operators serve edits only, and are not told of.
	Hidden bool `json:",omitempty"`
	// Changes are what has happened to the columns that it goes on with; they are not
	// recorded.
	Changes []string `json:"-"`
	// Why is why it is rebuilt although its like was there; it is not recorded.
	Why string `json:"-"`
	// Read is what a source of its name had read so far; it is not recorded.
	Read Read `json:"-"`
	// Corrects: it takes back what the sink in its place wrote and it does not. Else
	// Stays is why not. They are not recorded.
	Corrects bool   `json:"-"`
	Stays    string `json:"-"`
}

// OperatorOf describes a vertex, but for what it writes to.
func OperatorOf(v *dag.Vertex) Operator {
	o := Operator{Address: v.Address, Label: v.Label(), Source: v.NewSource != nil, Backfills: v.Backfills, Hidden: v.Backfills || v.WantCaughtUp}
	for _, e := range v.Inputs {
		o.Inputs = append(o.Inputs, e.From.Address)
	}
	return o
}

// Fate is what an edit means for an operator.
type Fate string

// The fates.
const (
	Kept    Fate = "kept"    // it goes on with its state
	Rebuilt Fate = "rebuilt" // it is new, or has changed: its sources are read from their beginning
	Dropped Fate = "dropped" // its state is thrown away
	// Corrected: rows that the old plan wrote and the new one does not are taken back.
	Corrected Fate = "corrected"
	// NotCorrected: rows that the old plan wrote stay where they are, also those that
	// the new one would not write.
	NotCorrected Fate = "not corrected"
)

// Difference is what an edit means for one operator.
type Difference struct {
	Fate     Fate
	Operator string
	// From are the sources that a rebuilt operator reads again.
	From []string `json:",omitempty"`
	// Rows is how many they have given so far, and Seconds about how long it takes to
	// read them again; 0 = not known.
	Rows    int64   `json:",omitempty"`
	Seconds float64 `json:",omitempty"`
	// State are operators that go on, from whose state it is rebuilt.
	State []string `json:",omitempty"`
	// Why is why it is rebuilt although its like was there.
	Why string `json:",omitempty"`
	// Changes are what has happened to the columns of what is kept.
	Changes []string `json:",omitempty"`
	// Table is what a sink writes to whose rows are corrected or not.
	Table string `json:",omitempty"`
}

// Diff compares the operators of two plans: those of the new one in their order,
// then those that it lacks.
func Diff(before, after []Operator) []Difference {
	was, is := byAddress(before), byAddress(after)
	var out []Difference
	for i := range after {
		o := &after[i]
		if o.Hidden {
			continue
		}
		if _, ok := was[o.Address]; ok {
			out = append(out, Difference{Fate: Kept, Operator: o.Label, Changes: o.Changes})
			continue
		}
		d := Difference{Fate: Rebuilt, Operator: o.Label, Why: o.Why}
		d.from(o, after)
		out = append(out, d)
	}
	for i := range before {
		o := &before[i]
		if _, ok := is[o.Address]; ok || o.Hidden {
			continue
		}
		out = append(out, Difference{Fate: Dropped, Operator: o.Label})
		if o.Writes != "" {
			out = append(out, corrected(o, after))
		}
	}
	return out
}

// corrected tells what becomes of the rows that a sink has written which is gone.
func corrected(was *Operator, after []Operator) Difference {
	d := Difference{Fate: NotCorrected, Operator: was.Label, Table: was.Writes}
	for i := range after {
		o := &after[i]
		if o.Writes == was.Writes && o.Corrects {
			d.Fate = Corrected
		} else if o.Writes == was.Writes {
			d.Why = o.Stays
		}
	}
	return d
}

func byAddress(os []Operator) map[string]*Operator {
	m := make(map[string]*Operator, len(os))
	for i := range os {
		m[os[i].Address] = &os[i]
	}
	return m
}

// Upstream gives the addresses of operators and of all that they read.
func Upstream(os []Operator, of []string) map[string]bool {
	at, out := byAddress(os), map[string]bool{}
	for len(of) > 0 {
		a := of[len(of)-1]
		of = of[:len(of)-1]
		if o := at[a]; o != nil && !out[a] {
			out[a] = true
			of = append(of, o.Inputs...)
		}
	}
	return out
}

// from notes what an operator is rebuilt from, things of one name once: sources, and
// operators that go on.
func (d *Difference) from(of *Operator, all []Operator) {
	at := byAddress(all)
	seen := map[string]bool{}
	var visit func(address string)
	visit = func(address string) {
		o := at[address]
		if o == nil || seen[address] {
			return
		}
		seen[address] = true
		switch {
		case o.Source:
			if !slices.Contains(d.From, o.Label) {
				d.From = append(d.From, o.Label)
				d.Rows += o.Read.Rows
				if o.Read.PerSecond > 0 {
					d.Seconds += float64(o.Read.Rows) / o.Read.PerSecond
				}
			}
		case o.Backfills && at[o.Inputs[0]] != nil:
			if label := at[o.Inputs[0]].Label; !slices.Contains(d.State, label) {
				d.State = append(d.State, label)
			}
		default:
			for _, in := range o.Inputs {
				visit(in)
			}
		}
	}
	visit(of.Address)
}

// String is the line that says it.
func (d Difference) String() string {
	switch {
	case d.Fate == Corrected:
		return fmt.Sprintf("%-13s  %s: rows in %s that only the old plan gives are taken back", d.Fate, d.Operator, d.Table)
	case d.Fate == NotCorrected && d.Why != "":
		return fmt.Sprintf("%-13s  %s: the rows that the old plan wrote to %s stay (%s)", d.Fate, d.Operator, d.Table, d.Why)
	case d.Fate == NotCorrected:
		return fmt.Sprintf("%-13s  %s: the rows that the old plan wrote to %s stay", d.Fate, d.Operator, d.Table)
	case d.Fate == Rebuilt && len(d.From) == 1 && d.From[0] == d.Operator:
		return fmt.Sprintf("%-13s  %s: read from its beginning%s", d.Fate, d.Operator, d.effort())
	case d.Fate == Rebuilt && len(d.From)+len(d.State) > 0:
		return fmt.Sprintf("%-13s  %s: from %s", d.Fate, d.Operator, d.origin())
	case len(d.Changes) > 0:
		return fmt.Sprintf("%-13s  %s: %s", d.Fate, d.Operator, strings.Join(d.Changes, "; "))
	}
	return fmt.Sprintf("%-13s  %s", d.Fate, d.Operator)
}

// origin is what an operator is rebuilt from, and why.
func (d Difference) origin() string {
	parts := slices.Clone(d.From)
	for _, s := range d.State {
		parts = append(parts, "the state of "+s)
	}
	text := strings.Join(parts, ", ") + d.effort()
	if d.Why != "" {
		text += " (" + d.Why + ")"
	}
	return text
}

// effort is what there is to read, and about how long that takes: ", 12 M rows, about
// 8 s".
func (d Difference) effort() string {
	if d.Rows == 0 {
		return ""
	}
	text := ", " + rounded(d.Rows) + " rows"
	switch s := d.Seconds; {
	case s == 0:
	case s < 1:
		text += ", less than 1 s"
	case s < 120:
		text += fmt.Sprintf(", about %.0f s", s)
	case s < 7200:
		text += fmt.Sprintf(", about %.0f min", s/60)
	default:
		text += fmt.Sprintf(", about %.0f h", s/3600)
	}
	return text
}

// rounded prints a number with two digits or more.
func rounded(n int64) string {
	switch {
	case n >= 1e10:
		return fmt.Sprintf("%.0f G", float64(n)/1e9)
	case n >= 1e9:
		return fmt.Sprintf("%.1f G", float64(n)/1e9)
	case n >= 1e7:
		return fmt.Sprintf("%.0f M", float64(n)/1e6)
	case n >= 1e6:
		return fmt.Sprintf("%.1f M", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f k", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
