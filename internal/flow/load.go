package flow

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
)

// Laid is a saved image where it lies.
type Laid struct {
	Vertex, Table string
	Subtask       int
	// File is nil if it cannot be mapped; then Read is all there is.
	File   spill.Layable
	Offset int64
	Length int
	// Check checks the bytes.
	Check func(data []byte) error
}

// Images are those that a job goes on from.
type Images struct {
	List []Laid
	// Read gives some, by their places in List, one after the other and checked.
	Read func(places []int, f func(Block) error) error
}

// stretch is a piece of a file with images of one store, one after the other.
type stretch struct {
	node   *node
	file   spill.Layable
	off    int64
	end    int64
	images []int
	mem    []byte
}

// runMost is about the longest stretch: it comes and goes as one piece of memory. runGap
// is how far apart the images of one may be.
const (
	runMost = 32 << 20
	runGap  = 64 << 10
)

// load takes images over. Those that lie as the tables want them are mapped, and
// only their checksums are computed, by all cores, while the log is read; the others are
// read.
func (x *restoring) load(im *Images) error {
	if im == nil {
		return nil
	}
	mapped := make([]bool, len(im.List))
	runs, err := x.runs(im)
	if err != nil {
		return err
	}
	ahead(runs)
	runs = slices.DeleteFunc(runs, func(r *stretch) bool {
		mem, ok := r.node.store.Map(r.file, r.off, int(r.end-r.off))
		r.mem = mem
		return !ok
	})
	x.replays.checks(func() error {
		return each(len(runs), func(i int) error { return runs[i].check(im) })
	})
	if err := adoptRuns(runs, im, mapped); err != nil {
		return err
	}
	var rest []int
	for i, ok := range mapped {
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

// adoptRuns has tables take over images that are mapped, of which they look at no more
// than where what lies.
func adoptRuns(runs []*stretch, im *Images, mapped []bool) error {
	for _, r := range runs {
		for _, i := range r.images {
			l := &im.List[i]
			b, err := BlockOf(l.Vertex, l.Table, l.Subtask, r.data(l))
			if err != nil {
				return err
			}
			if mapped[i], err = r.node.store.LoadImage(r.node.store.Lookup(l.Table), b.Delta(), true); err != nil {
				return err
			}
		}
	}
	return nil
}

// ahead has the system read what is mapped while other things are done.
func ahead(runs []*stretch) {
	var files []spill.Layable
	for _, r := range runs {
		if !slices.Contains(files, r.file) {
			files = append(files, r.file)
		}
	}
	spill.Ahead(files)
}

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

// data is the bytes of an image in a stretch that is mapped.
func (r *stretch) data(x *Laid) []byte {
	at := int(x.Offset - r.off)
	return r.mem[at : at+x.Length : at+x.Length]
}

// check checks the images of a stretch. It reads them beside the memory that tables are
// going to write to: pages that were read before cost more to write to.
func (r *stretch) check(im *Images) error {
	mem, done, ok := spill.Look(r.file, r.off, int(r.end-r.off))
	if ok {
		defer done()
	} else {
		mem = r.mem
	}
	for _, i := range r.images {
		x := &im.List[i]
		at := int(x.Offset - r.off)
		if err := x.Check(mem[at : at+x.Length]); err != nil {
			return err
		}
	}
	return nil
}

// runs gives what can be mapped, in pieces.
func (x *restoring) runs(im *Images) ([]*stretch, error) {
	type place struct {
		image int
		node  *node
	}
	var places []place
	nodes, err := x.fitting(im)
	if err != nil {
		return nil, err
	}
	for i, n := range nodes {
		if n != nil {
			places = append(places, place{i, n})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		x, y := &im.List[a.image], &im.List[b.image]
		return cmp.Or(cmp.Compare(x.Vertex, y.Vertex), cmp.Compare(x.Subtask, y.Subtask), cmp.Compare(x.File.Name(), y.File.Name()), cmp.Compare(x.Offset, y.Offset))
	})
	var out []*stretch
	for _, p := range places {
		x := &im.List[p.image]
		end := x.Offset + int64(x.Length)
		if k := len(out); k > 0 {
			if r := out[k-1]; r.node == p.node && r.file == x.File && x.Offset < r.end+runGap && end-r.off < runMost {
				r.end, r.images = max(end, r.end), append(r.images, p.image)
				continue
			}
		}
		out = append(out, &stretch{node: p.node, file: x.File, off: x.Offset &^ (spill.PageSize - 1), end: end, images: []int{p.image}})
	}
	return out, nil
}

// headReaders is how many heads of images are read at a time, from files that may not be
// in memory.
const headReaders = 32

// fitting gives the nodes that can go on in images as they lie, by image; nil where none
// can.
func (x *restoring) fitting(im *Images) ([]*node, error) {
	of := make([][]*node, len(im.List))
	sizes := map[spill.Layable]int64{}
	for i := range im.List {
		l := &im.List[i]
		hs, err := x.of(l.Vertex)
		if err != nil {
			return nil, err
		}
		if l.File == nil || len(hs) != 1 || !hs[0].own {
			continue
		}
		size, ok := sizes[l.File]
		if !ok {
			if st, err := l.File.Stat(); err == nil {
				size = st.Size()
			}
			sizes[l.File] = size
		}
		if l.Offset+int64(l.Length) <= size { // else reading it says what is wrong
			of[i] = hs[0].nodes
		}
	}
	out := make([]*node, len(of))
	var heads sync.Pool
	err := eachBy(headReaders, len(of), func(i int) error {
		if of[i] != nil {
			head, _ := heads.Get().(*[headMost]byte)
			if head == nil {
				head = new([headMost]byte)
			}
			out[i] = fits(of[i], &im.List[i], head[:])
			heads.Put(head)
		}
		return nil
	})
	return out, err
}

// headMost is more than state.HeadMost, and what a block begins with.
const headMost = 5 << 10

// fits gives the node that can go on in an image as it is, nil if there is none. head is
// room for its beginning.
func fits(ns []*node, x *Laid, head []byte) *node {
	if x.Subtask >= len(ns) {
		return nil
	}
	n, _ := x.File.ReadAt(head[:min(len(head), x.Length)], x.Offset)
	b, err := BlockOf(x.Vertex, x.Table, x.Subtask, head[:n])
	if err != nil || b.Parallelism != len(ns) {
		return nil // as above
	}
	s := ns[x.Subtask].store
	if o := s.Lookup(x.Table); o == nil || !s.Fits(o, b.Delta()) {
		return nil
	}
	return ns[x.Subtask]
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
				if err := do(i); err != nil {
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
