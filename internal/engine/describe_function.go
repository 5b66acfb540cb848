package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// describeFunction gives DESCRIBE FUNCTION, of a user's function or a built-in
// one.
func (s *Session) describeFunction(st *sql.Describe) ([]string, [][]string, error) {
	if f, ok := s.eng.catalog.Function(st.Name.Strings(), s.catalog, s.database); ok {
		return infoColumns, userFunctionRows(f, st.Extended), nil
	}
	name := strings.ToUpper(st.Name.Last().Name)
	rows := [][]string{{"is system function", "true"}, {"is temporary", "false"}}
	var signatures []string
	kind, deterministic := "SCALAR", true
	for _, f := range s.eng.functions.Lookup(name) {
		if !f.Hidden {
			signatures = append(signatures, name+f.Sig)
			deterministic = deterministic && f.Volatility == fn.Immutable
		}
	}
	if agg := s.eng.aggs.Lookup(name); agg != nil && len(signatures) == 0 {
		kind = "AGGREGATE"
		signatures = append(signatures, name+agg.Sig)
	}
	if len(st.Name.Parts) > 1 || len(signatures) == 0 {
		return nil, nil, s.noFunction(st.Name)
	}
	if st.Extended {
		rows = append(rows, []string{"kind", kind}, []string{"requirements", "[]"}, []string{"is deterministic", strconv.FormatBool(deterministic)},
			[]string{"supports constant folding", strconv.FormatBool(deterministic)}, []string{"signature", strings.Join(signatures, "\n")})
	}
	return infoColumns, rows, nil
}

func userFunctionRows(f *catalog.Function, extended bool) [][]string {
	rows := [][]string{{"is system function", strconv.FormatBool(f.System)}, {"is temporary", strconv.FormatBool(f.Temporary)},
		{"body", f.Body}, {"function language", "SQL"}}
	if !extended {
		return rows
	}
	kind := "SCALAR"
	if f.Table {
		kind = "TABLE"
	}
	return append(rows, []string{"kind", kind}, []string{"signature", f.Signature()})
}

// noFunction is the error for the name of a function that is not there.
func (s *Session) noFunction(n sql.ObjectName) error {
	err := sqlerr.New(sqlerr.Name, n.Position(), "there is no function `%s`", n)
	all := slices.Concat(s.userFunctions(s.catalog, s.database), s.eng.functions.Names(), s.eng.aggs.Names())
	if near, ok := sqlerr.Nearest(n.Last().Name, all); ok {
		return err.WithHint("did you mean %s?", near)
	}
	return err
}
