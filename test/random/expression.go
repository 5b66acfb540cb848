package main

import "fmt"

// column gives a column of a kind, or a literal where there is none.
func (g *generator) column(kind byte, cols []rcol) string {
	var fit []string
	for _, c := range cols {
		if c.kind == kind {
			fit = append(fit, c.text)
		}
	}
	if len(fit) == 0 {
		return g.literal(kind)
	}
	return fit[g.pick(len(fit))]
}

func (g *generator) literal(kind byte) string {
	switch kind {
	case 'i':
		return g.pickOf("1", "2", "0", "3", "-1", "CAST(NULL AS INT)")
	case 's':
		return g.pickOf("'a'", "'b'", "'ab'", "''", "CAST(NULL AS STRING)")
	case 'd':
		return g.pickOf("1.50", "0.25", "CAST(NULL AS DECIMAL(10, 2))")
	case 'f':
		return g.pickOf("0.5E0", "-1.25E0", "CAST(NULL AS DOUBLE)")
	case 'e':
		return g.pickOf("DATE '2024-01-01'", "DATE '2023-12-31'", "CAST(NULL AS DATE)")
	case 't':
		return g.pickOf("TIMESTAMP '2024-01-01 00:00:00'", "TIMESTAMP '2024-01-01 00:00:10.000'", "CAST(NULL AS TIMESTAMP(3))")
	case 'z':
		return g.pickOf("CAST(TIMESTAMP '2024-01-01 00:00:00' AS TIMESTAMP_LTZ(3))", "CAST(NULL AS TIMESTAMP_LTZ(3))")
	case 'y':
		return g.pickOf("x'61'", "x''", "CAST(NULL AS BYTES)")
	}
	return g.pickOf("TRUE", "FALSE")
}

// expr gives an expression of a kind.
func (g *generator) expr(kind byte, cols []rcol, depth int) string {
	if kind == 'b' {
		return "(" + g.cond(cols, depth) + ")"
	}
	sub := func() string { return g.expr(kind, cols, depth-1) }
	if depth <= 0 {
		if g.chance(8) {
			return g.literal(kind)
		}
		return g.column(kind, cols)
	}
	switch g.pick(10) {
	case 4:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.cond(cols, depth-1), sub(), sub())
	case 5:
		return fmt.Sprintf("COALESCE(%s, %s)", sub(), sub())
	case 6:
		return fmt.Sprintf("NULLIF(%s, %s)", sub(), g.literalValue(kind))
	case 7:
		return g.arithmetic(kind, cols, depth)
	case 8:
		if kind != 'd' {
			return "(" + g.scalar(kind, cols, depth) + ")"
		}
	case 9:
		if n := len(g.outer); n > 0 {
			return g.column(kind, g.outer[n-1])
		}
	}
	return g.column(kind, cols)
}

func (g *generator) literalValue(kind byte) string {
	return map[byte]string{'i': "1", 's': "'a'", 'd': "1.50", 'f': "0.5E0", 'e': "DATE '2024-01-01'", 't': "TIMESTAMP '2024-01-01 00:00:00'",
		'z': "TO_TIMESTAMP_LTZ(0, 3)", 'y': "x'61'"}[kind]
}

// forms are calls by the kind of their result; $ and a kind stands for an argument,
// $D, $F and $T for a column, $b for a condition, $c for one column wherever it is
// there twice. What begins with "-" means something else in other systems, or nothing.
var forms = map[byte][]string{
	's': {"UPPER($s)", "LOWER($s)", "CAST($i AS STRING)", "($s || $s)", "REPLACE($s, 'a', 'c')", "TRIM($s)", "SUBSTRING($s FROM 1 FOR 1)",
		"REVERSE($s)", "-GREATEST($s, $s)", "-IF($b, $s, $s)", "-CONCAT($s, $s)", "-CONCAT_WS('-', $s, $s)", "-LPAD($s, 3, 'z')", "-LEFT($s, 1)",
		"-INITCAP($s)", "-REGEXP_REPLACE($s, '[ab]', 'z')", "-SPLIT_INDEX($s, 'b', 0)", "-MD5($s)", "-IFNULL($s, $s)", "-REPEAT($s, 2)"},
	'i': {"($i + $i)", "($i - $i)", "ABS($i)", "MOD($i, 3)", "CHAR_LENGTH($s)", "SIGN($i)", "-POSITION('b' IN $s)", "-ASCII($s)", "-IF($b, $i, $i)",
		"-GREATEST($i, $i)", "-LEAST($i, $i)", "-TRY_CAST($s AS INT)", "-CAST($d AS INT)", "-IFNULL($i, $i)", "-($i * 2)", "-CAST(FLOOR($d) AS INT)"},
	'd': {"($D + $D)", "($D - $D)", "ABS($D)", "-ROUND($D, 1)", "-IF($b, $D, $D)", "-CAST($i AS DECIMAL(10, 2))"},
	'f': {"($F + $F)", "ABS($F)", "CAST($i AS DOUBLE)", "FLOOR($F)", "($F * 2)", "CAST($D AS DOUBLE)", "IF($b, $F, $F)"},
	'e': {"CAST($T AS DATE)", "IF($b, $e, $e)", "TO_DATE(CAST($e AS STRING))"},
	't': {"TIMESTAMPADD(SECOND, 3, $T)", "FLOOR($T TO MINUTE)", "CAST($e AS TIMESTAMP(3))", "CAST($z AS TIMESTAMP(3))", "($T + INTERVAL '5' SECOND)"},
	'z': {"CAST($T AS TIMESTAMP_LTZ(3))", "IF($b, $z, $z)"},
	'y': {"CAST($s AS BYTES)", "IF($b, $y, $y)"},
}

