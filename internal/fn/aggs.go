package fn

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Aggs lists the aggregate functions, then the functions that need a window.
func Aggs() []Agg {
	return append([]Agg{
		{Name: "COUNT", Sig: "([x ANY...])", Infer: inferCount, New: newCount, NeverNull: true, Empty: int64(0),
			Doc:      "Number of rows, or of rows in which no argument is null.",
			Examples: []Example{{"SELECT COUNT(*), COUNT(x) FROM (VALUES (1), (NULL), (3)) AS t(x)", "3, 2"}}},
		{Name: "SUM", Sig: "(x NUMERIC)", Infer: inferSum, New: newSum,
			Doc:      "Sum of the values that are not null.",
			Examples: []Example{{"SELECT SUM(x) FROM (VALUES (1), (2), (3)) AS t(x)", "6"}}},
		{Name: "AVG", Sig: "(x NUMERIC)", Infer: inferAvg, New: newAvg,
			Doc:      "Average of the values that are not null, in the type of the argument: the average of integers is cut to an integer.",
			Examples: []Example{{"SELECT AVG(x) FROM (VALUES (1), (2), (4)) AS t(x)", "2"}}},
		{Name: "MIN", Sig: "(x COMPARABLE)", Infer: inferSame, New: newMin, NoDistinct: true,
			Doc:      "Least value.",
			Examples: []Example{{"SELECT MIN(x) FROM (VALUES (3), (1), (2)) AS t(x)", "1"}}},
		{Name: "MAX", Sig: "(x COMPARABLE)", Infer: inferSame, New: newMax, NoDistinct: true,
			Doc:      "Greatest value.",
			Examples: []Example{{"SELECT MAX(x) FROM (VALUES (3), (1), (2)) AS t(x)", "3"}}},
		{Name: "STDDEV_POP", Sig: "(x NUMERIC)", Infer: inferAvg, New: newVariance(true, false),
			Doc:      "Standard deviation of the population, in the type of the argument.",
			Examples: []Example{{"SELECT ROUND(STDDEV_POP(x), 3) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.118"}}},
		{Name: "STDDEV_SAMP", Sig: "(x NUMERIC)", Infer: inferSample, New: newVariance(true, true),
			Doc:      "Standard deviation of the sample, in the type of the argument; null for fewer than two values.",
			Examples: []Example{{"SELECT ROUND(STDDEV_SAMP(x), 3) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.291"}}},
		{Name: "STDDEV", Sig: "(x NUMERIC)", Infer: inferSample, New: newVariance(true, true),
			Doc:      "STDDEV_SAMP.",
			Examples: []Example{{"SELECT ROUND(STDDEV(x), 3) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.291"}}},
		{Name: "VAR_POP", Sig: "(x NUMERIC)", Infer: inferAvg, New: newVariance(false, false),
			Doc:      "Variance of the population, in the type of the argument.",
			Examples: []Example{{"SELECT VAR_POP(x) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.25"}}},
		{Name: "VAR_SAMP", Sig: "(x NUMERIC)", Infer: inferSample, New: newVariance(false, true),
			Doc:      "Variance of the sample, in the type of the argument; null for fewer than two values.",
			Examples: []Example{{"SELECT ROUND(VAR_SAMP(x), 3) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.667"}}},
		{Name: "VARIANCE", Sig: "(x NUMERIC)", Infer: inferSample, New: newVariance(false, true),
			Doc:      "VAR_SAMP.",
			Examples: []Example{{"SELECT ROUND(VARIANCE(x), 3) FROM (VALUES (1.0E0), (2.0E0), (3.0E0), (4.0E0)) AS t(x)", "1.667"}}},
		{Name: "FIRST_VALUE", Sig: "(x ANY)", Infer: inferSame, New: newFirst, Ordered: true,
			Doc:      "First value that is not null, in order of arrival.",
			Examples: []Example{{"SELECT FIRST_VALUE(x) FROM (VALUES (3), (1), (2)) AS t(x)", "3"}}},
		{Name: "LAST_VALUE", Sig: "(x ANY)", Infer: inferSame, New: newLast, Ordered: true,
			Doc:      "Last value that is not null, in order of arrival.",
			Examples: []Example{{"SELECT LAST_VALUE(x) FROM (VALUES (3), (1), (2)) AS t(x)", "2"}}},
		{Name: "LISTAGG", Sig: "(x STRING[, separator STRING])", Infer: inferListagg, New: newListagg, Ordered: true,
			Doc:      "The texts that are not null, joined by the separator, a literal (default a comma).",
			Examples: []Example{{"SELECT LISTAGG(x, '-') FROM (VALUES ('a'), ('b')) AS t(x)", "a-b"}}},
		{Name: "COLLECT", Sig: "(x ANY)", Infer: inferCollect, New: newCollect, NeverNull: true, Empty: [][2]any{},
			Doc:      "The values that are not null, as a MULTISET.",
			Examples: []Example{{"SELECT COLLECT(x) FROM (VALUES ('a'), ('a')) AS t(x)", "{a=2}"}}},
		{Name: "ARRAY_AGG", Sig: "(x ANY)", Infer: inferArrayAgg, New: newArrayAgg, Ordered: true,
			Doc:      "The values in order of arrival, nulls included, as an ARRAY.",
			Examples: []Example{{"SELECT ARRAY_AGG(x) FROM (VALUES (1), (2)) AS t(x)", "[1, 2]"}}},
		{Name: "PERCENTILE", Sig: "(x NUMERIC, p ANY[, frequency INTEGER])", Infer: inferPercentile, New: newPercentile,
			Doc:      "The exact value at percentage p (0 to 1) of the values, interpolated; p may be an array of percentages.",
			Examples: []Example{{"SELECT PERCENTILE(x, 0.5), PERCENTILE(x, ARRAY[0.0, 1.0]) FROM (VALUES (10), (20), (40)) AS t(x)", "20.0, [10.0, 40.0]"}}},
		{Name: "APPROX_COUNT_DISTINCT", Sig: "(x ANY)", Infer: inferCount, New: newApprox, NeverNull: true, Empty: int64(0),
			Doc:      "About the number of distinct values that are not null, within 1 percent or so.",
			Examples: []Example{{"SELECT APPROX_COUNT_DISTINCT(x) FROM (VALUES (1), (2), (1)) AS t(x)", "2"}}},
		{Name: "JSON_ARRAYAGG", Sig: "(x ANY[, onNull SYMBOL])", Infer: inferJSONAgg, New: newJSONArray, Ordered: true, NeverNull: true, Empty: "[]",
			Doc:      "The values as a JSON array; nulls are left out unless NULL ON NULL is given.",
			Examples: []Example{{"SELECT JSON_ARRAYAGG(x) FROM (VALUES (1), (2)) AS t(x)", "[1,2]"}}},
		{Name: "JSON_OBJECTAGG", Sig: "(key STRING, x ANY[, onNull SYMBOL])", Infer: inferJSONAgg, New: newJSONObject, Ordered: true, NeverNull: true, Empty: "{}",
			Doc:      "Keys and values as a JSON object; null values are written unless ABSENT ON NULL is given.",
			Examples: []Example{{"SELECT JSON_OBJECTAGG(KEY k VALUE x) FROM (VALUES ('a', 1)) AS t(k, x)", "{\"a\":1}"}}},
		{Name: "SINGLE_VALUE", Sig: "(x ANY)", Infer: inferSame, New: newSingle, Hidden: true,
			Doc: "The only value of a scalar subquery; more than one row is an error."},
	}, append(append(extraAggs(), bitmapAggs()...), windowAggs()...)...)
}

