package state

// sketch estimates how often keys were asked for lately: TinyLFU's count-min sketch
// (Einziger, Friedman, Manes: TinyLFU, 2017) with counters of 4 bits, of which a key has
// two in one word. It knows of many more keys than a front has rows, so that of the
// crowd that passes through only those stay which came before.
type sketch struct {
	words []uint64 // of 16 counters; a power of two
	added int      // since all were halved
}

func (c *sketch) at(hash uint64) (word *uint64, a, b uint) {
	x := (hash >> 16) * 0x9E3779B97F4A7C15
	return &c.words[x>>20&uint64(len(c.words)-1)], uint(x>>60) * 4, uint(x>>56&15) * 4
}

// count counts a key.
func (c *sketch) count(hash uint64) {
	w, a, b := c.at(hash)
	x, y := *w>>a&15, *w>>b&15
	least := min(x, y)
	if least == 15 {
		return
	}
	if x == least {
		*w += 1 << a
	}
	if y == least && a != b {
		*w += 1 << b
	}
	if c.added++; c.added >= len(c.words)*16 {
		c.added = 0
		for i, x := range c.words {
			c.words[i] = x >> 1 & 0x7777777777777777
		}
	}
}

// often is about how often a key was counted, 15 at most.
func (c *sketch) often(hash uint64) uint8 {
	w, a, b := c.at(hash)
	return uint8(min(*w>>a&15, *w>>b&15))
}
