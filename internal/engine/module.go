package engine

import (
	"context"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// coreModule is the only module: Flink's built-in functions, always loaded and
// used.
const coreModule = "core"

func nothing(context.Context, *Session, Output) error { return nil }

// useModules takes USE MODULES core.
func useModules(st *sql.UseModules) (runFunc, error) {
	seen := false
	for _, n := range st.Names {
		if n.Name != coreModule {
			return nil, sqlerr.New(sqlerr.Name, n.Pos, "there is no module `%s`", n.Name).WithHint("the only module is %s", coreModule)
		}
		if seen {
			return nil, sqlerr.New(sqlerr.Name, n.Pos, "the module `%s` is named twice", n.Name)
		}
		seen = true
	}
	return nothing, nil
}

func loadModule(st *sql.LoadModule) (runFunc, error) {
	if st.Name.Name == coreModule {
		return nil, sqlerr.New(sqlerr.Name, st.Name.Pos, "the module `%s` is loaded already", coreModule)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, st.Name.Pos, "LOAD MODULE %s is not supported", st.Name.Name).
		WithHint("the only module is %s; write functions in SQL: CREATE FUNCTION .. LANGUAGE SQL", coreModule)
}

func unloadModule(st *sql.UnloadModule) (runFunc, error) {
	if st.Name.Name == coreModule {
		return nil, sqlerr.New(sqlerr.Unsupported, st.Name.Pos, "UNLOAD MODULE %s is not supported", coreModule).WithHint("the built-in functions are always there")
	}
	return nil, sqlerr.New(sqlerr.Name, st.Name.Pos, "there is no module `%s`", st.Name.Name).WithHint("the only module is %s", coreModule)
}

// jar refuses ADD JAR and REMOVE JAR.
func jar(st *sql.Jar) error {
	verb := "ADD"
	if st.Remove {
		verb = "REMOVE"
	}
	return sqlerr.New(sqlerr.Unsupported, st.Pos, "%s JAR is not supported: there is no Java here", verb).
		WithHint("connectors and formats are built in; write functions in SQL (CREATE FUNCTION .. LANGUAGE SQL) or in Go, through the embedding API")
}
