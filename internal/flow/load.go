package flow

import (
	"cmp"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
)

// Laid is a saved image where it lies.
type Laid struct {
	Vertex, Table string
	Subtask       int
	Length        int // bytes
	// Head is what it begins with, enough for a table to go on in it before it was read;
	// nil: it is read at once.
	Head []byte
	// Load reads the image, which comes to Length bytes, and checks it. It may be called
	// at any time until what Images.Hold gave was called.
	Load func(dst []byte) error
	// Ahead has the system begin to read it.
	Ahead func()
}

// Images are those that a job goes on from.
type Images struct {
	List []Laid
	// Read gives some, by their places in List, one after the other and checked.
	Read func(places []int, f func(Block) error) error
	// Hold has images stay where they lie until release is called.
	Hold func() (release func() error)
}

// roomMost is about the most memory for images that comes and goes as one piece.
const roomMost = 32 << 20

// load takes images over. Tables go on in those that lie as they want them, which are
// read when somebody asks for them; the others are read.
func (x *restoring) load(im *Images) error {
	if im == nil {
		return nil
	}
	taken := make([]bool, len(im.List))
	if err := x.postpone(im, taken); err != nil {
		return err
	}
	var rest []int
	for i, ok := range taken {
		if !ok {
			rest = append(rest, i)
		}
	}
	read := func(f func(Block) error) error { return im.Read(rest, f) }
	if err := x.each(read, x.block); err != nil {
		return err
	}
	return x.link()
}

// postpone has tables take over the images in which they can go on, unread, and notes
// which those are.
func (x *restoring) postpone(im *Images, taken []bool) error {
	of := map[*state.Store][]int{}
	for i := range im.List {
		n, err := x.fits(&im.List[i])
		if err != nil {
			return err
		}
		if n != nil {
			of[n.store] = append(of[n.store], i)
		}
	}
	if len(of) == 0 {
		return nil
	}
	x.j.images = im.Hold()
	for _, s := range x.stores() {
		for places := of[s]; len(places) > 0; {
			n, size := 0, 0
			for n < len(places) && size < roomMost {
				size = roomAt(size, im.List[places[n]].Length) + im.List[places[n]].Length
				n++
			}
			mem, ok := s.Room(size)
			if !ok {
				break
			}
			at := 0
			for _, i := range places[:n] {
				l := &im.List[i]
				at = roomAt(at, l.Length)
				if err := l.postpone(s, mem[at:at+l.Length:at+l.Length], &taken[i]); err != nil {
					return err
				}
				at += l.Length
			}
			places = places[n:]
		}
	}
	return nil
}

// postpone has a table go on in an image, of which the memory is.
func (l *Laid) postpone(s *state.Store, mem []byte, taken *bool) error {
	_, head, _ := CutBlock(l.Head)
	var err error
	*taken, err = s.LoadLater(s.Lookup(l.Table), head, mem[len(l.Head)-len(head):], state.Later{
		Read:  func() error { return l.Load(mem) },
		Ahead: l.Ahead,
	})
	return err
}

// roomAt is where an image goes behind size bytes of others: at a page, or small ones
// where blocks may begin.
func roomAt(size, length int) int {
	align := spill.PageSize
	if length < align {
		align = smallRoom
	}
	return (size + align - 1) &^ (align - 1)
}

// smallRoom is a multiple of what places in images are multiples of.
const smallRoom = 64

// link makes whole what was loaded.
func (x *restoring) link() error {
	all := x.stores()
	return each(len(all), func(i int) error { return all[i].Link() })
}

// settle ends what was deferred. The images must be whole.
func (x *restoring) settle() error {
	all := x.stores()
	return each(len(all), func(i int) error { return all[i].Deferred() })
}

// stores lists those of all nodes.
func (x *restoring) stores() (all []*state.Store) {
	for _, ns := range x.at {
		for _, n := range ns {
			all = append(all, n.store)
		}
	}
	return all
}

// fits gives the node that can go on in an image as it is, nil if there is none.
func (x *restoring) fits(l *Laid) (*node, error) {
	hs, err := x.of(l.Vertex)
	if err != nil || l.Head == nil || len(hs) != 1 || !hs[0].own || l.Subtask >= len(hs[0].nodes) {
		return nil, err
	}
	of, head, ok := CutBlock(l.Head)
	n := hs[0].nodes[l.Subtask]
	if o := n.store.Lookup(l.Table); !ok || of != len(hs[0].nodes) || o == nil || !n.store.Fits(o, head) {
		return nil, nil
	}
	return n, nil
}

// each does n things on all cores, until one fails.
func each(n int, do func(i int) error) error { return eachBy(runtime.GOMAXPROCS(0), n, do) }

// eachBy does n things, so many at a time, until one fails.
func eachBy(workers, n int, do func(i int) error) error {
	var next, failed atomic.Int64
	var mu sync.Mutex
	var first error
	var wait sync.WaitGroup
	for range min(n, workers) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == 0; i = int(next.Add(1)) - 1 {
				if err := guarded("recovery", func() error { return do(i) }); err != nil {
					mu.Lock()
					first = cmp.Or(first, err)
					mu.Unlock()
					failed.Store(1)
				}
			}
		})
	}
	wait.Wait()
	return first
}
