package state

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// ColumnMap tells of an operator whose inputs have changed which column each one of
// an input was before, -1 if it is new; nil for an input: they are the same.
type ColumnMap [][]int

// Mismatch says why what was saved of a table cannot become what it is now.
type Mismatch struct {
	Table, Column string
	// Was and Is are the types of the column, or what else differs.
	Was, Is string
}

// Error names the column.
func (m *Mismatch) Error() string {
	if m.Column == "" {
		return fmt.Sprintf("table %s was saved with %s and has %s now", m.Table, m.Was, m.Is)
	}
	return fmt.Sprintf("column %s of table %s was saved as %s and is %s now", m.Column, m.Table, m.Was, m.Is)
}

// TTL reports whether rows expired before and do not now, or the other way round.
func (m *Mismatch) TTL() bool {
	return m.Column == "" && (m.Was == ttlText(&Schema{}) || m.Is == ttlText(&Schema{}))
}

// WidenCall gives what makes an accumulator of a call into one over wider arguments.
type WidenCall func(was, is *FieldCall) (func(dst, src unsafe.Pointer), bool)

// Converter makes what was saved of a table into what it holds now that columns are
// wider, or were added, which are null in all rows before, or that rows expire which did
// not, or the other way round.
type Converter struct {
	// Now is the processing time in ms: rows that had no time-to-live begin theirs, and
	// those that have outlived it are gone.
	Now int64

	from, to *Schema
	cols     ColumnMap
	widen    WidenCall
	key      *rowConverter
	row      *rowConverter
	fields   []fieldConverter
	buf      []byte
	keyBuf   []byte
	rowBuf   []byte
	sort     []byte
	aged     []byte
	blobs    [][]byte
	moved    [][]byte
	gone     bool // the sorted map whose items come has expired
}

// fieldConverter converts a field of a value.
type fieldConverter struct {
	from, to *Field
	row      *rowConverter
	acc      func(dst, src unsafe.Pointer)
}

// Same reports whether what was saved of a table can be taken as it is.
func (s *Schema) Same(to *Schema) bool {
	if s.Kind != to.Kind || s.Fixed != to.Fixed || s.Aux != to.Aux || s.TTL > 0 != (to.TTL > 0) || !slices.Equal(s.HeapRefs, to.HeapRefs) ||
		!sameColumns(s.Key, to.Key) || !sameColumns(s.Row, to.Row) || len(s.Fields) != len(to.Fields) {
		return false
	}
	for i := range s.Fields {
		a, b := &s.Fields[i], &to.Fields[i]
		if a.Kind != b.Kind || a.At != b.At || a.Size != b.Size || !sameColumns(a.Row, b.Row) || a.Agg != nil != (b.Agg != nil) {
			return false
		}
		if a.Agg != nil && (a.Agg.Name != b.Agg.Name || !sameColumns(Columns(a.Agg.Args), Columns(b.Agg.Args))) {
			return false
		}
	}
	return true
}

func sameColumns(a, b []Column) bool {
	return slices.EqualFunc(a, b, func(x, y Column) bool { return x.Type.EqualKind(y.Type) })
}

// Difference names the first thing in which two schemas are not the Same.
func Difference(was, is *Schema) *Mismatch {
	for _, cs := range [][2][]Column{{was.Key, is.Key}, {was.Row, is.Row}} {
		for i := range min(len(cs[0]), len(cs[1])) {
			if a, b := cs[0][i], cs[1][i]; !a.Type.EqualKind(b.Type) {
				return &Mismatch{is.Name, named(b.Name, "", i), a.Type.String(), b.Type.String()}
			}
		}
		if len(cs[0]) != len(cs[1]) {
			return &Mismatch{Table: is.Name, Was: fmt.Sprint(len(cs[0]), " columns"), Is: fmt.Sprint(len(cs[1]))}
		}
	}
	for i := range min(len(was.Fields), len(is.Fields)) {
		if a, b := fieldText(&was.Fields[i]), fieldText(&is.Fields[i]); a != b {
			return &Mismatch{is.Name, named(is.Fields[i].Name, "field ", i), a, b}
		}
	}
	if was.TTL > 0 != (is.TTL > 0) {
		return &Mismatch{Table: is.Name, Was: ttlText(was), Is: ttlText(is)}
	}
	layout := func(s *Schema) string {
		return fmt.Sprint(s.Kind, " of ", s.Fixed, " and ", s.Aux, " bytes with ", len(s.HeapRefs), " references and ", len(s.Fields), " fields")
	}
	return &Mismatch{Table: is.Name, Was: layout(was), Is: layout(is)}
}

