package kafka_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestProtobuf: keys and values of a definition in a file, written and read.
func TestProtobuf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "row.proto")
	const def = `syntax = "proto3"; message Key { string k = 1; } message Value { int64 a = 1; optional string b = 2; }`
	if err := os.WriteFile(path, []byte(def), 0o600); err != nil {
		t.Fatal(err)
	}
	c := cluster(t, kfake.SeedTopics(1, "t"))
	given := map[string]string{"format": "", "value.format": "protobuf", "value.protobuf.proto-file": path, "value.protobuf.message-class-name": "Value",
		"key.format": "protobuf", "key.protobuf.proto-file": path, "key.protobuf.message-class-name": "Key", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}
	ctx := context.Background()
	w := open(t, writable(t, c, given))
	defer w.Close()
	check(t, w.Write(ctx, rows(0, 2)))
	_, err := w.Prepare(ctx, 1)
	check(t, err)
	read, err := table(t, c, given)
	check(t, err)
	got, err := all(t, read, []int{0, 1, 2}, nil)
	if want := "k0|0|\nk1|1|"; err != nil || strings.Join(got, "\n") != want {
		t.Errorf("%v %v", got, err)
	}
	produce(t, c, &kgo.Record{Topic: "t", Value: []byte("\x0a\x05x")})
	if _, err := all(t, read, []int{1, 2}, nil); err == nil || !strings.Contains(err.Error(), "topic t, partition 0, offset 2: byte 2: the message ends inside of a value") {
		t.Errorf("a damaged message: %v", err)
	}
	given["value.protobuf.message-class-name"] = "Valu"
	if tb, err := table(t, c, given); err != nil {
		t.Fatal(err)
	} else if _, err := all(t, tb, []int{1}, nil); err == nil || !strings.Contains(err.Error(), "did you mean 'Value'?") {
		t.Errorf("an unknown message: %v", err)
	}
}
