package tpch

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// column is a field of a table. fill makes it for units lo to hi-1 (rows; of
// lineitem, orders) in a vector that has the rows already.
type column struct {
	name string
	typ  types.Type
	fill func(d *Data, v *vec.Vector, lo, hi int64)
}

// schema is a table: its columns, the units that its rows come in and the
// primary key.
type schema struct {
	name    string
	columns []column
	key     string
	units   func(d *Data) int64
}

// The numbers of the draws of a row.
const (
	drawNation = iota + 1
	drawPhone
	drawBalance
	drawSegment
	drawSize
	drawPlace
	drawAddressSize
	drawAddress // to + 3
	_
	_
	_
	drawBrand
	drawType
	drawContainer
	drawPartSize
	drawName // to + 4
	_
	_
	_
	_
	drawCustomer
	drawDate
	drawPriority
	drawClerk
	drawLines
	drawPart
	drawSupplier
	drawQuantity
	drawDiscount
	drawTax
	drawShip
	drawCommit
	drawReceipt
	drawFlag
	drawInstruction
	drawMode
	drawAvailable
	drawCost
	drawMark
)

var (
	bigint  = types.Of(types.BigInt).NotNull()
	integer = types.Of(types.Int).NotNull()
	money   = types.DecimalOf(15, 2).NotNull()
	date    = types.Of(types.Date).NotNull()
)

func char(n int) types.Type    { return types.CharOf(n).NotNull() }
func varchar(n int) types.Type { return types.VarcharOf(n).NotNull() }

// longs fills BIGINT and DECIMAL columns.
func longs(f func(d *Data, i int64) int64) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		for i := lo; i < hi; i++ {
			v.I64[i-lo] = f(d, i)
		}
	}
}

// ints fills INT and DATE columns.
func ints(f func(d *Data, i int64) int64) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		for i := lo; i < hi; i++ {
			v.I32[i-lo] = int32(f(d, i))
		}
	}
}

// views fills text columns with texts that exist.
func views(f func(d *Data, i int64) string) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		for i := lo; i < hi; i++ {
			v.S[i-lo] = f(d, i)
		}
	}
}

// built fills text columns with new texts, which lie in one piece of memory.
func built(f func(d *Data, b []byte, i int64) []byte) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		var b []byte
		ends := make([]int, 0, hi-lo)
		for i := lo; i < hi; i++ {
			b = f(d, b, i)
			ends = append(ends, len(b))
		}
		text, at := unsafe.String(unsafe.SliceData(b), len(b)), 0
		for i, end := range ends {
			v.S[i], at = text[at:end], end
		}
	}
}

// The tables of randomness, one a table of rows.
const (
	ofPart = iota
	ofSupplier
	ofPartSupp
	ofCustomer
	ofOrders
	ofLine
	ofNation
	ofRegion
	tables
)

// below gives a number from 0 to n-1 for a row and a draw.
func (d *Data) below(table int, i int64, draw uint64, n int64) int64 {
	return connector.Below(d.random[table].At(i, draw), n)
}

func choice(table int, draw uint64, from []string) func(*Data, int64) string {
	n := int64(len(from))
	return func(d *Data, i int64) string { return from[d.below(table, i, draw, n)] }
}

func comments(table int, low, high int64) func(*Data, *vec.Vector, int64, int64) {
	return views(func(d *Data, i int64) string {
		r := d.random[table]
		return d.comment(r.At(i, drawSize), r.At(i, drawPlace), low, high)
	})
}

// named appends "Prefix#000000001".
func named(prefix string, key func(d *Data, i int64) int64) func(*Data, *vec.Vector, int64, int64) {
	return built(func(d *Data, b []byte, i int64) []byte {
		return digits(append(b, prefix...), key(d, i), 9)
	})
}

func rowKey(_ *Data, i int64) int64 { return i + 1 }

func rowNumber(_ *Data, i int64) int64 { return i }

// balance is from -999.99 to 9999.99.
func balance(table int) func(*Data, *vec.Vector, int64, int64) {
	return longs(func(d *Data, i int64) int64 { return d.below(table, i, drawBalance, 1_099_999) - 99_999 })
}