// NewConverter gives what converts the changes that Dump makes of a table. A
// *Mismatch says what stands against it. of, for timers, is the converter of the table
// whose keys they have, nil if that is the same.
func NewConverter(from, to *Schema, cols ColumnMap, widen WidenCall, of *Converter) (*Converter, error) {
	c := &Converter{from: from, to: to, cols: cols, widen: widen}
	if from.Kind != to.Kind {
		return nil, c.differs("the kind "+from.Kind, "the kind "+to.Kind)
	}
	if from.Kind == "timers" {
		if of != nil {
			c.key = of.key
		}
		return c, nil
	}
	if from.Aux != to.Aux {
		return nil, c.differs(fmt.Sprint(from.Aux, " bytes beside a row"), fmt.Sprint(to.Aux))
	}
	var err error
	if c.key, err = c.rows(from.Key, to.Key, identity(len(to.Key))); err != nil {
		return nil, err
	}
	if c.row, err = c.rows(from.Row, to.Row, c.places(&from.From, &to.From, len(from.Row), len(to.Row))); err != nil {
		return nil, err
	}
	if err = c.ordered(); err == nil && from.Kind == "value" {
		err = c.values()
	}
	return c, err
}

func (c *Converter) differs(was, is string) error {
	return &Mismatch{Table: c.to.Name, Was: was, Is: is}
}

