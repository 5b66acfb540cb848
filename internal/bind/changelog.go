package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/rel/changelog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var kindList = strings.Join(changelog.KindNames[:], ", ")

// changelogFunc binds TO_CHANGELOG and FROM_CHANGELOG.
func (b *Binder) changelogFunc(f *sql.FuncCall, parent *scope) block {
	params := []string{"INPUT", "OP", "OP_MAPPING", "UID"}
	if f.Func() == "FROM_CHANGELOG" {
		params = []string{"INPUT", "OP", "OP_MAPPING", "INVALID_OP_HANDLING", "UID"}
	}
	args, ok := b.namedArgs(f, params, 1)
	if !ok {
		return broken()
	}
	blk, part, ok := b.setArg(args["INPUT"], f.Func(), parent)
	if !ok {
		return broken()
	}
	if len(part) > 0 {
		b.extension(f.Pos, "PARTITION BY in "+f.Func())
	}
	name, pos, ok := b.opColumn(args["OP"], f)
	if !ok {
		return broken()
	}
	var pairs [][2]string
	if m := args["OP_MAPPING"]; m != nil && !isNull(m) {
		if pairs, ok = b.textMap(m, "op_mapping"); !ok {
			return broken()
		}
	}
	if uid := args["UID"]; uid != nil {
		if _, ok := b.textArg(uid, "uid"); !ok {
			return broken()
		}
	}
	if f.Func() == "TO_CHANGELOG" {
		return b.toChangelog(blk, part, name, pairs, args, f)
	}
	return b.fromChangelog(blk, part, name, pos, pairs, args, f)
}

func isNull(e sql.Expr) bool { return is[*sql.NullLit](e) }

// opColumn reads DESCRIPTOR(op); the default is op.
func (b *Binder) opColumn(e sql.Expr, f *sql.FuncCall) (string, sqlerr.Pos, bool) {
	if e == nil || isNull(e) {
		return "op", f.Pos, true
	}
	d, ok := e.(*sql.Descriptor)
	if !ok || len(d.Columns) != 1 {
		b.fail(sqlerr.Plan, e.Position(), "the argument op of %s names one column", f.Func()).WithHint("write op => DESCRIPTOR(op)")
		return "", f.Pos, false
	}
	return d.Columns[0].Name, d.Columns[0].Pos, true
}

func (b *Binder) toChangelog(blk block, part []int, name string, pairs [][2]string, args map[string]sql.Expr, f *sql.FuncCall) block {
	n := &changelog.To{In: blk.node, First: part, Op: name, Pos: f.Pos}
	if pairs == nil {
		for k := range n.Codes {
			n.Codes[k] = &changelog.KindNames[k]
		}
	}
	for _, p := range pairs {
		for _, kind := range splitCodes(p[0]) {
			k, ok := b.changeKind(kind, args["OP_MAPPING"])
			if !ok {
				return broken()
			}
			if n.Codes[k] != nil {
				b.fail(sqlerr.Plan, args["OP_MAPPING"].Position(), "op_mapping gives %s two codes", kind)
				return broken()
			}
			n.Codes[k] = &p[1]
		}
	}
	return block{node: n}
}

func (b *Binder) fromChangelog(blk block, part []int, name string, pos sqlerr.Pos, pairs [][2]string, args map[string]sql.Expr, f *sql.FuncCall) block {
	n := &changelog.From{In: blk.node, Op: -1, First: part, Kinds: map[string]vec.Kind{}, Pos: f.Pos}
	for i, fd := range blk.node.Fields() {
		if fd.Name == name {
			n.Op = i
		}
	}
	if n.Op < 0 {
		hintNear(b.fail(sqlerr.Name, pos, "the input of FROM_CHANGELOG has no column `%s`", name), name, fieldNames(blk))
		return broken()
	}
	if t := blk.node.Fields()[n.Op].Type; !t.IsString() {
		b.fail(sqlerr.Type, pos, "the operation column `%s` must be STRING, but it is %s", name, t.AsNullable())
		return broken()
	}
	if !b.kindCodes(n, pairs, args) || !b.opHandling(n, args["INVALID_OP_HANDLING"]) {
		return broken()
	}
	for _, p := range part {
		if p == n.Op {
			b.fail(sqlerr.Plan, f.Pos, "the operation column `%s` cannot be in PARTITION BY", name)
			return broken()
		}
	}
	if len(part) == 0 && n.Upserts() {
		b.fail(sqlerr.Plan, args["OP_MAPPING"].Position(), "op_mapping gives UPDATE_AFTER without UPDATE_BEFORE, so a key must say which row is updated").
			WithHint("write input => TABLE t PARTITION BY key, or map a code to UPDATE_BEFORE")
		return broken()
	}
	return block{node: n}
}

