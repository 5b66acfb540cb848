package fn

import (
	"strconv"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// javaAppender prints a value as Java's toString prints Flink's internal form
// of it: a DATE as days, a TIME and an INTERVAL as a number, a timestamp in ISO
// form. PRINTF shows these.
func javaAppender(t types.Type) Appender {
	switch t.Kind {
	case types.Boolean:
		return func(dst []byte, v *vec.Vector, i int) []byte { return strconv.AppendBool(dst, v.B[v.Idx(i)]) }
	case types.Date, types.Time, types.IntervalYM, types.IntervalDT:
		return appendInteger
	case types.Timestamp, types.TimestampLTZ:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			ms, ns := timestampAt(v, i)
			return types.AppendTimestampISO(dst, ms, ns)
		}
	}
	return NewAppender(t, types.UTC)
}
