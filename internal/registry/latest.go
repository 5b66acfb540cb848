package registry

import (
	"context"
	"errors"
	"net/http"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weir-stream/weir/internal/format"
)

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
