package fn

// extraAggs lists the aggregates that Flink lacks and users of other engines
// miss.
func extraAggs() []Agg {
	all := func(t *tally) bool { return t.no <= 0 }
	some := func(t *tally) bool { return t.yes > 0 }
	rows := []Agg{
		{Name: "BOOL_AND", Sig: "(x BOOLEAN)", Infer: inferBool, New: newLogic(all), NoDistinct: true,
			Doc:      "Whether all values that are not null are TRUE.",
			Examples: []Example{{"SELECT BOOL_AND(x > 0) FROM (VALUES (1), (2), (-3)) AS t(x)", "FALSE"}}},
		{Name: "BOOL_OR", Sig: "(x BOOLEAN)", Infer: inferBool, New: newLogic(some), NoDistinct: true,
			Doc:      "Whether a value is TRUE.",
			Examples: []Example{{"SELECT BOOL_OR(x > 1) FROM (VALUES (1), (2), (-3)) AS t(x)", "TRUE"}}},
		{Name: "COUNT_IF", Sig: "(condition BOOLEAN)", Infer: inferCount, New: newLogic(some), NeverNull: true, Empty: int64(0),
			Doc:      "Number of rows for which the condition is TRUE.",
			Examples: []Example{{"SELECT COUNT_IF(x > 1) FROM (VALUES (1), (2), (3)) AS t(x)", "2"}}},
		{Name: "ANY_VALUE", Sig: "(x COMPARABLE)", Infer: inferSame, New: func(c *AggCall) (Acc, error) { return extremeFor("ANY_VALUE", c, false) }, NoDistinct: true,
			Doc:      "A value of the group that is not null: the least one, so that it is the same in every run.",
			Examples: []Example{{"SELECT k, ANY_VALUE(x) FROM (VALUES (1, 'a'), (1, 'a')) AS t(k, x) GROUP BY k", "1, a"}}},
		{Name: "MEDIAN", Sig: "(x NUMERIC)", Infer: inferMedian, New: newMedian,
			Doc:      "The exact median of the values that are not null: PERCENTILE(x, 0.5). It keeps all values.",
			Examples: []Example{{"SELECT MEDIAN(x) FROM (VALUES (1), (2), (10)) AS t(x)", "2.0"}}},
		{Name: "MODE", Sig: "(x COMPARABLE)", Infer: inferSame, New: newMode,
			Doc:      "The most frequent value that is not null, the least of several. It keeps all values.",
			Examples: []Example{{"SELECT MODE(x) FROM (VALUES ('b'), ('a'), ('b')) AS t(x)", "b"}}},
		{Name: "HISTOGRAM", Sig: "(x COMPARABLE)", Infer: inferHistogram, New: newHistogram,
			Doc:      "A map of the values that are not null to how often each is there. It keeps all values.",
			Examples: []Example{{"SELECT HISTOGRAM(x) FROM (VALUES ('a'), ('a')) AS t(x)", "{a=2}"}}},
		{Name: "APPROX_PERCENTILE", Sig: "(x NUMERIC, p ANY)", Infer: inferPercentile, New: newApproxPercentile,
			Doc:      "About the value at percentage p (0 to 1, or an array of such), within 1 percent of it, in at most 24 KiB a group (DDSketch).",
			Examples: []Example{{"SELECT ROUND(APPROX_PERCENTILE(x, 0.5)) FROM (VALUES (10), (20), (30)) AS t(x)", "20.0"}}},
	}
	for _, by := range []struct {
		names [2]string
		max   bool
		doc   string
		ex    string
	}{
		{[2]string{"ARG_MAX", "MAX_BY"}, true, "The x of the row with the greatest y; of several the least.", "c"},
		{[2]string{"ARG_MIN", "MIN_BY"}, false, "The x of the row with the least y; of several the least.", "b"},
	} {
		for _, name := range by.names {
			rows = append(rows, Agg{Name: name, Sig: "(x ANY, y COMPARABLE)", Infer: inferBy, New: newBy(by.max), NoDistinct: true, Doc: by.doc,
				Examples: []Example{{"SELECT " + name + "(x, y) FROM (VALUES ('a', 2), ('b', 1), ('c', 3)) AS t(x, y)", by.ex}}})
		}
	}
	for i := range rows {
		rows[i].Extension = true
	}
	return rows
}
