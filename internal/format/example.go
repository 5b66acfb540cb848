package format

// Example is a script and what running it prints. The reference shows both, and a
// test runs it. It runs in an empty folder, in which it may make files.
type Example struct {
	// Doc says in a sentence what is to be seen; empty if the script says it.
	Doc   string
	Files []ExampleFile // that are there before
	// SQL is the script. A broker of Kafka is at localhost:9092, a schema registry at
	// http://localhost:8081.
	SQL string
	// Output is what `weir run --output table` prints.
	Output string
}

// ExampleFile is a file of text.
type ExampleFile struct{ Name, Text string }
