package tpch

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Days since 1970.
var (
	firstDay   = day(1992, 1, 1)
	lastOrder  = day(1998, 12, 31) - 151
	currentDay = day(1995, 6, 17)
)

var ordersTable = schema{name: "orders", key: "o_orderkey", units: func(d *Data) int64 { return d.orders }, columns: []column{
	{"o_orderkey", bigint, longs(orderKey)},
	{"o_custkey", bigint, longs(func(d *Data, i int64) int64 {
		// A third of the customers, those with keys divisible by 3, never order.
		n := d.below(ofOrders, i, drawCustomer, d.customers-d.customers/3)
		return n/2*3 + n%2 + 1
	})},
	{"o_orderstatus", char(1), views(orderStatus)},
	{"o_totalprice", money, longs(totalPrice)},
	{"o_orderdate", date, ints((*Data).orderDate)},
	{"o_orderpriority", varchar(15), views(choice(ofOrders, drawPriority, priorities))},
	{"o_clerk", char(15), named("Clerk#", func(d *Data, i int64) int64 { return 1 + d.below(ofOrders, i, drawClerk, d.clerks) })},
	{"o_shippriority", integer, ints(func(*Data, int64) int64 { return 0 })},
	{"o_comment", varchar(79), comments(ofOrders, 19, 78)},
}}

// orderKey uses 8 of each 32 numbers.
func orderKey(_ *Data, i int64) int64 { return i/8*32 + i%8 + 1 }

func (d *Data) orderDate(i int64) int64 {
	return firstDay + d.below(ofOrders, i, drawDate, lastOrder-firstDay+1)
}

// lines is how many lines an order has.
func (d *Data) lines(order int64) int64 { return 1 + d.below(ofOrders, order, drawLines, 7) }

func orderStatus(d *Data, i int64) string {
	n, open := d.lines(i), int64(0)
	for k := range n {
		if d.shipDate(i, k) > currentDay {
			open++
		}
	}
	switch open {
	case 0:
		return "F"
	case n:
		return "O"
	}
	return "P"
}

// totalPrice sums extendedprice * (1 + tax) * (1 - discount), each line cut to
// hundredths as in dbgen.
func totalPrice(d *Data, i int64) int64 {
	sum := int64(0)
	for k := range d.lines(i) {
		l := lineRow(i, k)
		sum += extendedPrice(d, l) * (100 - discount(d, l)) / 100 * (100 + tax(d, l)) / 100
	}
	return sum
}

// lineRow numbers the lines of all orders, with gaps.
func lineRow(order, k int64) int64 { return order<<3 | k }

var lineitemTable = schema{name: "lineitem", key: "l_orderkey, l_linenumber", units: func(d *Data) int64 { return d.orders }, columns: []column{
	{"l_orderkey", bigint, lineLongs(func(d *Data, l int64) int64 { return orderKey(d, l>>3) })},
	{"l_partkey", bigint, lineLongs(partOf)},
	{"l_suppkey", bigint, lineLongs(func(d *Data, l int64) int64 { return d.supplierOf(partOf(d, l), d.below(ofLine, l, drawSupplier, 4)) })},
	{"l_linenumber", integer, lineInts(func(_ *Data, l int64) int64 { return l&7 + 1 })},
	{"l_quantity", money, lineLongs(func(d *Data, l int64) int64 { return 100 * quantity(d, l) })},
	{"l_extendedprice", money, lineLongs(extendedPrice)},
	{"l_discount", money, lineLongs(discount)},
	{"l_tax", money, lineLongs(tax)},
	{"l_returnflag", char(1), lineViews(returnFlag)},
	{"l_linestatus", char(1), lineViews(lineStatus)},
	{"l_shipdate", date, lineInts(func(d *Data, l int64) int64 { return d.shipDate(l>>3, l&7) })},
	{"l_commitdate", date, lineInts(func(d *Data, l int64) int64 { return d.orderDate(l>>3) + 30 + d.below(ofLine, l, drawCommit, 61) })},
	{"l_receiptdate", date, lineInts(receiptDate)},
	{"l_shipinstruct", varchar(25), lineViews(choice(ofLine, drawInstruction, instructions))},
	{"l_shipmode", varchar(10), lineViews(choice(ofLine, drawMode, modes))},
	{"l_comment", varchar(44), lineViews(func(d *Data, l int64) string {
		r := d.random[ofLine]
		return d.comment(r.At(l, drawSize), r.At(l, drawPlace), 10, 43)
	})},
}}

func partOf(d *Data, l int64) int64   { return 1 + d.below(ofLine, l, drawPart, d.parts) }
func quantity(d *Data, l int64) int64 { return 1 + d.below(ofLine, l, drawQuantity, 50) }
func discount(d *Data, l int64) int64 { return d.below(ofLine, l, drawDiscount, 11) }
func tax(d *Data, l int64) int64      { return d.below(ofLine, l, drawTax, 9) }

func extendedPrice(d *Data, l int64) int64 { return quantity(d, l) * retailPrice(partOf(d, l)) }

func (d *Data) shipDate(order, k int64) int64 {
	return d.orderDate(order) + 1 + d.below(ofLine, lineRow(order, k), drawShip, 121)
}

func receiptDate(d *Data, l int64) int64 {
	return d.shipDate(l>>3, l&7) + 1 + d.below(ofLine, l, drawReceipt, 30)
}

func returnFlag(d *Data, l int64) string {
	if receiptDate(d, l) > currentDay {
		return "N"
	}
	return "RA"[d.below(ofLine, l, drawFlag, 2):][:1]
}

func lineStatus(d *Data, l int64) string {
	if d.shipDate(l>>3, l&7) > currentDay {
		return "O"
	}
	return "F"
}

func lineLongs(f func(d *Data, l int64) int64) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		at := 0
		for o := lo; o < hi; o++ {
			for k := range d.lines(o) {
				v.I64[at] = f(d, lineRow(o, k))
				at++
			}
		}
	}
}

func lineInts(f func(d *Data, l int64) int64) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		at := 0
		for o := lo; o < hi; o++ {
			for k := range d.lines(o) {
				v.I32[at] = int32(f(d, lineRow(o, k)))
				at++
			}
		}
	}
}

func lineViews(f func(d *Data, l int64) string) func(*Data, *vec.Vector, int64, int64) {
	return func(d *Data, v *vec.Vector, lo, hi int64) {
		at := 0
		for o := lo; o < hi; o++ {
			for k := range d.lines(o) {
				v.S[at] = f(d, lineRow(o, k))
				at++
			}
		}
	}
}

// day gives the days from 1970-01-01 to a date.
func day(y, m, d int) int64 { return int64(types.DaysFromCivil(y, m, d)) }
