package registry

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Kind is the language of a schema.
type Kind string

// The kinds, as registries name them.
const (
	Avro     Kind = "AVRO"
	Protobuf Kind = "PROTOBUF"
	JSON     Kind = "JSON"
)

var kinds = map[Kind]sr.SchemaType{Avro: sr.TypeAvro, Protobuf: sr.TypeProtobuf, JSON: sr.TypeJSON}

// Schema is a schema as a registry keeps it.
type Schema struct {
	Kind Kind
	Text string
	// Parts are the schemas that Text refers to, and those that these do, by the names
	// that it has for them; one comes before those that refer to it.
	Parts []Part
}

// Part is a schema that another one refers to.
type Part struct{ Name, Text string }

// Schema gives a schema by its number.
func (c *Client) Schema(id int) (*Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.schemas[id]; ok {
		return s, nil
	}
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	raw, err := c.client.SchemaByID(ctx, id)
	if err != nil {
		return nil, c.explain(fmt.Sprintf("asking for schema %d", id), err)
	}
	s, err := c.whole(ctx, raw)
	if err != nil {
		return nil, err
	}
	c.schemas[id] = s
	return s, nil
}

// Of gives a schema by its number, which must be of a kind.
func (c *Client) Of(id int, k Kind) (*Schema, error) {
	s, err := c.Schema(id)
	if err == nil && s.Kind != k {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "schema %d of the schema registry is of the kind %s, not %s", id, s.Kind, k).
			WithHint("the formats are 'avro-confluent', 'proto-registry' and 'json-registry'")
	}
	return s, err
}

// Newest gives the newest schema of a subject, which must be of a kind.
func (c *Client) Newest(subject string, k Kind) (*Schema, error) {
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	const newest = -1
	raw, err := c.client.SchemaByVersion(ctx, subject, newest)
	if err != nil {
		return nil, c.explain("asking for the newest schema of the subject "+subject, err)
	}
	s, err := c.whole(ctx, raw.Schema)
	if err == nil && s.Kind != k {
		err = sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the newest schema of the subject %s is of the kind %s, not %s", subject, s.Kind, k).
			WithHint("the formats are 'avro-confluent', 'proto-registry' and 'json-registry'")
	}
	return s, err
}

// whole fetches what a schema refers to.
func (c *Client) whole(ctx context.Context, raw sr.Schema) (*Schema, error) {
	s := &Schema{Kind: Kind(raw.Type.String()), Text: raw.Schema}
	seen := map[string]bool{}
	var visit func(refs []sr.SchemaReference) error
	visit = func(refs []sr.SchemaReference) error {
		for _, r := range refs {
			if seen[r.Name] {
				continue
			}
			seen[r.Name] = true
			part, err := c.client.SchemaByVersion(ctx, r.Subject, r.Version)
			if err != nil {
				return c.explain(fmt.Sprintf("asking for version %d of the subject %s, which a schema refers to,", r.Version, r.Subject), err)
			}
			if err := visit(part.References); err != nil {
				return err
			}
			s.Parts = append(s.Parts, Part{r.Name, part.Schema.Schema})
		}
		return nil
	}
	return s, visit(raw.References)
}

// Register gives the number of a schema, which is told to the registry if it is new.
func (c *Client) Register(subject string, k Kind, text string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := [2]string{subject, text}
	if id, ok := c.ids[key]; ok {
		return id, nil
	}
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	id, err := c.client.RegisterSchema(ctx, subject, sr.Schema{Schema: text, Type: kinds[k]}, -1, -1)
	if err != nil {
		return 0, c.explain("registering a schema for the subject "+subject, err)
	}
	c.ids[key] = id
	return id, nil
}
