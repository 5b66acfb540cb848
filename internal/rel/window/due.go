package window

// dueWindows is a heap of windows that wait to be emitted, earliest end first;
// each is in it once.
type dueWindows struct {
	heap []windowID
	in   map[windowID]bool
}

func (d *dueWindows) add(w windowID) {
	if d.in[w] {
		return
	}
	if d.in == nil {
		d.in = map[windowID]bool{}
	}
	d.in[w] = true
	d.heap = append(d.heap, w)
	for i := len(d.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !d.heap[i].less(d.heap[up]) {
			break
		}
		d.heap[i], d.heap[up] = d.heap[up], d.heap[i]
		i = up
	}
}

// first gives the earliest window; false if there is none.
func (d *dueWindows) first() (windowID, bool) {
	if len(d.heap) == 0 {
		return windowID{}, false
	}
	return d.heap[0], true
}

// pop takes the earliest window out.
func (d *dueWindows) pop() {
	h := d.heap
	delete(d.in, h[0])
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		kid := 2*i + 1
		if kid >= len(h) {
			break
		}
		if kid+1 < len(h) && h[kid+1].less(h[kid]) {
			kid++
		}
		if !h[kid].less(h[i]) {
			break
		}
		h[i], h[kid] = h[kid], h[i]
		i = kid
	}
	d.heap = h
}
