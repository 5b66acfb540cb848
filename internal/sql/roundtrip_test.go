package sql

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// shape writes a tree without its positions, so that two can be compared.
func shape(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		shape(b, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(sqlerr.Pos{}) {
			return
		}
		b.WriteString(v.Type().Name() + "{")
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Type == reflect.TypeOf(sqlerr.Pos{}) || f.Type == reflect.TypeOf(At{}) {
				continue
			}
			b.WriteString(f.Name + ":")
			shape(b, v.Field(i))
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			shape(b, v.Index(i))
			b.WriteByte(',')
		}
		b.WriteByte(']')
	default:
		fmt.Fprintf(b, "%q", fmt.Sprint(v.Interface()))
	}
}

func shapeOf(v any) string {
	var b strings.Builder
	shape(&b, reflect.ValueOf(v))
	return b.String()
}

// checkRoundTrip prints the statements of a script, parses that, and compares;
// it does the same with the formatted script.
func checkRoundTrip(t testing.TB, s *Script) {
	t.Helper()
	want := shapeOf(s.Statements)
	text := Print(s)
	again, err := ParseScript(text)
	if err != nil {
		t.Fatalf("%q prints as\n%s\n%s", s.Src, text, sqlerr.Render("", text, err))
	}
	if got := shapeOf(again.Statements); got != want {
		t.Fatalf("%q prints as\n%s\nwhich is another tree:\n got %s\nwant %s", s.Src, text, got, want)
	}
	if twice := Print(again); twice != text {
		t.Fatalf("printed %q\nthen %q", text, twice)
	}
	checkFormat(t, s, want)
}
