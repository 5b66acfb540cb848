package fn

import (
	"fmt"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// ZipName is the function by which UNNEST takes several collections at once.
const ZipName = "ZIP"

// Zips is the row of ZIP.
func Zips() []Func {
	return []Func{{Name: ZipName, Sig: "(c ANY...)", Doc: "The elements of several arrays and maps side by side, as rows; what is shorter is filled up with NULL.",
		Category: collectionCategory, Hidden: true, Nulls: Custom, Infer: inferZip, Kernel: appendOf(zipLists)}}
}

// inferZip gives an array of rows: a field for each array, for arrays of rows one
// for each of their fields, for maps key and value.
func inferZip(args []Arg) (types.Type, error) {
	var fields []types.Field
	add := func(name string, t types.Type) {
		fields = append(fields, types.Field{Name: name, Type: t.AsNullable().WithAttr(types.NoAttr)})
	}
	for _, a := range args {
		switch t := a.Type; {
		case t.Kind == types.Map:
			add("KEY", *t.Key)
			add("VALUE", *t.Elem)
		case t.Kind != types.Array:
			return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "ZIP of %s", t)
		case t.Elem.Kind == types.Row:
			for _, f := range t.Elem.Fields {
				add(f.Name, f.Type)
			}
		default:
			add(fmt.Sprintf("f%d", len(fields)), *t.Elem)
		}
	}
	return types.ArrayOf(types.RowOf(fields...).NotNull()).NotNull(), nil
}

func zipLists(out *vec.Vector, r *row) {
	longest := 0
	for k := range r.args {
		if !r.null(k) {
			_, from, to := r.list(k)
			longest = max(longest, to-from)
		}
	}
	rows, at := out.Kids[0], 0
	for k, a := range r.args {
		n := 0
		var kid *vec.Vector
		from := 0
		if !r.null(k) {
			var to int
			kid, from, to = r.list(k)
			n = to - from
		}
		width := 1
		switch {
		case a.Type.Kind == types.Map:
			width = 2
		case a.Type.Elem.Kind == types.Row:
			width = len(a.Type.Elem.Fields)
		}
		for f := range width {
			dst := rows.Kids[at+f]
			if n > 0 {
				zipField(dst, kid, f, from, n)
			}
			dst.AppendNulls(longest - n)
		}
		at += width
	}
	rows.Extend(longest)
	endList(out)
}

// zipField appends field f of n elements: of a row or an entry its part, else the
// element.
func zipField(dst, kid *vec.Vector, f, from, n int) {
	if kid.Type.Kind != types.Row {
		dst.AppendRange(kid, from, from+n)
		return
	}
	for i := from; i < from+n; i++ {
		if kid.IsNull(i) {
			dst.AppendNulls(1)
		} else {
			dst.Append(kid.Kids[f], i)
		}
	}
}
