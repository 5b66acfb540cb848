package fn

// Form is something with a syntax of its own that the tables have as a node of
// expressions, as hidden rows or not at all: for the reference and its tests.
type Form struct {
	Name     string // how the reference calls it
	Syntax   []string
	Doc      string
	Category string
	// Examples are expressions, or whole queries if Query is set.
	Examples []Example
	Query    bool
	// Calls are the names that SHOW FUNCTIONS lists.
	Calls []string
}

// Forms lists them in order of the reference.
func Forms() []Form {
	compare := "comparison"
	return []Form{
		{Name: "= <> < <= > >=", Syntax: []string{"a = b", "a <> b", "a != b", "a < b", "a <= b", "a > b", "a >= b"}, Category: compare,
			Doc:      "Comparisons of two values of a common type; NULL if one is NULL. Text beside a date or a time is read as one. Rows and arrays compare item by item.",
			Examples: []Example{{"2 <= 3", "TRUE"}, {"DATE '2024-05-06' > '2024-01-01'", "TRUE"}, {"1 = NULL", "NULL"}}},
		{Name: "IS NULL", Syntax: []string{"x IS [NOT] NULL"}, Category: compare, Doc: "Whether a value is NULL.", Examples: []Example{{"NULL IS NULL", "TRUE"}, {"1 IS NOT NULL", "TRUE"}}},
		{Name: "IS DISTINCT FROM", Syntax: []string{"a IS [NOT] DISTINCT FROM b"}, Category: compare, Doc: "Comparison in which NULL equals NULL.",
			Examples: []Example{{"1 IS DISTINCT FROM NULL", "TRUE"}, {"CAST(NULL AS INT) IS NOT DISTINCT FROM NULL", "TRUE"}}},
		{Name: "BETWEEN", Syntax: []string{"x [NOT] BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high"}, Category: compare,
			Doc: "Whether low <= x and x <= high; SYMMETRIC takes the bounds in either order.", Examples: []Example{{"12 BETWEEN 15 AND 10", "FALSE"}, {"12 BETWEEN SYMMETRIC 15 AND 10", "TRUE"}}},
		{Name: "IN", Syntax: []string{"x [NOT] IN (a, b, ..)", "x [NOT] IN (query)"}, Category: compare, Doc: "Whether x equals a value of a list or of a query; NULL if it equals none and one is NULL.",
			Examples: []Example{{"2 IN (1, 2, 3)", "TRUE"}, {"4 IN (1, NULL)", "NULL"}}},
		{Name: "LIKE", Syntax: []string{"s [NOT] LIKE pattern [ESCAPE c]"}, Category: compare, Doc: "Whether the whole text matches a pattern in which % stands for any characters and _ for one.",
			Examples: []Example{{"'stream' LIKE 'st%'", "TRUE"}, {"'50%' LIKE '__!%' ESCAPE '!'", "TRUE"}}},
		{Name: "SIMILAR TO", Syntax: []string{"s [NOT] SIMILAR TO pattern [ESCAPE c]"}, Category: compare, Doc: "Whether the whole text matches an SQL regular expression: % and _ of LIKE, with |, *, +, ?, {n}, () and [].",
			Examples: []Example{{"'abc' SIMILAR TO 'a(b|x)_'", "TRUE"}}},
		{Name: "AND OR NOT", Syntax: []string{"a AND b", "a OR b", "NOT a"}, Category: "logical", Doc: "Logic with three values: NULL is unknown.",
			Examples: []Example{{"TRUE AND NULL", "NULL"}, {"TRUE OR NULL", "TRUE"}, {"NOT FALSE", "TRUE"}}},
		{Name: "IS TRUE", Syntax: []string{"a IS [NOT] TRUE", "a IS [NOT] FALSE", "a IS [NOT] UNKNOWN"}, Category: "logical", Doc: "Whether a condition is TRUE, FALSE or NULL; never NULL itself.",
			Examples: []Example{{"(1 > NULL) IS UNKNOWN", "TRUE"}, {"(1 > NULL) IS NOT TRUE", "TRUE"}}},
		{Name: "+ - * / %", Syntax: []string{"a + b", "a - b", "a * b", "a / b", "a % b", "-a"}, Category: "arithmetic",
			Doc:      "Arithmetic of numbers in their common type (a quotient of integers is an integer, DECIMAL results follow Flink's precisions), and of dates, times and intervals.",
			Examples: []Example{{"7 / 2", "3"}, {"7 / 2.0", "3.500000"}, {"-7 % 3", "-1"}, {"DATE '2024-02-29' + INTERVAL '1' YEAR", "2025-02-28"}}},
		{Name: "||", Syntax: []string{"s || t"}, Category: "string", Doc: "Two texts, or two byte strings, joined.", Examples: []Example{{"'we' || 'ir'", "weir"}}},
		{Name: "OVERLAPS", Syntax: []string{"(start, end) OVERLAPS (start, end)", "(start, interval) OVERLAPS (start, interval)"}, Category: "temporal", Doc: "Whether two spans of time have a point in common.",
			Examples: []Example{{"(TIME '02:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '03:30:00', INTERVAL '2' HOUR)", "TRUE"}}},
		{Name: "CASE", Syntax: []string{"CASE x WHEN value THEN result .. [ELSE result] END", "CASE WHEN condition THEN result .. [ELSE result] END"}, Category: "conditional",
			Doc: "The result of the first branch that holds, in the common type of all; NULL if none does and there is no ELSE.", Examples: []Example{{"CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "two"}}},
		{Name: "CAST", Syntax: []string{"CAST(x AS type)"}, Category: "conversion", Calls: []string{"CAST"}, Doc: "The value in another type. What cannot be converted is an error.", Examples: []Example{{"CAST('42' AS INT)", "42"}, {"CAST(1.75 AS DECIMAL(3, 1))", "1.8"}}},
		{Name: "TRY_CAST", Syntax: []string{"TRY_CAST(x AS type)"}, Category: "conversion", Calls: []string{"TRY_CAST"}, Doc: "The value in another type, NULL if it cannot be converted.", Examples: []Example{{"TRY_CAST('x' AS INT)", "NULL"}}},
		{Name: "ARRAY[..] MAP[..] ROW(..)", Syntax: []string{"ARRAY[a, b, ..]", "MAP[key, value, ..]", "ROW(a, b, ..)", "(a, b, ..)"}, Category: "collection", Doc: "Makes an array, a map or a row. Items take their common type.",
			Examples: []Example{{"ARRAY[1, 2.5]", "[1.0, 2.5]"}, {"MAP['a', 1]", "{a=1}"}, {"ROW(1, 'a')", "(1, a)"}}},
		{Name: "x[i]", Syntax: []string{"array[index]", "map[key]", "row[index]", "row.field"}, Category: "collection", Doc: "An element by its place, from 1, a value by its key, or a field. What is not there is NULL.",
			Examples: []Example{{"ARRAY['a', 'b'][2]", "b"}, {"MAP['a', 1]['b']", "NULL"}}},
		{Name: "IS JSON", Syntax: []string{"s IS [NOT] JSON [VALUE | SCALAR | ARRAY | OBJECT]"}, Category: "json", Doc: "Whether a text is JSON, or JSON of a kind.", Examples: []Example{{"'[1]' IS JSON ARRAY", "TRUE"}, {"'{' IS JSON", "FALSE"}}},
		{Name: "GROUPING", Syntax: []string{"GROUPING(key)", "GROUPING_ID(key, ..)", "GROUP_ID()"}, Category: "aggregate", Calls: []string{"GROUPING", "GROUPING_ID", "GROUP_ID"}, Query: true,
			Doc:      "Whether a key is left out of the grouping set of a row: 1 if it is. GROUPING_ID reads the bits of several keys as one number.",
			Examples: []Example{{"SELECT GROUPING(x), COUNT(*) FROM (VALUES (1), (1)) AS t(x) GROUP BY GROUPING SETS ((x))", "0, 2"}}},
	}
}

// FormNames lists the functions among the forms.
func FormNames() []string {
	var out []string
	for _, f := range Forms() {
		out = append(out, f.Calls...)
	}
	return out
}
