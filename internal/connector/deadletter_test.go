package connector

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestAppendDeadLetter(t *testing.T) {
	var ts []types.Type
	for _, c := range DeadLetterColumns() {
		ts = append(ts, c.Type)
	}
	b := vec.NewBatch(ts)
	AppendDeadLetter(b, &DeadLetter{Topic: "t", Partition: 3, Offset: 4, Time: time.UnixMilli(5), Headers: []Header{{"a", []byte("1")}, {"b", nil}, {"a", []byte("2")}}, Value: []byte{0xff}, Err: errors.New("why")})
	AppendDeadLetter(b, &DeadLetter{Path: "f", Line: 2, Offset: 9, Value: []byte{}, Err: errors.New("why")})
	AppendDeadLetter(b, &DeadLetter{Path: "f", Offset: 9, Err: errors.New("why")})
	for r, want := range []string{"[t 3 4 5 map 2 <nil> \"\\xff\" why <nil> <nil>]", "[<nil> <nil> 9 <nil> <nil> <nil> \"\" why f 2]", "[<nil> <nil> 9 <nil> <nil> <nil> <nil> why f <nil>]"} {
		var got []any
		for i, c := range b.Cols {
			switch x := c.Value(r); {
			case i == 4 && x != nil:
				got = append(got, fmt.Sprint("map ", c.Off[r+1]-c.Off[r]))
			case i == 6 && x != nil:
				got = append(got, fmt.Sprintf("%q", x))
			default:
				got = append(got, x)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("row %d is %v, want %s", r, got, want)
		}
	}
}
