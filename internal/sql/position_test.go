package sql

import (
	"reflect"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

func mustParse(t testing.TB, text string) *Script {
	t.Helper()
	s, err := ParseScript(text)
	if err != nil {
		t.Fatal("\n" + sqlerr.Render("", text, err))
	}
	return s
}

// checkPositions checks that every node has a position within its parent's.
func checkPositions(t testing.TB, s *Script) {
	t.Helper()
	for _, st := range s.Statements {
		checkWithin(t, s, reflect.ValueOf(st), sqlerr.Pos{Start: 0, End: len(s.Src)})
	}
}

func checkWithin(t testing.TB, s *Script, v reflect.Value, outer sqlerr.Pos) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			checkWithin(t, s, v.Elem(), outer)
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkWithin(t, s, v.Index(i), outer)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(At{}) || v.Type() == reflect.TypeOf(sqlerr.Pos{}) {
			return
		}
		if n, ok := v.Interface().(Node); ok && v.Type() != reflect.TypeOf(ObjectName{}) {
			pos := n.Position()
			if !pos.Valid() || pos.Start < outer.Start || pos.End > outer.End || pos.End < pos.Start {
				t.Errorf("%s: %s at %v is not within %v", s.Src, v.Type().Name(), pos, outer)
			}
			outer = pos
		}
		for i := range v.NumField() {
			checkWithin(t, s, v.Field(i), outer)
		}
	}
}
