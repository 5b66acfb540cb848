package vec

// Kind is Flink's row kind.
type Kind uint8

// The row kinds.
const (
	Insert       Kind = iota // +I
	UpdateBefore             // -U
	UpdateAfter              // +U
	Delete                   // -D
)

var kindText = [...]string{"+I", "-U", "+U", "-D"}

// String gives the kind as Flink prints it.
func (k Kind) String() string { return kindText[k] }

// Adds reports whether the kind adds a row to a table (+I, +U).
func (k Kind) Adds() bool { return k == Insert || k == UpdateAfter }

// Sign is +1 for kinds that add and -1 for kinds that remove.
func (k Kind) Sign() int8 { return 1 - 2*int8(k&1) }

// ParseKind reads "+I" and its kind.
func ParseKind(s string) (Kind, bool) {
	for k, t := range kindText {
		if t == s {
			return Kind(k), true
		}
	}
	return 0, false
}
