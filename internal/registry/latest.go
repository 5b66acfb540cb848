package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Registered asks for the newest schema of the subject, which must be of a kind; fits
// says which of the wanted columns it lacks. See format.Spec.Registered.
func Registered(ctx context.Context, k Kind, s format.Schema, o format.Options, fits func(*Schema) (missing []int, err error)) (format.Registered, error) {
	r, err := New(o)
	if err != nil {
		return format.Registered{}, err
	}
	out, err := r.Latest(ctx, Subject(s, o))
	if err != nil || out.Version == 0 {
		return out, err
	}
	if out.Type != string(k) {
		return out, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the schema of the subject %s is of the kind %s, not %s", out.Subject, out.Type, k).
			WithHint("set the format that the messages have, or the option 'subject'")
	}
	whole, err := r.Newest(out.Subject, k) // with what it refers to
	if err != nil {
		return out, err
	}
	missing, err := fits(whole)
	if err != nil || len(missing) == 0 {
		return out, err
	}
	var names []string
	for _, m := range missing {
		names = append(names, "`"+s.Columns[s.Want[m]].Name+"`")
	}
	return out, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the schema of the subject %s (version %d) lacks the columns %s, which are NULL", out.Subject, out.Version, strings.Join(names, ", ")).
		WithHint("take them out of the table, or correct their names: fields are matched by name, and case counts")
}

// Latest asks for the newest schema of a subject; its version is 0 where the
// registry knows no such subject.
func (c *Client) Latest(ctx context.Context, subject string) (format.Registered, error) {
	out := format.Registered{Subject: subject}
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	s, err := c.client.SchemaByVersion(ctx, subject, -1)
	var answer *sr.ResponseError
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return out, nil
	}
	if err != nil {
		return out, c.explain("asking for the schema of the subject "+subject, err)
	}
	out.Version, out.ID, out.Type, out.Text = s.Version, s.ID, s.Type.String(), s.Schema.Schema
	return out, nil
}

// Compatible asks whether the registry would take a schema for a subject
// after the newest that it has, by the subject's rules. Nothing is registered.
func (c *Client) Compatible(ctx context.Context, subject string, k Kind, schema string) error {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	r, err := c.client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), subject, -1, sr.Schema{Schema: schema, Type: kinds[k]})
	var answer *sr.ResponseError
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return nil
	case err != nil:
		return c.explain("asking whether the schema goes with those of the subject "+subject, err)
	case r.Is:
		return nil
	}
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the registry would not take the schema of the columns for the subject %s: %s", subject, strings.Join(r.Messages, "; ")).
		WithHint("columns that are added must allow NULL, and none may change its type; or change the rules of the subject")
}
