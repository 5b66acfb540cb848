package sql

import (
	"slices"
	"strings"
)

// reservedWords cannot be names without backquotes: each may open or close a
// part of a statement where a name could stand. They are a subset of Flink's
// reserved words, whose others are taken as names where that is unambiguous.
const reservedWords = `ALL AND ARRAY AS BETWEEN BY CASE CAST CREATE CROSS CURRENT_CATALOG CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
 DATE DELETE DISTINCT DROP ELSE END EXCEPT EXISTS FALSE FETCH FOR FROM GROUP HAVING IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN LATERAL
 LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP MATCH_RECOGNIZE MULTISET NOT NULL ON OR ORDER OVER QUALIFY RIGHT ROW SELECT TABLE THEN TIME
 TIMESTAMP TO TRUE UNION UNKNOWN UNNEST UPDATE USING VALUES WHEN WHERE WITH`

// clauseWords are names, but not where an alias may stand without AS: there
// they go on with the statement.
const clauseWords = `ANY ASYMMETRIC BOTH DESCRIBE ESCAPE EXPLAIN FULL GROUPING ILIKE LEADING MATCH_CONDITION MINUS NATURAL OFFSET OUTER PARTITION RLIKE ROWS SET
 SIMILAR SOME SYMMETRIC TABLESAMPLE TRAILING TRUNCATE WINDOW`

// otherWords are keywords that are also names.
const otherWords = `ABSENT ADD AFTER ALTER ALWAYS ANALYZE ANTI ARTIFACT ASC ASOF BEGIN BIGINT BINARY BITMAP BOOLEAN BUCKETS BYTES CALL CASCADE
 CATALOG CATALOGS CEIL CENTURY CHANGELOG_MODE CHAR CHARACTER CLEAR COLUMN COLUMNS COMMENT COMPILE COMPUTE CONDITIONAL CONFLICT CONNECTION
 CONNECTIONS CONSTRAINT CONSTRAINTS CONTINUOUS CUBE CURRENT CURRENT_DATABASE CURRENT_ROW_TIMESTAMP CURRENT_USER DATABASE DATABASES DAY DEC
 DECADE DECIMAL DEDUPLICATE DEFAULT DEFINE DESC DESCRIPTOR DISTRIBUTED DISTRIBUTION DO DOUBLE DOW DOY DRAIN EMPTY ENFORCED EPOCH ERROR
 ESTIMATED_COST EXCLUDE EXCLUDING EXECUTE EXIT EXTENDED EXTRACT FILE FILTER FINAL FIRST FLOAT FLOOR FOLLOWING FRESHNESS FROM_BEGINNING
 FROM_NOW FROM_TIMESTAMP FUNCTION FUNCTIONS GENERATED HASH HELP HOUR IF IGNORE INCLUDE INCLUDING INPUT INT INTEGER ISODOW ISOYEAR JAR
 JARS JAVA JOB JOBS JSON JSON_EXECUTION_PLAN KEY LANGUAGE LAST LOAD LOCAL MAP MATCH MATERIALIZED MEASURES METADATA
 MICROSECOND MILLENNIUM MILLISECOND MINUTE MODEL MODELS MODIFY MODULE MODULES MONTH NANOSECOND NEXT NOTHING NULLS NUMERIC OBJECT
 ONE ONLY OPTIONS ORDINALITY OUTPUT OVERLAPS OVERLAY OVERWRITE OVERWRITING PARTITIONED PARTITIONS PAST PATTERN PER PERMUTE PIVOT PLACING
 PLAN PLAN_ADVICE POSITION PRECEDING PRECISION PRIMARY PROCEDURES PYTHON QUARTER QUIT RANGE RAW REAL RECURSIVE REFRESH REFRESH_MODE REMOVE
 RENAME REPLACE RESET RESPECT RESTRICT RESUME RESUME_OR_FROM_BEGINNING RESUME_OR_FROM_NOW RESUME_OR_FROM_TIMESTAMP RETURNING ROLLUP
 RUNNING SAVEPOINT SCALA SCALAR SECOND SEMI SETS SHOW SKIP SMALLINT SQL START_MODE STATEMENT STATISTICS STOP STRING STRUCTURED SUBSET SUBSTRING
 SUSPEND SYSTEM SYSTEM_TIME TABLES TEMPORARY TIES TIMESTAMPADD TIMESTAMPDIFF TIMESTAMP_LTZ TINYINT TRIM TRY_CAST UESCAPE
 UNBOUNDED UNCONDITIONAL UNIQUE UNLOAD UNPIVOT USE USER VALUE VARBINARY VARCHAR VARIANT VARYING VIEW VIEWS VIRTUAL WATERMARK WATERMARKS
 WEEK WITHIN WITHOUT WRAPPER YEAR ZONE`

// reservation says how far a keyword is kept from being a name.
type reservation uint8

const (
	notReserved reservation = iota
	noBareAlias
	reserved
)

var keywords = func() map[string]reservation {
	m := make(map[string]reservation)
	for r, words := range map[reservation]string{notReserved: otherWords, noBareAlias: clauseWords, reserved: reservedWords} {
		for _, w := range strings.Fields(words) {
			m[w] = r
		}
	}
	return m
}()

// Keywords gives all keywords in upper case, sorted.
func Keywords() []string {
	out := make([]string, 0, len(keywords))
	for w := range keywords {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// IsKeyword reports whether the word, in any case, is a keyword.
func IsKeyword(word string) bool {
	_, ok := keywords[strings.ToUpper(word)]
	return ok
}

// IsReserved reports whether the word, in any case, needs backquotes as a name.
func IsReserved(word string) bool { return keywords[strings.ToUpper(word)] == reserved }

// QuoteIdent gives the name as it is written in SQL: in backquotes unless it is
// a plain word that is no keyword.
func QuoteIdent(name string) string {
	if name == "" || IsKeyword(name) {
		return "`" + name + "`"
	}
	for i, r := range name {
		if i == 0 && !isWordStart(r) || !isWordPart(r) {
			return "`" + strings.ReplaceAll(name, "`", "``") + "`"
		}
	}
	return name
}

// QuoteString gives the text as a string literal.
func QuoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// niladic functions are called without parentheses.
var niladic = map[string]bool{
	"CURRENT_DATE": true, "CURRENT_TIME": true, "CURRENT_TIMESTAMP": true, "LOCALTIME": true, "LOCALTIMESTAMP": true,
	"CURRENT_CATALOG": true,
}

// timeUnits are what EXTRACT, FLOOR, CEIL, TIMESTAMPADD and TIMESTAMPDIFF take.
var timeUnits = []string{"NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER",
	"YEAR", "DECADE", "CENTURY", "MILLENNIUM", "EPOCH", "DOW", "DOY", "ISODOW", "ISOYEAR"}

// intervalUnits are the fields of an interval, the largest first.
var intervalUnits = []string{"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"}
