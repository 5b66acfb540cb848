package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/sqltest"
)

// coverage counts what the queries were made of.
type coverage struct {
	queries   int
	tags      map[string]int
	operators map[string]int // queries by operator of their plans
	functions map[string]int // queries by function in their text
	values    map[string]int // of a column that may be null
	nulls     map[string]int
	never     map[string]bool // columns that are declared NOT NULL
}

func newCoverage() *coverage {
	return &coverage{tags: map[string]int{}, operators: map[string]int{}, functions: map[string]int{}, values: map[string]int{}, nulls: map[string]int{}, never: map[string]bool{}}
}

// relational are the operators that every long run must meet: those of plans and
// of their execution. The others are made from them or of no use in a SELECT.
var relational = strings.Fields(`TableSourceScan Values Calc Correlate Join HashJoin IntervalJoin WindowJoin TemporalJoin LookupJoin MultiJoin
	GroupAggregate LocalGroupAggregate GlobalGroupAggregate WindowAggregate GroupWindowAggregate OverAggregate Expand
	LocalWindowAggregate GlobalWindowAggregate LocalGroupWindowAggregate GlobalGroupWindowAggregate WindowTableFunction Rank Deduplicate WindowRank WindowDeduplicate
	Sort SortLimit TemporalSort Limit Union Intersect Except ChangelogNormalize Match RecursiveUnion DeltaJoin FromChangelog ToChangelog Sink SinkMaterializer StatementSet`)

var (
	planNode = regexp.MustCompile(`(?m)^[ :|]*(?:[+:]- )?([A-Z][A-Za-z]+)(?:\(|$)`)
	taskNode = regexp.MustCompile(`(?m)^[0-9]+: (?:\[[^\]]*\] )?([A-Z][A-Za-z]+)`)
	joinType = regexp.MustCompile(`joinType=\[([A-Za-z]+)`)
	called   = regexp.MustCompile(`\b([A-Z][A-Z0-9_]*)\(`)
)

// fewestNulls is the least share of nulls in a column that may have any.
const fewestNulls = 0.05

// columns gives the names of a table's columns, of those that are declared NOT NULL
// with a "!" before.
func columns(r *run, table string) []string {
	lines, err := r.rows(0, "DESCRIBE "+table)
	if err != nil {
		return nil
	}
	var out []string
	for _, l := range lines {
		cells := strings.Split(l, " | ")
		name := strings.TrimSpace(cells[0])
		if len(cells) > 2 && strings.TrimSpace(cells[2]) == "FALSE" {
			name = "!" + name
		}
		out = append(out, name)
	}
	return out
}

// data counts nulls.
func (c *coverage) data(r *run, d data) {
	for t, rows := range d {
		names := columns(r, t)
		for _, row := range rows {
			for i, v := range row.Values {
				name, never := strings.CutPrefix(names[i], "!")
				col := t + "." + name
				if never {
					c.never[col] = true
					continue
				}
				c.values[col]++
				if v == nil {
					c.nulls[col]++
				}
			}
		}
	}
}

// query counts a query, planned in a streaming and a batch world.
func (c *coverage) query(r *run, g *generator, sql string) {
	c.queries++
	for t := range g.tags {
		c.tags[t]++
	}
	seen := map[string]bool{}
	for _, i := range []int{(c.queries % 2) * 2} { // either world costs a plan, so they take turns
		lines, _, err := r.runners[i].Run(&sqltest.Block{Verb: "query", Body: "EXPLAIN " + strings.TrimPrefix(sql, "EXECUTE ")})
		if err != nil {
			continue
		}
		text := strings.Join(lines, "\n")
		if _, after, ok := strings.Cut(text, "== Optimized Physical Plan =="); ok {
			text = after
		}
		for _, m := range append(planNode.FindAllStringSubmatch(text, -1), taskNode.FindAllStringSubmatch(text, -1)...) {
			seen[m[1]] = true
		}
		for _, m := range joinType.FindAllStringSubmatch(text, -1) {
			seen["join "+m[1]] = true
		}
	}
	for name := range seen {
		c.operators[name]++
	}
	clear(seen)
	for _, m := range called.FindAllStringSubmatch(sql, -1) {
		seen[m[1]] = true
	}
	for name := range seen {
		c.functions[name]++
	}
}

