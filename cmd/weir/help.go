package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

const about = "A streaming warehouse in one binary: Flink SQL over streams, change feeds and files."

// examples are shown below the help of a command; "" is the program itself.
var examples = map[string]string{
	"": `  weir run pipeline.sql
  weir run -c "SELECT country, COUNT(*) FROM 'orders.parquet' GROUP BY country"
  tail -f access.jsonl | weir run ddl.sql -c "SELECT * FROM access WHERE status >= 500"
  weir sql
`,
	"run": `  weir run pipeline.sql                     a script
  weir run ddl.sql -c "SELECT * FROM t"     declarations from a file, then a query
  weir run -c "SELECT 1"                    one string; - reads the script from stdin
  weir run --output csv -c "SELECT * FROM 'orders.jsonl'" > orders.csv
  weir run --mode batch --set parallelism.default=4 report.sql
`,
	"plan": `  weir plan diff old.sql new.sql            what an edit keeps, reads again and drops
  weir plan diff old.sql new.sql --state-dir state
`,
	"job": `  weir run --state-dir state pipeline.sql   a job that keeps checkpoints
  weir job show state                       what it does
  weir job rescale state 4                  with four subtasks from now on
  weir job savepoint state backup/monday
  weir job stop state                       it goes on when it is run again
  weir job stop --drain state               windows close, and it has finished
`,
	"source": `  weir source check pipeline.sql            all tables that a script reads and writes
  weir source check pipeline.sql orders     one of them
  weir source check 'data/*.parquet'        files
  weir source preview pipeline.sql orders -n 20
`,
	"check": `  weir source check pipeline.sql            all tables that a script reads and writes
  weir source check pipeline.sql orders     one of them
  weir source check ddl.sql --output json | jq '.[].problems'
  weir source check 'data/*.parquet'        files
The exit status is 1 if there is any problem, 2 if the script is wrong.
`,
	"preview": `  weir source preview pipeline.sql orders   the newest rows of a topic, decoded
  weir source preview pipeline.sql orders -n 100 | jq .
  weir source preview data/orders.csv       the first rows of files
`,
	"savepoint": `  weir savepoint create state backup/monday
  weir savepoint list backup
  weir savepoint inspect backup/monday
  weir run --state-dir other --from-savepoint backup/monday pipeline.sql
`,
	"state": `  weir state inspect state                  tables, bytes, hot keys, epochs, files
`,
	"explain": `  weir explain pipeline.sql
  weir explain -c "SELECT k, COUNT(*) FROM 'a.csv' GROUP BY k" --details ESTIMATED_COST
  weir explain --analyze report.sql         run it and show rows and state of each operator
`,
	"test": `  weir test tests                           all *.slt files below a folder
  weir test --run refund -v tests           the cases whose name matches
  weir test --update tests/orders.slt       write what comes out as what is expected
  weir test --source orders=fixtures/orders.jsonl tests/orders.slt
  weir test --world stream,par4,batch --junit report.xml tests
  weir test --world restore --seed 7 tests  jobs are killed on the way and go on
A test file feeds tables of a pipeline, moves time and says what must come out:
  pipeline ../pipeline.sql

  feed orders
  1 | espresso | 2024-01-01 09:00:01

  watermark orders 2024-01-01 09:01:00

  table revenue
  ----
  espresso | 1
docs/testing.md has the rest.
`,
	"fmt": `  weir fmt pipeline.sql                     print the formatted script
  weir fmt -w *.sql                         rewrite files
  weir fmt --check *.sql                    for CI: names what is not formatted
`,
	"docs": `  weir docs                                 the topics
  weir docs functions                       all functions; weir docs functions CONCAT for one
  weir docs connectors filesystem
  weir docs --write docs/reference          all pages as Markdown
`,
	"sql": `  weir sql                                  an interactive shell
  weir sql --set execution.runtime-mode=batch
`,
}

// helpCmd is `weir help`.
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Run prints the help of a command, or of all.
func (c *helpCmd) Run(a *app) error {
	_, err := a.kong.Parse(append(c.Command, "--help"))
	if err != nil && len(c.Command) > 0 {
		return usage("there is no command %s", strings.Join(c.Command, " "))
	}
	return nil
}

// printHelp prints what kong knows of a command and examples of its use.
func (a *app) printHelp(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	name := ""
	if n := ctx.Selected(); n != nil {
		name = n.Name
	}
	text, ok := examples[name]
	if !ok {
		return nil
	}
	_, err := fmt.Fprintf(a.out, "\nExamples:\n%s", text)
	return err
}
