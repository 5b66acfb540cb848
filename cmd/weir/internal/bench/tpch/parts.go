package tpch

import (
	"github.com/weir-stream/weir/internal/vec"
)

var partTable = schema{name: "part", key: "p_partkey", units: func(d *Data) int64 { return d.parts }, columns: []column{
	{"p_partkey", bigint, longs(rowKey)},
	{"p_name", varchar(55), built(partName)},
	{"p_mfgr", char(14), views(func(d *Data, i int64) string { return manufacturers[brand(d, i)/5] })},
	{"p_brand", char(8), views(func(d *Data, i int64) string { return brands[brand(d, i)] })},
	{"p_type", varchar(25), views(choice(ofPart, drawType, partTypes))},
	{"p_size", integer, ints(func(d *Data, i int64) int64 { return 1 + d.below(ofPart, i, drawPartSize, 50) })},
	{"p_container", varchar(10), views(choice(ofPart, drawContainer, containers))},
	{"p_retailprice", money, longs(func(_ *Data, i int64) int64 { return retailPrice(i + 1) })},
	{"p_comment", varchar(23), comments(ofPart, 5, 22)},
}}

func brand(d *Data, i int64) int64 { return d.below(ofPart, i, drawBrand, int64(len(brands))) }

// retailPrice of a part, in hundredths (TPC-H 4.2.3).
func retailPrice(part int64) int64 { return 90_000 + part/10%20_001 + 100*(part%1000) }

// partName appends five different colours.
func partName(d *Data, b []byte, i int64) []byte {
	var used [5]int64
	for k := range used {
		// One of those that are left.
		c := skip(used[:k], d.below(ofPart, i, drawName+uint64(k), int64(len(colours)-k)))
		at := k
		for at > 0 && used[at-1] > c {
			used[at] = used[at-1]
			at--
		}
		used[at] = c
		if k > 0 {
			b = append(b, ' ')
		}
		b = append(b, colours[c]...)
	}
	return b
}

// skip gives the c-th number that is not in used, which is ascending.
func skip(used []int64, c int64) int64 {
	for _, u := range used {
		if c >= u {
			c++
		}
	}
	return c
}

var supplierTable = schema{name: "supplier", key: "s_suppkey", units: func(d *Data) int64 { return d.suppliers }, columns: []column{
	{"s_suppkey", bigint, longs(rowKey)},
	{"s_name", char(18), named("Supplier#", rowKey)},
	{"s_address", varchar(40), built(func(d *Data, b []byte, i int64) []byte { return d.address(b, d.random[ofSupplier], i) })},
	{"s_nationkey", bigint, longs(func(d *Data, i int64) int64 { return d.below(ofSupplier, i, drawNation, 25) })},
	{"s_phone", char(15), built(func(d *Data, b []byte, i int64) []byte {
		return phone(b, d.random[ofSupplier], i, d.below(ofSupplier, i, drawNation, 25))
	})},
	{"s_acctbal", money, balance(ofSupplier)},
	{"s_comment", varchar(101), supplierComments},
}}

// supplierComments: of each 2000 suppliers one has complaints and one is
// recommended.
func supplierComments(d *Data, v *vec.Vector, lo, hi int64) {
	comments(ofSupplier, 25, 100)(d, v, lo, hi)
	for i := lo; i < hi; i++ {
		word := ""
		switch d.mark(i) {
		case 0:
			word = "Complaints"
		case 1:
			word = "Recommends"
		default:
			continue
		}
		// "Customer", some of the text, the word, somewhere in the comment.
		s := v.S[i-lo]
		gap := d.below(ofSupplier, i, drawMark+1, int64(len(s)-8-len(word)+1))
		at := d.below(ofSupplier, i, drawMark+2, int64(len(s)-8-len(word))-gap+1)
		b := []byte(s)
		copy(b[at:], "Customer")
		copy(b[at+8+gap:], word)
		v.S[i-lo] = string(b)
	}
}

// mark numbers the suppliers within their 2000 in a random order's first two
// places: 0 and 1 are special.
func (d *Data) mark(i int64) int64 {
	group := i / 2000
	n := min(d.suppliers-group*2000, 2000)
	first := d.below(ofSupplier, -1-group, drawMark, n)
	if i-group*2000 == first {
		return 0
	}
	if i-group*2000 == (first+1+d.below(ofSupplier, -1-group, drawMark+1, n-1))%n {
		return 1
	}
	return 2
}

// supplierOf gives the k-th of the four suppliers of a part.
func (d *Data) supplierOf(part, k int64) int64 {
	return (part+k*(d.suppliers/4+(part-1)/d.suppliers))%d.suppliers + 1
}

var partSuppTable = schema{name: "partsupp", key: "ps_partkey, ps_suppkey", units: func(d *Data) int64 { return d.parts * 4 }, columns: []column{
	{"ps_partkey", bigint, longs(func(_ *Data, i int64) int64 { return i/4 + 1 })},
	{"ps_suppkey", bigint, longs(func(d *Data, i int64) int64 { return d.supplierOf(i/4+1, i%4) })},
	{"ps_availqty", integer, ints(func(d *Data, i int64) int64 { return 1 + d.below(ofPartSupp, i, drawAvailable, 9999) })},
	{"ps_supplycost", money, longs(func(d *Data, i int64) int64 { return 100 + d.below(ofPartSupp, i, drawCost, 99_901) })},
	{"ps_comment", varchar(199), comments(ofPartSupp, 49, 198)},
}}

var customerTable = schema{name: "customer", key: "c_custkey", units: func(d *Data) int64 { return d.customers }, columns: []column{
	{"c_custkey", bigint, longs(rowKey)},
	{"c_name", varchar(25), named("Customer#", rowKey)},
	{"c_address", varchar(40), built(func(d *Data, b []byte, i int64) []byte { return d.address(b, d.random[ofCustomer], i) })},
	{"c_nationkey", bigint, longs(func(d *Data, i int64) int64 { return d.below(ofCustomer, i, drawNation, 25) })},
	{"c_phone", char(15), built(func(d *Data, b []byte, i int64) []byte {
		return phone(b, d.random[ofCustomer], i, d.below(ofCustomer, i, drawNation, 25))
	})},
	{"c_acctbal", money, balance(ofCustomer)},
	{"c_mktsegment", varchar(10), views(choice(ofCustomer, drawSegment, segments))},
	{"c_comment", varchar(117), comments(ofCustomer, 29, 116)},
}}

var nationTable = schema{name: "nation", key: "n_nationkey", units: func(*Data) int64 { return int64(len(nations)) }, columns: []column{
	{"n_nationkey", bigint, longs(rowNumber)},
	{"n_name", varchar(25), views(func(_ *Data, i int64) string { return nations[i].name })},
	{"n_regionkey", bigint, longs(func(_ *Data, i int64) int64 { return int64(nations[i].region) })},
	{"n_comment", varchar(152), comments(ofNation, 31, 114)},
}}

var regionTable = schema{name: "region", key: "r_regionkey", units: func(*Data) int64 { return int64(len(regions)) }, columns: []column{
	{"r_regionkey", bigint, longs(rowNumber)},
	{"r_name", varchar(25), views(func(_ *Data, i int64) string { return regions[i] })},
	{"r_comment", varchar(152), comments(ofRegion, 31, 115)},
}}