// add adds what another worker counted.
func (c *coverage) add(o *coverage) {
	c.queries += o.queries
	for _, p := range [][2]map[string]int{{c.tags, o.tags}, {c.operators, o.operators}, {c.functions, o.functions}, {c.values, o.values}, {c.nulls, o.nulls}} {
		for k, n := range p[1] {
			p[0][k] += n
		}
	}
	maps.Copy(c.never, o.never)
}

// shares are the least shares of queries of a kind, in percent.
var shares = []struct {
	tag   string
	least float64
}{{"join", 30}, {"aggregation", 30}, {"subquery", 15}, {"window", 10}}

// print prints the counts and gives what was met too seldom; nothing is if least is 0.
func (c *coverage) print(w io.Writer, least int) (seldom []string) {
	fmt.Fprintf(w, "shares:")
	for _, t := range shares {
		share := 100 * float64(c.tags[t.tag]) / float64(max(c.queries, 1))
		fmt.Fprintf(w, " %s %.0f %%", t.tag, share)
		if least > 0 && share < t.least {
			seldom = append(seldom, t.tag)
		}
	}
	fmt.Fprintf(w, "\nnulls:")
	var cols []string
	for col := range c.values {
		cols = append(cols, col)
	}
	sort.Strings(cols)
	for _, col := range cols {
		share := float64(c.nulls[col]) / float64(c.values[col])
		fmt.Fprintf(w, " %s %.0f %%", col, 100*share)
		if least > 0 && share < fewestNulls {
			seldom = append(seldom, "nulls in "+col)
		}
	}
	fmt.Fprintf(w, "\nNOT NULL: %s", strings.Join(slices.Sorted(maps.Keys(c.never)), " "))
	fmt.Fprintf(w, "\noperators:\n")
	printCounts(w, c.operators)
	for _, name := range relational {
		if c.operators[name] < least {
			seldom = append(seldom, fmt.Sprintf("%s (%d)", name, c.operators[name]))
		}
	}
	known := map[string]int{}
	var missing []string
	for _, f := range builtin.Functions().All() {
		if n := c.functions[f.Name]; n > 0 {
			known[f.Name] = n
		} else if !f.Hidden {
			missing = append(missing, f.Name)
		}
	}
	for _, a := range fn.Aggs() {
		if n := c.functions[a.Name]; n > 0 {
			known[a.Name] = n
		}
	}
	fmt.Fprintf(w, "functions: %d met\n", len(known))
	printCounts(w, known)
	fmt.Fprintf(w, "not met: %s\n", strings.Join(missing, " "))
	return seldom
}

func printCounts(w io.Writer, counts map[string]int) {
	names := make([]string, 0, len(counts))
	for n := range counts {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if counts[names[i]] != counts[names[j]] {
			return counts[names[i]] > counts[names[j]]
		}
		return names[i] < names[j]
	})
	var line strings.Builder
	for _, n := range names {
		item := fmt.Sprintf("  %s %d", n, counts[n])
		if line.Len()+len(item) > 110 {
			fmt.Fprintln(w, line.String())
			line.Reset()
		}
		line.WriteString(item)
	}
	fmt.Fprintln(w, line.String())
}

// samples gives calls of functions over literals that always give the same value:
// the examples of the reference.
func samples() []string {
	var out []string
	for _, f := range builtin.Functions().All() {
		if f.Volatility != fn.Immutable || f.Hidden {
			continue
		}
		for _, e := range f.Examples {
			if !strings.Contains(e.SQL, "OVERLAPS") {
				out = append(out, e.SQL)
			}
		}
	}
	sort.Strings(out)
	return out
}
