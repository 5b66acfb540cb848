package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// What Flink has and weir leaves out for good, because its meaning lies in Java
// classes, with what to write instead.

// refusedTypes are hints for types, by name.
var refusedTypes = map[string]string{
	"TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ is an instant that is shown in the session's zone; Flink cannot run the type either",
	"STRUCTURED":               "it is an object of a Java class: use ROW<name type, ..>",
	"RAW":                      "it is bytes that a Java serializer reads: use BYTES",
}

// refusedFunctions are hints for functions, by name.
var refusedFunctions = map[string]string{
	"OBJECT_OF":     "it makes a STRUCTURED type, an object of a Java class: use CAST(ROW(..) AS ROW<name type, ..>)",
	"OBJECT_UPDATE": "it changes a STRUCTURED type, an object of a Java class: make a ROW of the fields",
}

// refused notes the error of a function that is left out; false if it is none.
func (b *Binder) refused(f *sql.FuncCall) bool {
	hint, ok := refusedFunctions[f.Func()]
	if ok {
		b.unsupported(f.Name.Position(), f.Func()).WithHint("%s", hint)
	}
	return ok
}

// noMultiset notes the error of an operator of multisets.
func (b *Binder) noMultiset(pos sqlerr.Pos, op string) expr.Expr {
	b.unsupported(pos, op).WithHint("Flink parses the operators of multisets but cannot plan them; collect with ARRAY_AGG and use ARRAY_UNION, ARRAY_EXCEPT, ARRAY_INTERSECT or ARRAY_CONTAINS")
	return bad
}
