package roaring

// Op is an operation on two sets.
type Op uint8

// The operations.
const (
	And    Op = iota // in both
	AndNot           // in the first and not in the second
	Or               // in either
	Xor              // in one and not the other
)

// keeps tells whether an element that is in the first only, or in the second
// only, is in the result.
func (op Op) keepsFirst() bool  { return op != And }
func (op Op) keepsSecond() bool { return op == Or || op == Xor }
func (op Op) keepsBoth() bool   { return op == And || op == Or }

// Apply appends the result of op on two sets to dst, which shares nothing with
// them.
func (m *Maker) Apply(dst []byte, op Op, x, y string) []byte {
	m.start()
	a, b := newCursor(x), newCursor(y)
	for a.more() || b.more() {
		ka, kb := a.key(), b.key()
		switch {
		case ka < kb:
			if c := a.next(); op.keepsFirst() {
				m.copyOf(c)
			}
		case kb < ka:
			if c := b.next(); op.keepsSecond() {
				m.copyOf(c)
			}
		default:
			m.combine(op, a.next(), b.next())
		}
	}
	return m.finish(dst)
}

func (m *Maker) combine(op Op, x, y container) {
	if x.kind == arrayKind && y.kind == arrayKind {
		m.x, m.y = x.list(m.x[:0]), y.list(m.y[:0])
		m.merge(op)
		m.addList(x.key, m.z)
		return
	}
	x.load(&m.a)
	y.load(&m.b)
	for i, w := range &m.b {
		switch op {
		case And:
			m.a[i] &= w
		case AndNot:
			m.a[i] &^= w
		case Or:
			m.a[i] |= w
		case Xor:
			m.a[i] ^= w
		}
	}
	m.addWords(x.key, &m.a)
}

// merge combines the lists x and y into z.
func (m *Maker) merge(op Op) {
	x, y, z := m.x, m.y, m.z[:0]
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			if op.keepsFirst() {
				z = append(z, x[0])
			}
			x = x[1:]
		case y[0] < x[0]:
			if op.keepsSecond() {
				z = append(z, y[0])
			}
			y = y[1:]
		default:
			if op.keepsBoth() {
				z = append(z, x[0])
			}
			x, y = x[1:], y[1:]
		}
	}
	if op.keepsFirst() {
		z = append(z, x...)
	}
	if op.keepsSecond() {
		z = append(z, y...)
	}
	m.z = z
}