func ttlText(s *Schema) string {
	if s.TTL > 0 {
		return "a time-to-live"
	}
	return "no time-to-live"
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// places tells for each column of a row now which it was, -1 if it is new.
func (c *Converter) places(was, is *Origin, before, now int) []int {
	if is.Input == 0 || is.Input > len(c.cols) || c.cols[is.Input-1] == nil {
		return identity(now)
	}
	cols := c.cols[is.Input-1]
	ordinal := func(o *Origin, i int) int {
		if o.Row == nil {
			return i
		}
		return o.Row[i]
	}
	out := make([]int, now)
	for i := range out {
		out[i] = -1
		at := ordinal(is, i)
		if at < 0 || at >= len(cols) || cols[at] < 0 {
			continue
		}
		for j := range before {
			if ordinal(was, j) == cols[at] {
				out[i] = j
			}
		}
	}
	return out
}

// rows gives the converter of encoded rows, nil if there is nothing to convert.
func (c *Converter) rows(from, to []Column, places []int) (*rowConverter, error) {
	used := 0
	same := len(from) == len(to)
	for i, p := range places {
		if p >= len(from) {
			p = -1
		}
		if p < 0 {
			if !to[i].Type.Nullable {
				return nil, &Mismatch{c.to.Name, named(to[i].Name, "", i), "nothing", to[i].Type.String()}
			}
			same = false
			continue
		}
		used++
		if !types.Widens(from[p].Type.AsNullable(), to[i].Type.AsNullable()) {
			return nil, &Mismatch{c.to.Name, named(to[i].Name, "", i), from[p].Type.String(), to[i].Type.String()}
		}
		same = same && p == i && from[p].Type.EqualKind(to[i].Type)
	}
	if used < len(from) {
		return nil, c.differs(fmt.Sprint(len(from), " columns"), fmt.Sprint(len(to)))
	}
	if same {
		return nil, nil
	}
	return newRowConverter(typesOf(from), typesOf(to), places), nil
}

// ordered sees whether sort keys can be made anew, and that nothing beside a map
// depends on its rows.
func (c *Converter) ordered() error {
	if c.from.Kind != "sorted" {
		return nil
	}
	if c.from.Fixed != c.to.Fixed || !slices.Equal(c.from.HeapRefs, c.to.HeapRefs) || c.row != nil && c.to.Fixed > 0 {
		return c.differs(fmt.Sprint(c.from.Fixed, " bytes beside a map of other rows"), fmt.Sprint(c.to.Fixed))
	}
	if c.row != nil && !c.to.Ordered && c.row.widens() {
		return c.differs("rows of other types", "an order that may depend on them")
	}
	return nil
}

// values prepares the fields of values.
func (c *Converter) values() error {
	from, to := c.from, c.to
	if len(from.Fields) != len(to.Fields) || len(to.Fields) == 0 && from.Fixed != to.Fixed {
		return c.differs(fmt.Sprint(len(from.Fields), " fields in ", from.Fixed, " bytes"), fmt.Sprint(len(to.Fields), " in ", to.Fixed))
	}
	for i := range to.Fields {
		f := fieldConverter{from: &from.Fields[i], to: &to.Fields[i]}
		a, b := f.from, f.to
		mismatch := &Mismatch{to.Name, named(b.Name, "field ", i), fieldText(a), fieldText(b)}
		if a.Kind != b.Kind {
			return mismatch
		}
		switch a.Kind {
		case FieldAgg:
			ok := a.Agg.Name == b.Agg.Name && a.Agg.Retract == b.Agg.Retract
			if ok {
				f.acc, ok = c.widen(a.Agg, b.Agg)
			}
			if !ok {
				return mismatch
			}
		case FieldKey:
			for j := range a.Row {
				if j >= len(b.Row) || !sameOrder(a.Row[j].Type, b.Row[j].Type, !b.Keyed) {
					return mismatch
				}
			}
		case FieldRow:
			var err error
			if f.row, err = c.rows(a.Row, b.Row, c.places(&a.From, &b.From, len(a.Row), len(b.Row))); err != nil {
				return err
			}
		}
		c.fields = append(c.fields, f)
	}
	return nil
}

// sameOrder reports whether values have the same sort keys, or words of them, in a
// wider type.
func sameOrder(was, is types.Type, word bool) bool {
	if was.EqualKind(is) {
		return true
	}
	return types.Widens(was.AsNullable(), is.AsNullable()) && was.Kind != types.Decimal && (word || !was.IsInteger())
}

func fieldText(f *Field) string {
	if len(f.Row) > 0 {
		return fmt.Sprint(f.Kind, typesOf(f.Row))
	}
	if f.Agg == nil {
		return string(f.Kind)
	}
	return fmt.Sprint(f.Agg.Name, f.Agg.Args)
}

// MovesKeys reports whether keys have other bytes than before, and so other key
// groups.
func (c *Converter) MovesKeys() bool { return c.key != nil }

// Change converts a change that Dump gave, in its order; lives is false for a row that has
// expired. The change is valid until the next call.
func (c *Converter) Change(x Change) (_ Change, lives bool, err error) {
	if c.from.Kind == "timers" {
		x, err = c.timer(x)
		return x, true, err
	}
	if x.Value, lives, err = c.age(x); err != nil || !lives {
		return x, false, err
	}
	switch c.from.Kind {
	case "value":
		x.Value, err = c.value(x.Value)
	case "list":
		head := 16 + c.from.Aux
		if c.to.TTL > 0 {
			head += 8
		}
		x.Value, err = c.tail(x.Value, (head+7)&^7)
	case "sorted":
		if x.Op == OpAppend {
			x.Value, err = c.item(x.Value)
		}
	}
	if err == nil && c.key != nil {
		c.keyBuf, err = c.key.convert(c.keyBuf[:0], x.Key)
		x.Key = c.keyBuf
	}
	return x, true, err
}

func (c *Converter) timer(x Change) (Change, error) {
	if c.key == nil {
		return x, nil
	}
	var err error
	if !c.to.Named {
		c.keyBuf, err = c.key.convert(c.keyBuf[:0], x.Key)
		x.Key = c.keyBuf
		return x, err
	}
	key, name := SplitNamed(x.Key)
	if c.rowBuf, err = c.key.convert(c.rowBuf[:0], key); err == nil {
		c.keyBuf = AppendNamed(c.keyBuf[:0], c.rowBuf, string(name))
		x.Key = c.keyBuf
	}
	return x, err
}

// tail converts the row behind head bytes.
func (c *Converter) tail(value []byte, head int) ([]byte, error) {
	if c.row == nil {
		return value, nil
	}
	if len(value) < head {
		return nil, badChange(c.to.Name)
	}
	var err error
	c.buf, err = c.row.convert(append(c.buf[:0], value[:head]...), value[head:])
	return c.buf, err
}

// item converts an item of a sorted map: seq, length of the sort key, Aux, sort key,
// row.
func (c *Converter) item(value []byte) ([]byte, error) {
	head := 12 + (c.from.Aux+7)&^7
	if c.row == nil {
		return value, nil
	}
	if len(value) < head || len(value)-head < int(binary.LittleEndian.Uint32(value[8:])) {
		return nil, badChange(c.to.Name)
	}
	key := value[head:][:binary.LittleEndian.Uint32(value[8:])]
	var err error
	if c.rowBuf, err = c.row.convert(c.rowBuf[:0], value[head+len(key):]); err != nil {
		return nil, err
	}
	if len(c.to.Order) > 0 {
		key = c.sortKey(c.row, c.to.Order)
	}
	c.buf = append(append(append(c.buf[:0], value[:head]...), key...), c.rowBuf...)
	binary.LittleEndian.PutUint32(c.buf[8:], uint32(len(key)))
	return c.buf, nil
}

// sortKey makes the sort key of the row that a converter converted last.
func (c *Converter) sortKey(r *rowConverter, order []SortCol) []byte {
	c.sort = c.sort[:0]
	for _, o := range order {
		c.sort = AppendSortKey(c.sort, r.out.Cols[o.Col], 0, o.Desc, o.NullsFirst)
	}
	return c.sort
}

// rowConverter converts encoded rows.
type rowConverter struct {
	from, to *vec.Codec
	places   []int
	in, out  *vec.Batch
	one      [][]byte
	enc      vec.Rows
}

func newRowConverter(from, to []types.Type, places []int) *rowConverter {
	return &rowConverter{from: vec.NewCodec(from), to: vec.NewCodec(to), places: places, in: vec.NewBatch(from), out: vec.NewBatch(to), one: make([][]byte, 1)}
}

// widens reports whether columns have other types than before.
func (r *rowConverter) widens() bool {
	for i, p := range r.places {
		if p >= 0 && !r.from.Types[p].EqualKind(r.to.Types[i]) {
			return true
		}
	}
	return false
}

func (r *rowConverter) convert(dst, row []byte) ([]byte, error) {
	if len(row) < r.from.FixedLen() {
		return nil, badChange("an operator")
	}
	r.in.Reset()
	r.out.Reset()
	r.one[0] = row
	r.from.Decode(r.one, r.in.Cols)
	for i, p := range r.places {
		if p < 0 {
			r.out.Cols[i].AppendNulls(1)
			continue
		}
		from, to := r.from.Types[p], r.to.Types[i]
		if from.EqualKind(to) {
			r.out.Cols[i].Append(r.in.Cols[p], 0)
		} else {
			x, ok := types.Widen(from, to, r.in.Cols[p].Value(0))
			if !ok {
				return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "a saved %s does not fit into %s", from, to).WithHint("keep the type that the column had, or start anew with --restart")
			}
			r.out.Cols[i].AppendValue(x)
		}
	}
	r.to.EncodeVectors(&r.enc, r.out.Cols, nil, 1)
	return append(dst, r.enc.Data...), nil
}
