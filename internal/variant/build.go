package variant

import (
	"fmt"
	"slices"

	"github.com/weir-stream/weir/internal/types"
)

// Building a value node by node: Start, the root first (it is what Build writes),
// then its kids, which Elements and Fields hand to their parent. A node is a number
// that holds until the next Start; text is not copied.

// Start forgets the value before.
func (m *Maker) Start() { m.start() }

// Null adds a null.
func (m *Maker) Null() int32 { return m.add(node{kind: Null}) }

// Bool adds a truth value.
func (m *Maker) Bool(b bool) int32 {
	n := node{kind: Bool}
	if b {
		n.n = 1
	}
	return m.add(n)
}

// Int adds a whole number.
func (m *Maker) Int(x int64) int32 { return m.add(node{kind: Int, n: x}) }

// Double adds a finite number.
func (m *Maker) Double(x float64) int32 { return m.add(node{kind: Double, f: x}) }

// Decimal adds an unscaled number with its scale, 0 to 38.
func (m *Maker) Decimal(x types.Int128, scale int) int32 {
	return m.add(node{kind: Decimal, d: x, n: int64(scale)})
}

// String adds a text.
func (m *Maker) String(s string) int32 { return m.add(node{kind: String, s: s}) }

// Array adds an array, Object an object, without kids as yet.
func (m *Maker) Array() int32 { return m.add(node{kind: Array}) }

// Object adds an object.
func (m *Maker) Object() int32 { return m.add(node{kind: Object}) }

// Elements gives an array its elements, in order.
func (m *Maker) Elements(array int32, kids []int32) { m.link(array, kids) }

// Name names a kid of an object.
func (m *Maker) Name(kid int32, name string) { m.nodes[kid].key = name }

// Fields gives an object its kids, which have names and are sorted here.
func (m *Maker) Fields(object int32, kids []int32) error {
	slices.SortFunc(kids, m.byName)
	for i := 1; i < len(kids); i++ {
		if k := m.nodes[kids[i]].key; k == m.nodes[kids[i-1]].key {
			return fmt.Errorf("the name %q is in an object twice", k)
		}
	}
	m.link(object, kids)
	return nil
}

// Add adds a value that was made before.
func (m *Maker) Add(v Value) int32 { return m.copy(v) }

// Build appends the value.
func (m *Maker) Build(dst []byte) ([]byte, error) { return m.finish(dst) }
