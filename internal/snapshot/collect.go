package snapshot

import "math"

// Retained says how far back the log is kept: frames of later epochs than this
// are. They are those that the current base needs, those that the base before it
// would need, and those whose sink handles may not have been committed.
func retained(st standing, last uint64, o Origin) uint64 {
	if last == 0 || st.Base.None() {
		return 0
	}
	floor := min(st.Base.Least, st.Committed, last-1)
	if !st.Prev.None() || o.Dir == "" {
		floor = min(floor, st.Prev.Least)
	}
	return floor
}

// collect deletes what neither the current nor the previous base, nor a frame
// that is kept, refers to. It lists first and compares then, so that whatever is
// made meanwhile is not in the list. A deletion that fails or is lost leaves a
// file for the next time: nothing depends on one having happened.
func (l *Log) collect() {
	l.collecting.Lock()
	defer l.collecting.Unlock()
	var lists [4][]Name
	kinds := [4]kind{logFiles, ackFiles, indexFiles, imageFiles}
	for i, k := range kinds {
		names, err := l.names(k)
		if err != nil {
			return
		}
		lists[i] = names
	}
	live := l.live()
	for i, names := range lists {
		for _, n := range names {
			if n.Generation > l.generation {
				return // somebody else's directory by now
			}
			if !live(kinds[i], n) {
				_ = l.fs.Remove(l.path(kinds[i], n)) // stays for the next time
			}
		}
	}
	l.disclaim()
}

// live gives a function that says whether something refers to a file.
func (l *Log) live() func(kind, Name) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	floor := retained(l.standing, l.last, l.origins)
	for len(l.seals) > 0 && l.seals[0].Last <= floor {
		l.seals = l.seals[1:]
	}
	logs := map[Name]bool{}
	for _, s := range l.seals {
		logs[s.Name] = true
	}
	current := l.name
	images := map[Name]bool{}
	indexes := map[Name]bool{l.Base.Name: true, l.Prev.Name: true}
	for _, x := range []*index{l.current, l.previous} {
		if x != nil {
			for i := range x.images {
				images[x.images[i].name] = true
			}
		}
	}
	making := uint64(math.MaxUint64) // image files after this number are being made
	round := making
	if l.base != nil {
		making, round = l.base.start, l.base.name.Number-1
	} else if l.ready != nil {
		making, round = l.ready.start, l.ready.ref.Name.Number-1
		for i := range l.ready.index.images {
			images[l.ready.index.images[i].name] = true
		}
	}
	return func(k kind, n Name) bool {
		switch k {
		case logFiles, ackFiles:
			return logs[n] || !n.Less(current)
		case indexFiles:
			return indexes[n] || n.Generation == current.Generation && n.Number > round
		}
		return images[n] || n.Generation == current.Generation && n.Number > making
	}
}
