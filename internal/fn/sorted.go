package fn

import (
	"slices"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// SortedItemsName is the function behind ORDER BY inside ARRAY_AGG and LISTAGG.
const SortedItemsName = "SORTED_ITEMS"

// SortedItems is the row of SORTED_ITEMS.
func SortedItems() []Func {
	return []Func{{Name: SortedItemsName, Sig: "(rows ARRAY, keys STRINGLIKE)",
		Doc:      "The last fields of rows, sorted by the fields before: for each of these two letters of keys say a or d (ascending, descending) and f or l (NULLs first, last).",
		Category: collectionCategory, Hidden: true, Nulls: Custom, Infer: inferSortedItems, Bind: bindSortedItems}}
}

func inferSortedItems(args []Arg) (types.Type, error) {
	rows := args[0].Type.Elem
	if rows.Kind != types.Row || len(rows.Fields) == 0 {
		return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "SORTED_ITEMS of %s", args[0].Type)
	}
	return types.ArrayOf(rows.Fields[len(rows.Fields)-1].Type).WithNull(args[0].Type.Nullable), nil
}

// bindSortedItems sorts the rows of an array by the fields that keys name; of rows
// with equal keys the lesser last field comes first, so that the answer does not
// depend on who came first.
func bindSortedItems(c *Call) (Kernel, error) {
	keys, _ := literalText(c.Args[1])
	fields := c.Args[0].Type.Elem.Fields
	last := len(fields) - 1
	if t := fields[last].Type; !t.IsNested() && t.Kind != types.Variant && t.Kind != types.Bitmap && 2*last == len(keys) {
		keys += "al"
	}
	var order []int
	return appendOf(func(out *vec.Vector, r *row) {
		if r.null(0) {
			return
		}
		kid, from, to := r.list(0)
		order = order[:0]
		for j := from; j < to; j++ {
			order = append(order, j)
		}
		slices.SortStableFunc(order, func(i, j int) int {
			for k := 0; 2*k+1 < len(keys); k++ {
				if c := compareKey(kid.Kids[k], i, j, keys[2*k] == 'd', keys[2*k+1] == 'f'); c != 0 {
					return c
				}
			}
			return 0
		})
		for _, j := range order {
			out.Kids[0].Append(kid.Kids[last], j)
		}
		endList(out)
	}), nil
}

func compareKey(v *vec.Vector, i, j int, desc, nullsFirst bool) int {
	x, y := v.IsNull(i), v.IsNull(j)
	switch {
	case x && y:
		return 0
	case x == nullsFirst && x != y, !x && y && !nullsFirst:
		return -1
	case x != y:
		return 1
	}
	c := vec.Compare(v, i, v, j)
	if desc {
		return -c
	}
	return c
}
