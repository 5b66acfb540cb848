package join

// Wish is the way of running a join in batch mode that a hint asks for.
type Wish uint8

// The wishes, named as the hints are.
const (
	NoWish Wish = iota
	// WishBroadcast gives one side to every subtask, which builds a table of it.
	WishBroadcast
	// WishShuffleHash spreads both sides by key and builds a table of one.
	WishShuffleHash
	// WishShuffleMerge spreads both sides by key. Rows are not sorted for it: a
	// table is built of the smaller side.
	WishShuffleMerge
	// WishNestLoop gives one side to every subtask, as WishBroadcast. Where the
	// condition has equalities they are looked up all the same.
	WishNestLoop
)

// wishNames are the hints.
var wishNames = [...]string{"", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP"}

// Suits tells whether a join of the type can be run so: rows that are kept without
// a match cannot be known by one subtask of many.
func (w Wish) Suits(t Type, left bool) bool {
	switch {
	case w == WishShuffleHash || w == WishShuffleMerge:
		return true
	case left:
		return t == Inner || t == Right
	}
	return t != Right && t != Full
}

// Wished gives the side, 0 or 1, that a hint wants a table of.
func (n *Node) Wished() (build int, ok bool) {
	if !n.WishLeft {
		build = 1
	}
	if n.NullAware || n.Wish == NoWish || n.Wish == WishShuffleMerge || n.Wish == WishShuffleHash && len(n.LeftKeys) == 0 {
		return 0, false
	}
	return build, n.Wish.Suits(n.Type, n.WishLeft)
}

// wishText prints the hint as Flink does.
func (n *Node) wishText() string {
	side := "RIGHT"
	if n.WishLeft {
		side = "LEFT"
	}
	return "[[" + wishNames[n.Wish] + " options:[" + side + "]]]"
}
