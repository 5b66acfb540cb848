package weir

import (
	"fmt"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// Functions in Go. Values are as Rows.Values gives them, and results may be of
// any Go type that fits: see the fields of each.
type (
	// ScalarFunction gives one value a row, by Eval or, many rows at once, by Vector.
	ScalarFunction = udf.ScalarFunction
	// AggregateFunction folds the rows of a group.
	AggregateFunction = udf.AggregateFunction
	// TableFunction gives rows for its arguments: LATERAL TABLE(f(x)).
	TableFunction = udf.TableFunction
	// ProcessTableFunction reads tables, with state and timers per partition.
	ProcessTableFunction = udf.ProcessFunction
	// ProcessContext is what a call of a ProcessTableFunction may use.
	ProcessContext = udf.Context
	// Row is a row of a table argument.
	Row = udf.Row
	// Argument declares an argument of a table function.
	Argument = udf.Arg
	// OutputColumn names and types a column, in SQL's words.
	OutputColumn = udf.Column
	// State declares a state of a ProcessTableFunction.
	State = udf.State
	// Vector is a column of values, as ScalarFunction.Vector gets and fills it.
	Vector = vec.Vector
	// ModelProvider answers for the models that name it: ML_PREDICT.
	ModelProvider = udf.Provider
	// Model is a model as its provider sees it.
	Model = udf.Model
	// Predictor is a model that is ready to be asked.
	Predictor = udf.Predictor
)

// How a table argument is given to a function, and the kinds of state.
const (
	RowSemantics = udf.RowSemantics
	SetSemantics = udf.SetSemantics

	ValueState = udf.ValueState
	ListState  = udf.ListState
	MapState   = udf.MapState
)

// WithFunction adds a function in Go to all sessions: a *ScalarFunction,
// *AggregateFunction, *TableFunction or *ProcessTableFunction. A name that is
// taken, and a declaration that is wrong, are refused by Open.
func WithFunction(function any) Option {
	return func(c *engine.Config) { c.Registered = append(c.Registered, function) }
}

// WithModelProvider adds a provider of models.
func WithModelProvider(p *ModelProvider) Option {
	return func(c *engine.Config) { c.Library.Providers = append(c.Library.Providers, p) }
}

// register checks the functions that were added and puts them in their places.
func register(c *engine.Config) error {
	lib, taken := &c.Library, builtin.Functions()
	aggs := bind.NewAggTable(fn.Aggs())
	for _, f := range c.Registered {
		name := ""
		var err error
		switch f := f.(type) {
		case *ScalarFunction:
			var row fn.Func
			row, err = f.Func(bind.TypeOf)
			name, lib.Scalars = f.Name, append(lib.Scalars, row)
		case *AggregateFunction:
			var row fn.Agg
			row, err = f.Agg(bind.TypeOf)
			name, lib.Aggs = f.Name, append(lib.Aggs, row)
		case *TableFunction:
			name, lib.Tables = f.Name, append(lib.Tables, f)
			err = declared(f.Args, f.Columns)
		case *ProcessTableFunction:
			name, lib.Processes = f.Name, append(lib.Processes, f)
			err = declared(f.Args, f.Columns)
		default:
			return fmt.Errorf("a %T is not a function", f)
		}
		if err == nil && (name == "" || taken.Has(name) || aggs.Lookup(name) != nil) {
			err = fmt.Errorf("the name is empty or taken by a built-in function")
		}
		if err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
	}
	return readable(lib)
}

// declared checks the types of arguments and columns.
func declared(args []Argument, cols []OutputColumn) error {
	for _, a := range args {
		if a.Table == udf.Scalar {
			if _, err := bind.TypeOf(a.Type); err != nil {
				return fmt.Errorf("argument %s: %w", a.Name, err)
			}
		}
	}
	for _, c := range cols {
		if _, err := bind.TypeOf(c.Type); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return nil
}

// readable checks signatures: those of the binary itself would be mistakes in
// it, so that the tables panic.
func readable(lib *udf.Library) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a signature cannot be read: %v", p)
		}
	}()
	fn.NewTable(lib.Scalars)
	fn.NewAggTable(lib.Aggs)
	return nil
}
