package format

// Registered is the newest schema of a subject in a schema registry.
type Registered struct {
	Subject string
	Version int // 0 = the registry has none
	ID      int
	Type    string // AVRO, PROTOBUF or JSON
	Text    string
}
