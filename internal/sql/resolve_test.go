package sql

import (
	"errors"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

func TestResolve(t *testing.T) {
	for text, want := range map[string]string{
		"int":                                "INT",
		"INTEGER NOT NULL":                   "INT NOT NULL",
		"STRING":                             "STRING",
		"VARCHAR":                            "STRING",
		"VARCHAR(3)":                         "VARCHAR(3)",
		"CHARACTER VARYING(3)":               "VARCHAR(3)",
		"CHAR":                               "CHAR(1)",
		"BINARY":                             "BINARY(1)",
		"VARBINARY":                          "BYTES",
		"BYTES":                              "BYTES",
		"DEC":                                "DECIMAL(10, 0)",
		"NUMERIC(5)":                         "DECIMAL(5, 0)",
		"DECIMAL(38,10)":                     "DECIMAL(38, 10)",
		"DOUBLE PRECISION":                   "DOUBLE",
		"TIME":                               "TIME(0)",
		"TIME(3) WITHOUT TIME ZONE":          "TIME(3)",
		"TIMESTAMP":                          "TIMESTAMP(6)",
		"TIMESTAMP_LTZ":                      "TIMESTAMP_LTZ(6)",
		"TIMESTAMP(3) WITH LOCAL TIME ZONE":  "TIMESTAMP_LTZ(3)",
		"TIMESTAMP(9) WITHOUT TIME ZONE":     "TIMESTAMP(9)",
		"INTERVAL YEAR TO MONTH":             "INTERVAL YEAR TO MONTH",
		"INTERVAL QUARTER":                   "INTERVAL YEAR TO MONTH",
		"INTERVAL DAY(3) TO SECOND(6)":       "INTERVAL DAY TO SECOND",
		"INT NOT NULL ARRAY":                 "ARRAY<INT NOT NULL>",
		"INT MULTISET ARRAY NOT NULL":        "ARRAY<MULTISET<INT>> NOT NULL",
		"MAP<STRING, ARRAY<INT>>":            "MAP<STRING, ARRAY<INT>>",
		"ROW<a INT, `b c` ROW<d INT> 'x'>":   "ROW<`a` INT, `b c` ROW<`d` INT>>",
		"ROW(a INT NOT NULL, select BIGINT)": "ROW<`a` INT NOT NULL, `select` BIGINT>",
		"ROW<>":                              "ROW<>",
		"VARIANT":                            "VARIANT",
		"BITMAP":                             "BITMAP",
	} {
		ty, err := ParseType(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := ty.Resolve()
		if err != nil || got.String() != want {
			t.Errorf("%s is %s, not %s: %v", text, got, want, err)
		}
		if again, err := ParseType(ty.String()); err != nil || shapeOf(again) != shapeOf(ty) {
			t.Errorf("%s prints as %s: %v", text, ty, err)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for text, code := range map[string]sqlerr.Code{
		"DECIMAL(39)":                 sqlerr.Type,
		"DECIMAL(3, 4)":               sqlerr.Type,
		"TIMESTAMP(10)":               sqlerr.Type,
		"CHAR(0)":                     sqlerr.Type,
		"VARCHAR(2147483648)":         sqlerr.Type,
		"ARRAY<MAP<INT, TIME(11)>>":   sqlerr.Type,
		"ROW<a INT, a INT>":           sqlerr.Name,
		"INTT":                        sqlerr.Name,
		"cat.db.t":                    sqlerr.Name,
		"RAW('a', 'b')":               sqlerr.Unsupported,
		"STRUCTURED<'a.B', x INT>":    sqlerr.Unsupported,
		"TIMESTAMP(3) WITH TIME ZONE": sqlerr.Unsupported,
		"INT(3)":                      sqlerr.Syntax,
		"ARRAY<":                      sqlerr.Syntax,
		"SELECT":                      sqlerr.Syntax,
	} {
		ty, err := ParseType(text)
		if err == nil {
			_, err = ty.Resolve()
		}
		var list sqlerr.List
		var one *sqlerr.Error
		if errors.As(err, &list) {
			one = list[0]
		} else if !errors.As(err, &one) {
			t.Errorf("%s is accepted", text)
			continue
		}
		if one.Code != code || !one.Pos.Valid() {
			t.Errorf("%s: %v at %v, want %s", text, one, one.Pos, code)
		}
	}
}
