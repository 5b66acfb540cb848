package tpch

import (
	"sync"
	"unsafe"

	"github.com/weir-stream/weir/internal/connector"
)

// poolBytes is the length of the text that comments are pieces of. (dbgen's has
// 300 MB; this is long enough that hardly two comments are equal.)
const poolBytes = 8 << 20

// writer makes sentences.
type writer struct {
	seq connector.Random
	n   int64
	b   []byte
}

func (w *writer) below(n int) int {
	w.n++
	return int(connector.Below(w.seq.At(w.n, 0), int64(n)))
}

// dist is words with the sum of their weights.
type dist struct {
	words []word
	sum   int
}

var dists = sync.OnceValue(func() map[byte]dist {
	out := map[byte]dist{}
	for k, ws := range map[byte][]word{'N': nouns, 'V': verbs, 'J': adjectives, 'D': adverbs, 'P': prepositions, 'X': auxiliaries, 'T': terminators,
		// The grammar: sentences, noun phrases, verb phrases, as strings of
		// kinds of words; n, v and p stand for phrases.
		's': {{"nvT", 3}, {"nvpT", 3}, {"nvnT", 3}, {"npvnT", 1}, {"npvpT", 1}},
		'n': {{"N", 10}, {"JN", 20}, {"J,JN", 10}, {"DJN", 50}},
		'v': {{"V", 30}, {"XV", 1}, {"VD", 40}, {"XVD", 1}},
	} {
		out[k] = dist{ws, total(ws)}
	}
	return out
})

// put writes what the letters of a rule stand for.
func (w *writer) put(rule string) {
	for i := range len(rule) {
		k := rule[i]
		switch k {
		case ',', 'T':
			if n := len(w.b); n > 0 && w.b[n-1] == ' ' {
				w.b = w.b[:n-1]
			}
		}
		switch k {
		case ',':
			w.b = append(w.b, ", "...)
		case 's', 'n', 'v':
			w.put(w.pick(k))
		case 'p':
			w.b = append(append(w.b, w.pick('P')...), " the "...)
			w.put("n")
		default:
			w.b = append(append(w.b, w.pick(k)...), ' ')
		}
	}
}

func (w *writer) pick(k byte) string {
	d := dists()[k]
	return pickWord(d.words, w.below(d.sum))
}

// newPool writes the text that comments are pieces of.
func newPool(seed uint64) string {
	w := &writer{seq: connector.NewRandom(seed ^ 0x74706368), b: make([]byte, 0, poolBytes+256)}
	for len(w.b) < poolBytes {
		w.put("s")
	}
	return unsafe.String(&w.b[0], poolBytes)
}

// comment gives a piece of the pool of low to high bytes.
func (d *Data) comment(size, place uint64, low, high int64) string {
	n := low + connector.Below(size, high-low+1)
	at := connector.Below(place, poolBytes-n+1)
	return d.pool[at : at+n]
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,"

// address appends 10 to 40 random characters.
func (d *Data) address(b []byte, r connector.Random, i int64) []byte {
	n := 10 + connector.Below(r.At(i, drawAddressSize), 31)
	x := uint64(0)
	for k := range n {
		if k%10 == 0 {
			x = r.At(i, drawAddress+uint64(k/10))
		}
		b = append(b, alphabet[x&63])
		x >>= 6
	}
	return b
}

// phone appends a number whose country code is the nation's.
func phone(b []byte, r connector.Random, i, nation int64) []byte {
	x := r.At(i, drawPhone)
	b = digits(b, nation+10, 2)
	b = digits(append(b, '-'), 100+int64(x%900), 3)
	b = digits(append(b, '-'), 100+int64(x/900%900), 3)
	return digits(append(b, '-'), 1000+int64(x/810_000%9000), 4)
}

// digits appends n with leading zeros.
func digits(b []byte, n int64, width int) []byte {
	at := len(b)
	for range width {
		b = append(b, '0')
	}
	for k := len(b) - 1; k >= at; k-- {
		b[k] = byte('0' + n%10)
		n /= 10
	}
	return b
}