// windowAggs lists the functions that need OVER.
func windowAggs() []Agg {
	count := func([]Arg) (types.Type, error) { return types.Of(types.BigInt).NotNull(), nil }
	ratio := func([]Arg) (types.Type, error) { return types.Of(types.Double).NotNull(), nil }
	return []Agg{
		{Name: "ROW_NUMBER", Sig: "()", Infer: count, WindowOnly: true, NeverNull: true, Doc: "Number of the row in its partition, from 1.",
			Examples: []Example{{"SELECT x FROM (SELECT x, ROW_NUMBER() OVER (ORDER BY x DESC) AS n FROM (VALUES (10), (30), (20)) AS t(x)) WHERE n = 1", "30"}}},
		{Name: "RANK", Sig: "()", Infer: count, WindowOnly: true, NeverNull: true, Doc: "1 plus the number of rows that come before the row and are not its peers.",
			Examples: []Example{{"SELECT x, n FROM (SELECT x, RANK() OVER (ORDER BY x) AS n FROM (VALUES (10), (10), (20)) AS t(x)) WHERE n <= 1", "10, 1; 10, 1"}}},
		{Name: "DENSE_RANK", Sig: "()", Infer: count, WindowOnly: true, NeverNull: true, Doc: "1 plus the number of distinct values that come before the row's.",
			Examples: []Example{{"SELECT v FROM (SELECT x, DENSE_RANK() OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "2"}}},
		{Name: "NTILE", Sig: "(n INTEGER)", Infer: count, WindowOnly: true, NeverNull: true, Doc: "Number of the row's bucket where the partition is cut in n buckets of even size. Batch only.",
			Examples: []Example{{"SELECT v FROM (SELECT x, NTILE(3) OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "2"}}},
		{Name: "CUME_DIST", Sig: "()", Infer: ratio, WindowOnly: true, NeverNull: true, Doc: "Share of the partition's rows up to the row and its peers. Batch only.",
			Examples: []Example{{"SELECT ROUND(v, 3) FROM (SELECT x, CUME_DIST() OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "0.667"}}},
		{Name: "PERCENT_RANK", Sig: "()", Infer: ratio, WindowOnly: true, NeverNull: true, Doc: "(rank - 1) / (rows of the partition - 1). Batch only.",
			Examples: []Example{{"SELECT v FROM (SELECT x, PERCENT_RANK() OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "0.5"}}},
		{Name: "LAG", Sig: "(x ANY[, n INTEGER, otherwise ANY])", Infer: inferLag, WindowOnly: true, Doc: "The value n rows (default 1) before, or a default.",
			Examples: []Example{{"SELECT v FROM (SELECT x, LAG(x) OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "10"}}},
		{Name: "LEAD", Sig: "(x ANY[, n INTEGER, otherwise ANY])", Infer: inferLag, WindowOnly: true, Doc: "The value n rows (default 1) after, or a default.",
			Examples: []Example{{"SELECT v FROM (SELECT x, LEAD(x, 1, -1) OVER (ORDER BY x) AS v FROM (VALUES (10), (20), (30)) AS t(x)) WHERE x = 20", "30"}}},
	}
}

func inferCount([]Arg) (types.Type, error) { return types.Of(types.BigInt).NotNull(), nil }

func inferSum(args []Arg) (types.Type, error) { return types.SumType(args[0].Type), nil }

func inferAvg(args []Arg) (types.Type, error) { return types.AvgType(args[0].Type), nil }

// inferSample: of one value there is no sample.
func inferSample(args []Arg) (types.Type, error) {
	return types.AvgType(args[0].Type).AsNullable(), nil
}

func inferSame(args []Arg) (types.Type, error) { return args[0].Type.WithAttr(types.NoAttr), nil }

func inferLag(args []Arg) (types.Type, error) {
	t := args[0].Type.WithAttr(types.NoAttr)
	if len(args) < 3 {
		return t.AsNullable(), nil
	}
	c, ok := types.CommonType(t, args[2].Type)
	if !ok {
		return t, noType("LAG", args)
	}
	return c, nil
}

// AggTable is a set of aggregate functions by name.
type AggTable struct {
	byName map[string]*Agg
	sigs   map[string]signature
	names  []string
}

// NewAggTable builds a table. As with NewTable, a row whose signature does not
// parse is a mistake in the program and panics at start.
func NewAggTable(rows []Agg) *AggTable {
	t := &AggTable{byName: map[string]*Agg{}, sigs: map[string]signature{}}
	for i := range rows {
		a := &rows[i]
		sig, err := parseSignature(a.Sig)
		if err != nil {
			panic("fn: " + a.Name + ": " + err.Error())
		}
		t.byName[a.Name], t.sigs[a.Name] = a, sig
		if !a.Hidden {
			t.names = append(t.names, a.Name)
		}
	}
	sort.Strings(t.names)
	return t
}

// Lookup gives the aggregate of a name, nil if there is none.
func (t *AggTable) Lookup(name string) *Agg { return t.byName[strings.ToUpper(name)] }

// Names lists the names that users may call, sorted.
func (t *AggTable) Names() []string { return t.names }

// Resolve gives the aggregate, the types that the arguments must be cast to and
// the type of the result. grouped tells that no group is empty: without it the
// result is nullable unless the function says otherwise. Errors are
// *sqlerr.Error without a position.
func (t *AggTable) Resolve(name string, args []Arg, grouped bool) (*Agg, []types.Type, types.Type, error) {
	a := t.Lookup(name)
	if a == nil {
		err := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is no aggregate function %s", name)
		if near, ok := sqlerr.Nearest(strings.ToUpper(name), t.names); ok {
			err = err.WithHint("did you mean %s?", near)
		}
		return nil, nil, types.Type{}, err
	}
	sig := t.sigs[a.Name]
	ts, _, _, ok := sig.match(args)
	if !ok {
		return nil, nil, types.Type{}, aggMismatch(a, args)
	}
	cast := make([]Arg, len(args))
	for i, x := range args {
		cast[i] = x
		if !x.Type.EqualKind(ts[i]) {
			ts[i] = ts[i].WithNull(x.Type.Nullable)
			cast[i].Type = ts[i]
		}
	}
	ret, err := a.Infer(cast)
	if err != nil {
		return nil, nil, types.Type{}, err
	}
	if !a.NeverNull && !grouped {
		ret = ret.AsNullable()
	}
	return a, ts, ret, nil
}

func aggMismatch(a *Agg, args []Arg) error {
	given := make([]string, len(args))
	for i, x := range args {
		given[i] = x.Type.AsNullable().WithAttr(types.NoAttr).String()
	}
	return sqlerr.New(sqlerr.Arguments, sqlerr.Pos{}, "%s does not take (%s)", a.Name, strings.Join(given, ", ")).
		WithHint("it takes %s%s", a.Name, a.Sig)
}

// unsupportedAgg is the error of an aggregate that has no accumulator for a type.
func unsupportedAgg(name string, t types.Type) error {
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s over %s is not supported", name, t.AsNullable())
}
