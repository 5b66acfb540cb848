// Package driver makes the engine a database/sql driver named "weir":
//
//	import _ "github.com/weir-stream/weir/driver"
//
//	db, err := sql.Open("weir", "")
//
// The data source name is settings as a URL's query writes them, for example
// "table.local-time-zone=Europe%2FBerlin". Queries run in batch mode, for
// database/sql has no notion of a change that takes a row back; package weir
// gives streams. Each sql.DB has a catalog of its own, which its connections
// share.
package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/weir-stream/weir"
)

// Name is what sql.Open knows the driver by.
const Name = "weir"

// Registering in init is what database/sql asks of drivers.
func init() { sql.Register(Name, Driver{}) }

// Driver opens connectors. It is stateless.
type Driver struct{}

var _ driver.DriverContext = Driver{}

// Open opens a connection to an engine of its own.
func (d Driver) Open(name string) (driver.Conn, error) {
	c, err := d.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector makes the engine that all connections of a sql.DB share.
func (Driver) OpenConnector(name string) (driver.Connector, error) {
	settings, err := url.ParseQuery(name)
	if err != nil {
		return nil, fmt.Errorf("weir: the data source name is settings such as parallelism.default=2: %w", err)
	}
	options := []weir.Option{weir.WithSetting("execution.runtime-mode", "batch")}
	for k, vs := range settings {
		options = append(options, weir.WithSetting(k, vs[len(vs)-1]))
	}
	db, err := weir.Open(options...)
	if err != nil {
		return nil, err
	}
	return &connector{db: db}, nil
}

type connector struct{ db *weir.DB }

// Close is called by sql.DB.Close.
func (c *connector) Close() error          { return c.db.Close() }
func (c *connector) Driver() driver.Driver { return Driver{} }

func (c *connector) Connect(context.Context) (driver.Conn, error) {
	return &conn{session: c.db.Session()}, nil
}

type conn struct{ session *weir.Session }

var (
	_ driver.QueryerContext = (*conn)(nil)
	_ driver.ExecerContext  = (*conn)(nil)
)

var (
	errArgs = errors.New("weir: statements take no arguments")
	errTx   = errors.New("weir: there are no transactions")
)

func (c *conn) Prepare(query string) (driver.Stmt, error) { return &stmt{c: c, query: query}, nil }
func (c *conn) Close() error                              { return c.session.Close() }
func (c *conn) Begin() (driver.Tx, error)                 { return nil, errTx }

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		return nil, errArgs
	}
	return driver.ResultNoRows, c.session.Exec(ctx, query)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) > 0 {
		return nil, errArgs
	}
	r, err := c.session.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return &rows{r: r}, nil
}

type stmt struct {
	c     *conn
	query string
}

func (s *stmt) Close() error  { return nil }
func (s *stmt) NumInput() int { return 0 }
func (s *stmt) Exec([]driver.Value) (driver.Result, error) {
	return s.c.ExecContext(context.Background(), s.query, nil)
}
func (s *stmt) Query([]driver.Value) (driver.Rows, error) {
	return s.c.QueryContext(context.Background(), s.query, nil)
}

type rows struct{ r *weir.Rows }

var _ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)

func (r *rows) Columns() []string { return r.r.Columns() }
func (r *rows) Close() error      { return r.r.Close() }

// ColumnTypeDatabaseTypeName gives the SQL type.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.r.Types()[i].Type }

func (r *rows) Next(dest []driver.Value) error {
	if !r.r.Next() {
		if err := r.r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	if r.r.Kind() != weir.Insert {
		return errors.New("weir: the query gives changes and not an answer: leave execution.runtime-mode at batch, or use package weir")
	}
	for i, v := range r.r.Values() {
		d, err := value(v)
		if err != nil {
			return err
		}
		dest[i] = d
	}
	return nil
}

// value makes a value one that database/sql takes: durations become text,
// nested values JSON.
func value(v any) (driver.Value, error) {
	switch x := v.(type) {
	case time.Duration:
		return x.String(), nil
	case []any, map[string]any:
		text, err := json.Marshal(x)
		return string(text), err
	}
	return v, nil
}
