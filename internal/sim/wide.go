package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
)

// wide are further pipelines, for Mode.Wide: what keeps rows under event time, gives
// many rows for one, or holds changes back.
var wide = []pipeline{
	{"semi join", []string{"SELECT l.id, l.k, l.v, l.id FROM n l WHERE EXISTS (SELECT * FROM m r WHERE r.k = l.k AND r.v > l.v)"}, []bool{true}},
	{"anti join", []string{"SELECT l.id, l.k, l.v, l.id FROM n l WHERE NOT EXISTS (SELECT * FROM m r WHERE r.k = l.k AND r.v > l.v)"}, []bool{true}},
	{"full join", []string{"SELECT COALESCE(l.id, 0), COALESCE(l.k, 0), COALESCE(r.v, 0), COALESCE(r.id, 0) FROM n l FULL JOIN m r ON l.v = r.v + 31"}, []bool{true}},
	{"fan-out", []string{"SELECT r.id, COUNT(*), SUM(l.v), MIN(l.id) FROM n l JOIN m r ON l.k = r.k GROUP BY r.id"}, []bool{true}},
	{"aggregate of aggregates", []string{"SELECT c, COUNT(*), SUM(s), MAX(k) FROM (SELECT k, MOD(COUNT(*), 4) AS c, SUM(v) AS s FROM n GROUP BY k) GROUP BY c"}, []bool{true}},
	{"select distinct", []string{"SELECT DISTINCT k, MOD(v, 10), 1, 2 FROM n"}, []bool{true}},
	{"intersect", []string{"SELECT k, MOD(v, 10), 1, 2 FROM n INTERSECT SELECT k, MOD(v, 10), 1, 2 FROM m"}, []bool{true}},
	{"except all", []string{"SELECT k, MOD(v, 10), 1, 2 FROM n EXCEPT ALL SELECT k, MOD(v, 10), 1, 2 FROM m"}, []bool{true}},
	{"normalised", []string{"SELECT l.k, l.id, l.v, r.id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM n) l JOIN m r ON MOD(l.v, 50) = MOD(r.v, 50) WHERE l.rn = 1"}, []bool{true}},
	{"top-n of an aggregate", []string{"SELECT b, k, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY s DESC, k) AS rn FROM (SELECT MOD(k, 4) AS b, k, SUM(v) AS s FROM n GROUP BY k)) WHERE rn <= 2"}, []bool{true}},
	{"first rows", []string{"SELECT k, id, v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM n) WHERE rn = 1"}, []bool{true}},
	{"hop", []string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM TABLE(HOP(TABLE n, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '3' SECOND)) GROUP BY k, window_start, window_end"}, []bool{false}},
	{"cumulate", []string{"SELECT k, COUNT(DISTINCT v), SUM(v), MAX(id) FROM TABLE(CUMULATE(TABLE n, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '4' SECOND)) GROUP BY k, window_start, window_end"}, []bool{false}},
	{"window join", []string{"SELECT l.id, l.k, r.v, r.id FROM (SELECT * FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '2' SECOND))) l JOIN (SELECT * FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(ts), INTERVAL '2' SECOND))) r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end"}, []bool{false}},
	{"window top-n", []string{"SELECT k, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS rn FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '2' SECOND))) WHERE rn <= 3"}, []bool{false}},
	{"over rows", []string{"SELECT id, k, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), COUNT(*) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM n"}, []bool{false}},
	{"over range", []string{"SELECT id, k, MAX(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW), id FROM n"}, []bool{false}},
	{"temporal join", []string{"SELECT l.id, l.k, COALESCE(r.v, -1), COALESCE(r.id, -1) FROM n l LEFT JOIN latest FOR SYSTEM_TIME AS OF l.ts AS r ON l.k = r.k"}, []bool{false}},
	{"outer interval join", []string{"SELECT l.id, l.k, COALESCE(r.v, -1), COALESCE(r.id, -1) FROM n l LEFT JOIN m r ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '1' SECOND AND r.ts + INTERVAL '1' SECOND"}, []bool{false}},
	{"match", []string{"SELECT x, k, y, c FROM n MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS x, LAST(B.id) AS y, COUNT(B.id) AS c AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+ C) DEFINE B AS B.id - A.id < 40, C AS MOD(C.id, 3) = 0) AS q"}, []bool{false}},
	{"window of a window", []string{"SELECT COUNT(*), SUM(s), MAX(k), 0 FROM (SELECT k, window_start, window_end, SUM(v) AS s FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end) GROUP BY window_start, window_end"}, []bool{false}},
}

// strain is what Mode.Wide draws beside: how hard it goes.
type strain struct {
	rnd      *rand.Rand
	settings [][2]string   // of all lives
	inFlight time.Duration // flow.Config.InFlight
	// Tasks from slow to fast, as parts of all, get a turn in 1 of lag only. They are
	// others from time to time.
	from, to float64
	lag      int
	rows     int // weir.batch-rows of most lives; 0: few
	// direct: sinks of queries that take rows back are given changes as they are, so that
	// operators may hold them back, and edits correct them.
	direct bool
}

// drawStrain draws the pipeline and what it is put to.
func (r *run) drawStrain(seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 8))
	s := &strain{rnd: rnd, lag: 1}
	r.strain = s
	all := append(pipelines[:len(pipelines):len(pipelines)], wide...)
	p := all[seed%uint64(len(all))]
	if other := all[rnd.IntN(len(all))]; rnd.IntN(3) == 0 {
		p = *p.with(&other)
	}
	r.p, r.out.Pipeline = &p, p.name
	set := func(one int, key, value string) {
		if rnd.IntN(one) == 0 {
			s.settings = append(s.settings, [2]string{key, value})
		}
	}
	if rnd.IntN(5) > 0 { // else no watermark comes before the end of so few rows
		s.settings = append(s.settings, [2]string{"pipeline.auto-watermark-interval", "0"})
	}
	set(6, "table.exec.state.ttl", "10 h")
	set(8, "table.exec.mini-batch.enabled", "false")
	if rnd.IntN(6) == 0 {
		s.settings = append(s.settings, [2]string{"taskmanager.memory.process.size", "256 kb"})
	}
	if rnd.IntN(2) == 0 {
		s.inFlight = time.Microsecond
		r.out.ShortQueues++
	}
	if rnd.IntN(2) == 0 {
		s.lag = 2 << rnd.IntN(5)
	}
	s.direct = rnd.IntN(2) == 0
	if rnd.IntN(3) == 0 {
		s.rows = 10 << rnd.IntN(4)
	}
}

