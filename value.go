package weir

import (
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// assign stores a value of udf.Value in what dest points to.
func assign(dest, value any) error {
	switch d := dest.(type) {
	case sql.Scanner:
		return d.Scan(value)
	case *any:
		*d = value
		return nil
	case *string:
		if s, ok := text(value); ok {
			*d = s
			return nil
		}
	}
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("the target is a %T, not a pointer", dest)
	}
	return assignTo(p.Elem(), value)
}

// text gives what every value but NULL and nested ones can be read as.
func text(value any) (string, bool) {
	switch x := value.(type) {
	case string:
		return x, true
	case []byte:
		return string(x), true
	case time.Time:
		return x.Format(time.RFC3339Nano), true
	case bool, int64, float64, time.Duration:
		return fmt.Sprint(x), true
	}
	return "", false
}

func assignTo(to reflect.Value, value any) error {
	if value == nil {
		switch to.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			to.SetZero()
			return nil
		}
		return fmt.Errorf("NULL does not fit a %s: scan into a *%s", to.Type(), to.Type())
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return assign(to.Interface(), value)
	}
	v := reflect.ValueOf(value)
	if v.Type().AssignableTo(to.Type()) {
		to.Set(v)
		return nil
	}
	if ok, err := assignNumber(to, value); ok || err != nil {
		return err
	}
	if v.Kind() == to.Kind() && v.Type().ConvertibleTo(to.Type()) {
		to.Set(v.Convert(to.Type()))
		return nil
	}
	return fmt.Errorf("a %T does not fit a %s", value, to.Type())
}

// assignNumber stores integers, floats and decimals in any kind of number that
// holds them.
func assignNumber(to reflect.Value, value any) (bool, error) {
	var s string
	switch x := value.(type) {
	case int64:
		s = strconv.FormatInt(x, 10)
	case float64:
		s = strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		s = x
	default:
		return false, nil
	}
	switch {
	case to.CanInt():
		n, err := strconv.ParseInt(s, 10, to.Type().Bits())
		if err != nil {
			return false, fmt.Errorf("%s does not fit a %s", s, to.Type())
		}
		to.SetInt(n)
	case to.CanUint():
		n, err := strconv.ParseUint(s, 10, to.Type().Bits())
		if err != nil {
			return false, fmt.Errorf("%s does not fit a %s", s, to.Type())
		}
		to.SetUint(n)
	case to.CanFloat():
		f, err := strconv.ParseFloat(s, to.Type().Bits())
		if err != nil {
			return false, fmt.Errorf("%s does not fit a %s", s, to.Type())
		}
		to.SetFloat(f)
	default:
		return false, nil
	}
	return true, nil
}
