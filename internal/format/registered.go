package format

import "context"

// Registered is the newest schema of a subject in a schema registry.
type Registered struct {
	Subject string
	Version int // 0 = the registry has none
	ID      int
	Type    string // AVRO, PROTOBUF or JSON
	Text    string
}

// Registrar is implemented by message encoders that register their schema with the
// first message: Compatible asks whether the registry would take it.
type Registrar interface {
	Compatible(ctx context.Context) error
}