// with is a pipeline and another one, as one job.
func (p *pipeline) with(other *pipeline) *pipeline {
	if p.name == "match" && other.name == "match" { // are not shared, and no edit of one of them goes on (ROADMAP.md)
		other = &pipelines[0]
	}
	return &pipeline{name: p.name, queries: append(p.queries[:len(p.queries):len(p.queries)], other.queries[0]), changes: append(p.changes[:len(p.changes):len(p.changes)], other.changes[0])}
}

// strained tunes a job.
func (r *run) strained(c *job.Config) {
	if r.strain != nil {
		c.Flow.InFlight = r.strain.inFlight
	}
	c.Epoch = func(e *flow.Epoch) {
		r.say("epoch %d, %d parts", e.Number, len(e.Parts))
		for _, p := range e.Parts {
			if p.InFlight != nil {
				r.out.Overtaken++
			}
			for i := range p.Deltas {
				if p.Deltas[i].Table == "groups held" {
					r.out.Held++
				}
			}
		}
	}
}

// calm is one in how many steps a job is asked for something.
func (r *run) calm() int {
	if r.strain != nil {
		return 80
	}
	return 150
}

// pick chooses among n, of which the last two are no tasks.
func (r *run) pick(n int) int {
	i := r.rnd.IntN(n)
	s := r.strain
	if s == nil || s.lag == 1 {
		return i
	}
	if s.rnd.IntN(300) == 0 {
		s.from = s.rnd.Float64()
		s.to = s.from + s.rnd.Float64()
		if s.rnd.IntN(2) == 0 {
			s.from, s.to = 0.7, 1 // sinks come last
		}
	}
	for at := float64(i) / float64(max(n-2, 1)); at >= s.from && at < s.to && s.rnd.IntN(s.lag) > 0; at = float64(i) / float64(max(n-2, 1)) {
		i = r.rnd.IntN(n)
	}
	return i
}

// latest declares the last row of each key of m as a table of versions.
func (r *run) latest(value string) string {
	if r.strain == nil {
		return ""
	}
	return fmt.Sprintf("CREATE VIEW latest AS SELECT k, %s, id, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM m) WHERE rn = 1;\n", value)
}
