package fn

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/types"
)

func args(ts ...types.Type) []Arg {
	out := make([]Arg, len(ts))
	for i, t := range ts {
		out[i] = Arg{Type: t}
	}
	return out
}

// TestRows holds every row to what the reference pages and tests need.
func TestRows(t *testing.T) {
	for _, f := range Core().All() {
		switch {
		case f.Doc == "" || f.Category == "" || !strings.HasSuffix(f.Doc, "."):
			t.Errorf("%s: no sentence or no category", f.Signature())
		case f.Kernel == nil && f.Bind == nil && f.Higher == nil && f.Name != "SOURCE_WATERMARK":
			t.Errorf("%s: no kernel", f.Signature())
		case f.Infer == nil && !strings.Contains(f.Sig, "->"):
			t.Errorf("%s: no result type", f.Signature())
		}
	}
	// One example at least for what users call by name.
	for _, name := range Core().Names() {
		n := 0
		for _, f := range Core().Lookup(name) {
			n += len(f.Examples)
		}
		if n == 0 && name != "SOURCE_WATERMARK" {
			t.Errorf("%s has no example", name)
		}
	}
}

func TestResolve(t *testing.T) {
	tInt, tBig, tStr, tDbl := types.Of(types.Int), types.Of(types.BigInt), types.String(), types.Of(types.Double)
	dec := types.DecimalOf(10, 2)
	for _, c := range []struct {
		name string
		args []types.Type
		want string // types of the arguments and the result
		err  string
	}{
		{"=", []types.Type{tInt, tBig}, "BIGINT BIGINT -> BOOLEAN", ""},
		{"=", []types.Type{tInt, dec}, "DECIMAL(12, 2) DECIMAL(10, 2) -> BOOLEAN", ""},
		{"=", []types.Type{tInt.NotNull(), tInt.NotNull()}, "INT NOT NULL INT NOT NULL -> BOOLEAN NOT NULL", ""},
		{"<", []types.Type{types.Of(types.Date), types.TimestampOf(3)}, "TIMESTAMP(3) TIMESTAMP(3) -> BOOLEAN", ""},
		{"=", []types.Type{types.CharOf(3), tStr}, "CHAR(3) STRING -> BOOLEAN", ""},
		{"=", []types.Type{tStr, tInt}, "", "cannot apply '=' to STRING and INT (cast one side, for example CAST(x AS STRING))"},
		{"+", []types.Type{tInt, tBig}, "INT BIGINT -> BIGINT", ""},
		{"*", []types.Type{types.DecimalOf(3, 3), tBig}, "DECIMAL(3, 3) BIGINT -> DECIMAL(23, 3)", ""},
		{"+", []types.Type{types.Of(types.Date), types.Of(types.IntervalDT)}, "DATE INTERVAL DAY TO SECOND -> DATE", ""},
		{"SQRT", []types.Type{tInt}, "DOUBLE -> DOUBLE", ""},
		{"substring", []types.Type{tStr, tInt, tBig}, "STRING INT BIGINT -> STRING", ""},
		{"UPPER", []types.Type{tInt}, "", "UPPER does not take (INT) (it takes: UPPER(s STRINGLIKE))"},
		{"UPPER", nil, "", "UPPER does not take () (it takes: UPPER(s STRINGLIKE))"},
		{"UPER", []types.Type{tStr}, "", "there is no function UPER (did you mean UPPER?)"},
		{"ARRAY_APPEND", []types.Type{types.ArrayOf(tInt), tBig}, "ARRAY<BIGINT> BIGINT -> ARRAY<BIGINT>", ""},
		{"GREATEST", []types.Type{tInt, tDbl, types.Of(types.Null)}, "DOUBLE DOUBLE DOUBLE -> DOUBLE", ""},
	} {
		f, ts, ret, err := Core().Resolve(c.name, args(c.args...))
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s%v: error %v, want %s", c.name, c.args, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s%v: %v", c.name, c.args, err)
			continue
		}
		parts := []string{}
		for _, x := range ts {
			parts = append(parts, x.String())
		}
		if got := strings.Join(parts, " ") + " -> " + ret.String(); got != c.want {
			t.Errorf("%s%v by %s: %s, want %s", c.name, c.args, f.Sig, got, c.want)
		}
	}
}

func TestSignatures(t *testing.T) {
	for _, s := range []string{"(s STRING, n INT) -> STRING", "() -> DOUBLE NOT NULL", "(x T...) -> T", "(m MAP<K, V>, k K) -> V", "(a INT [, b DECIMAL(10, 2)] [, c ARRAY<T>])"} {
		if _, err := parseSignature(s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []string{"", "(s STRIN) -> INT", "(s STRING -> INT", "(s STRING) -> INT x"} {
		if _, err := parseSignature(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}