// arithmetic gives a call.
func (g *generator) arithmetic(kind byte, cols []rcol, depth int) string {
	form := forms[kind][g.pick(len(forms[kind]))]
	if form[0] == '-' {
		if form = form[1:]; g.plain {
			form = forms[kind][0]
		}
	}
	return g.fill(form, cols, depth)
}

// fill puts arguments into a form.
func (g *generator) fill(form string, cols []rcol, depth int) string {
	var out []byte
	same := ""
	for i := 0; i < len(form); i++ {
		if form[i] != '$' {
			out = append(out, form[i])
			continue
		}
		i++
		switch form[i] {
		case 'D', 'F', 'T':
			out = append(out, g.column(form[i]+'a'-'A', cols)...)
		case 'c':
			if same == "" {
				same = g.column('i', cols)
			}
			out = append(out, same...)
		case 'b':
			out = append(out, g.compare(cols, depth-1)...)
		default:
			out = append(out, g.expr(form[i], cols, depth-1)...)
		}
	}
	return string(out)
}

// scalar gives a query of one value.
func (g *generator) scalar(kind byte, cols []rcol, depth int) string {
	g.tag("subquery")
	if g.chance(2) {
		saved := g.outer
		g.outer = nil
		src, in := g.source(0)
		g.outer = saved
		return fmt.Sprintf("SELECT %s FROM %s", g.agg(kind, in, 0), src)
	}
	src, in := g.source(0)
	where := fmt.Sprintf("%s = %s", g.expr('i', in, 0), g.column('i', cols))
	if g.chance(3) {
		where += " AND " + g.compare(in, 0)
	}
	if g.chance(5) {
		where += fmt.Sprintf(" AND %s %s %s", g.expr('i', in, 0), g.op(), g.column('i', cols))
	}
	a := g.agg(kind, in, 0)
	if kind == 'i' && g.chance(3) {
		a = fmt.Sprintf("COALESCE(%s, 7)", a)
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", a, src, where)
}

// compare gives a condition without a subquery.
func (g *generator) compare(cols []rcol, depth int) string {
	if rare := rareKinds(cols); len(rare) > 0 && g.chance(4) {
		k := rare[g.pick(len(rare))]
		return fmt.Sprintf("%s %s %s", g.expr(k, cols, depth), g.pickOf("=", "<", ">=", "<>", "IS DISTINCT FROM"), g.expr(k, cols, depth))
	}
	switch g.pick(9) {
	case 1:
		return fmt.Sprintf("%s %s %s", g.expr('s', cols, depth), g.op(), g.expr('s', cols, depth))
	case 2:
		return fmt.Sprintf("%s IS %sNULL", g.expr("is"[g.pick(2)], cols, depth), g.pickOf("", "NOT "))
	case 3:
		return fmt.Sprintf("%s LIKE %s", g.expr('s', cols, depth), g.pickOf("'a%'", "'%b'", "'_'", "'%'"))
	case 4:
		return fmt.Sprintf("%s %sIN (%s)", g.expr('i', cols, depth), g.pickOf("", "NOT "), g.pickOf("1, 2", "0, 3, NULL", "2"))
	case 5:
		return fmt.Sprintf("%s BETWEEN %s AND %s", g.expr('i', cols, depth), g.expr('i', cols, depth), g.expr('i', cols, depth))
	case 6:
		return fmt.Sprintf("%s IS %sDISTINCT FROM %s", g.expr('i', cols, depth), g.pickOf("", "NOT "), g.expr('i', cols, depth))
	case 7:
		return fmt.Sprintf("%s %s %s", g.expr('d', cols, depth), g.op(), g.expr('d', cols, depth))
	}
	return fmt.Sprintf("%s %s %s", g.expr('i', cols, depth), g.op(), g.expr('i', cols, depth))
}

// cond gives any condition.
func (g *generator) cond(cols []rcol, depth int) string {
	if depth <= 0 {
		return g.compare(cols, 0)
	}
	k := g.pick(13)
	if k >= 7 {
		g.tag("subquery")
	}
	switch k {
	case 12:
		src, in := g.source(0)
		return fmt.Sprintf("(%s, %s) %sIN (SELECT %s, %s FROM %s)", g.expr('i', cols, 0), g.expr('s', cols, 0), g.pickOf("", "NOT "), g.expr('i', in, 0), g.expr('s', in, 0), src)
	case 4:
		return fmt.Sprintf("%s AND %s", g.cond(cols, depth-1), g.cond(cols, depth-1))
	case 5:
		return fmt.Sprintf("(%s OR %s)", g.cond(cols, depth-1), g.cond(cols, depth-1))
	case 6:
		return fmt.Sprintf("NOT (%s)", g.cond(cols, depth-1))
	case 7, 8:
		g.outer = append(g.outer, cols)
		sql, _ := g.correlated(depth - 2)
		g.outer = g.outer[:len(g.outer)-1]
		return fmt.Sprintf("%sEXISTS (%s)", g.pickOf("", "NOT "), sql)
	case 9, 10:
		k := "is"[g.pick(2)]
		sql, _ := g.block(depth-2, []byte{k})
		if g.chance(2) {
			src, in := g.source(0)
			sql = fmt.Sprintf("SELECT %s FROM %s WHERE %s = %s", g.expr(k, in, 0), src, g.expr('i', in, 0), g.column('i', cols))
		}
		return fmt.Sprintf("%s %sIN (%s)", g.expr(k, cols, 0), g.pickOf("", "NOT "), sql)
	case 11:
		src, in := g.source(0)
		return fmt.Sprintf("%s %s %s (SELECT %s FROM %s)", g.expr('i', cols, 0), g.op(), g.pickOf("ANY", "ALL"), g.expr('i', in, 0), src)
	}
	return g.compare(cols, depth-1)
}
