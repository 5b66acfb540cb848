package bind

import "github.com/weir-stream/weir/internal/sql"

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
	"OBJECT_OF":     "it makes an object of a Java class: use CAST(ROW(..) AS ROW<name type, ..>)",
	"OBJECT_UPDATE": "it changes an object of a Java class: make a ROW of the fields",
}

// refused notes the error of a function that is left out; false if it is none.
func (b *Binder) refused(f *sql.FuncCall) bool {
	hint, ok := refusedFunctions[f.Func()]
	if ok {
		b.unsupported(f.Name.Position(), f.Func()).WithHint("%s", hint)
	}
	return ok
}