// kindCodes fills in which code stands for which kind.
func (b *Binder) kindCodes(n *changelog.From, pairs [][2]string, args map[string]sql.Expr) bool {
	if pairs == nil {
		for k, name := range changelog.KindNames {
			n.Kinds[name] = vec.Kind(k)
		}
	}
	var seen connector.Changes
	for _, p := range pairs {
		kind := strings.TrimSpace(p[1])
		k, ok := b.changeKind(kind, args["OP_MAPPING"])
		if !ok {
			return false
		}
		if seen.Has(1 << k) {
			b.fail(sqlerr.Plan, args["OP_MAPPING"].Position(), "op_mapping has two entries for %s", kind).
				WithHint("name several codes with commas: MAP['c, r', 'INSERT']")
			return false
		}
		seen |= 1 << k
		for _, code := range splitCodes(p[0]) {
			if _, twice := n.Kinds[code]; twice {
				b.fail(sqlerr.Plan, args["OP_MAPPING"].Position(), "op_mapping has two kinds for the code '%s'", code)
				return false
			}
			n.Kinds[code] = k
		}
	}
	return true
}

// opHandling reads invalid_op_handling.
func (b *Binder) opHandling(n *changelog.From, e sql.Expr) bool {
	if e == nil || isNull(e) {
		return true
	}
	b.extension(e.Position(), "invalid_op_handling")
	s, ok := b.textArg(e, "invalid_op_handling")
	if !ok {
		return false
	}
	switch strings.ToUpper(s) {
	case "FAIL":
	case "SKIP":
		n.Skip = true
	default:
		b.fail(sqlerr.Plan, e.Position(), "invalid_op_handling is 'FAIL' or 'SKIP', not '%s'", s)
		return false
	}
	return true
}

func splitCodes(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func (b *Binder) changeKind(name string, at sql.Expr) (vec.Kind, bool) {
	k, ok := changelog.ParseKind(name)
	if !ok {
		e := b.fail(sqlerr.Plan, at.Position(), "op_mapping: '%s' is not a kind of change", name)
		if near, found := sqlerr.Nearest(strings.ToUpper(name), changelog.KindNames[:]); found {
			e.WithHint("did you mean %s?", near)
		} else {
			e.WithHint("they are %s", kindList)
		}
	}
	return k, ok
}

func fieldNames(blk block) []string {
	var out []string
	for _, f := range blk.node.Fields() {
		out = append(out, f.Name)
	}
	return out
}

// constArg binds an argument that must be known before anything runs.
func (b *Binder) constArg(e sql.Expr, what string) (*expr.Lit, bool) {
	x := b.expr(&env{scope: &scope{}, clause: what, noAgg: true, noOver: true, noSub: true}, e)
	if x == bad {
		return nil, false
	}
	l, ok := expr.Fold(x, b.Zone).(*expr.Lit)
	if !ok {
		b.fail(sqlerr.Plan, e.Position(), "the argument %s must be constant", what)
	}
	return l, ok
}

// textArg reads a constant text.
func (b *Binder) textArg(e sql.Expr, what string) (string, bool) {
	l, ok := b.constArg(e, what)
	if !ok {
		return "", false
	}
	s, ok := l.Value.(string)
	if !ok {
		b.fail(sqlerr.Type, e.Position(), "the argument %s must be a text", what)
	}
	return s, ok
}

// textMap reads a constant MAP of texts, in the order in which it is written.
func (b *Binder) textMap(e sql.Expr, what string) ([][2]string, bool) {
	l, ok := b.constArg(e, what)
	if !ok {
		return nil, false
	}
	if l.T.Kind != types.Map || !l.T.Key.IsString() || !l.T.Elem.IsString() {
		b.fail(sqlerr.Type, e.Position(), "the argument %s must be a MAP<STRING, STRING>, but it is %s", what, l.T.AsNullable()).WithHint("write MAP['key', 'value', ..]")
		return nil, false
	}
	pairs, _ := l.Value.([][2]any)
	out := [][2]string{}
	for _, kv := range pairs {
		if kv[0] == nil || kv[1] == nil {
			b.fail(sqlerr.Plan, e.Position(), "the argument %s must not hold nulls", what)
			return nil, false
		}
		out = append(out, [2]string{unpadded(kv[0].(string), *l.T.Key), unpadded(kv[1].(string), *l.T.Elem)})
	}
	return out, true
}

// unpadded takes away the blanks that bring literals of one MAP to one length.
func unpadded(s string, t types.Type) string {
	if t.Kind == types.Char {
		return strings.TrimRight(s, " ")
	}
	return s
}
