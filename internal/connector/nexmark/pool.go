package nexmark

import (
	"math/bits"
	"strconv"
	"unsafe"

	"github.com/weir-stream/weir/internal/connector"
)

var (
	firstNames  = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames   = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
	cities      = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	states      = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	hotChannels = []string{"Google", "Facebook", "Baidu", "Apple"}
)

const (
	channels  = 10_000
	addresses = 1 << 14 // emails, and card numbers
	fillBytes = 1 << 20
)

// pool holds the texts that values are views of.
type pool struct {
	names, emails, cards []string
	channels, urls       []string // the hot ones first
	filler               string   // a to z
	words                string   // with a blank now and then
}

func newPool(seed uint64) *pool {
	s := sequence(connector.Mix(seed ^ 0x6e65786d61726b)) // apart from the events' numbers
	p := &pool{}
	for _, f := range firstNames {
		for _, l := range lastNames {
			p.names = append(p.names, f+" "+l)
		}
	}
	for range addresses {
		p.emails = append(p.emails, s.text(7, ' ')+"@"+s.text(5, ' ')+".com")
		p.cards = append(p.cards, s.digits4()+" "+s.digits4()+" "+s.digits4()+" "+s.digits4())
	}
	p.channels = append(p.channels, hotChannels...)
	for range hotChannels {
		p.urls = append(p.urls, s.url())
	}
	for i := range channels {
		p.channels = append(p.channels, "channel-"+strconv.Itoa(i))
		u := s.url()
		if s.below(10) > 0 {
			id := int64(int32(bits.Reverse32(uint32(i))))
			u += "&channel_id=" + strconv.FormatInt(max(id, -id), 10)
		}
		p.urls = append(p.urls, u)
	}
	p.filler, p.words = s.letters(0), s.letters(' ')
	return p
}

// letters gives a long run of letters; one of 13 is the special byte, if any.
func (s *sequence) letters(special byte) string {
	b := make([]byte, fillBytes)
	for i := range b {
		x := s.next()
		b[i] = byte('a' + below(x, 26))
		if special != 0 && x%13 == 0 {
			b[i] = special
		}
	}
	return unsafe.String(&b[0], len(b))
}

// text gives 3 to most-1 letters, blanks at its ends dropped.
func (s *sequence) text(most int64, special byte) string {
	b := make([]byte, 3+s.below(most-3))
	for i := range b {
		if s.below(13) == 0 {
			b[i] = special
		} else {
			b[i] = byte('a' + s.below(26))
		}
	}
	if special == ' ' {
		return trim(string(b))
	}
	return string(b)
}

// trim drops blanks at the ends.
func trim(s string) string {
	for s != "" && s[0] == ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

func (s *sequence) digits4() string {
	n := s.below(10_000)
	return string([]byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

func (s *sequence) url() string {
	return "https://www.nexmark.com/" + s.text(5, '_') + "/" + s.text(5, '_') + "/" + s.text(5, '_') + "/item.htm?query=1"
}

// view gives size bytes of a pool's long text.
func view(text string, size int64, x uint64) string {
	o := below(x, int64(len(text))-size)
	return text[o : o+size]
}

// extraSize is the length of the filler that brings a record from its other
// bytes to the average size, give or take a fifth.
func extraSize(have, avg int, x uint64) int64 {
	if have > avg {
		return 0
	}
	left := int64(avg - have)
	d := (left*2 + 5) / 10
	size := left - d
	if d > 0 {
		size += below(x, 2*d)
	}
	return size
}
