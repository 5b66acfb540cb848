package job

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/flow"
)

// TestMetaIsPutTogether: what is encoded once and what every epoch adds is the JSON of
// the whole, with any part of it missing.
func TestMetaIsPutTogether(t *testing.T) {
	for _, m := range []Meta{
		{Version: metaVersion},
		{Version: metaVersion, Parallelism: 2, Record: []byte("plan"), Schemas: []byte{0, 1, 2}, Groups: 128},
		{Version: metaVersion, Parallelism: 2, Unaligned: true, Groups: 128, Parts: []MetaPart{{Vertex: "v", Of: 2, Position: json.RawMessage(`{"at":7}`), Handle: []byte("h")}, {Vertex: "v", Subtask: 1, Of: 2, Bytes: []byte{255}}}},
	} {
		alike := m
		alike.Unaligned, alike.Parts = false, nil
		head, err := alike.head()
		if err != nil {
			t.Fatal(err)
		}
		b, err := completed(head, m.Unaligned, m.Parts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseMeta(b)
		if err != nil || !reflect.DeepEqual(*got, m) {
			t.Errorf("%s\ngives %+v, %v\nwant  %+v", b, got, err, m)
		}
	}
}

// BenchmarkFrame writes down an epoch of a job with a large plan.
func BenchmarkFrame(b *testing.B) {
	m := &Meta{Version: metaVersion, Parallelism: 2, Record: make([]byte, 20_000), Schemas: make([]byte, 5_000), Groups: 128}
	j := &Job{cfg: Config{Flow: flow.Config{Clock: clock.NewFake(time.UnixMilli(1))}}}
	var err error
	if j.metaHead, err = m.head(); err != nil {
		b.Fatal(err)
	}
	e := &flow.Epoch{Number: 1}
	for i := range 16 {
		e.Parts = append(e.Parts, &flow.Part{Vertex: "vertex", Subtask: i % 2, Parallelism: 2, Position: []byte(`{"split":1,"row":1234567}`)})
	}
	for b.Loop() {
		if _, err := j.frame(e); err != nil {
			b.Fatal(err)
		}
	}
}
