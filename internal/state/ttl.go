package state

import "unsafe"

func (t *Table) expiry(row unsafe.Pointer) *int64 { return (*int64)(unsafe.Add(row, t.expAt)) }

// expired reports that a row has outlived its TTL. A row with a pending change
// lives until that is taken.
func (t *Table) expired(row unsafe.Pointer, now int64) bool {
	return *t.expiry(row) <= now && *header(row)&rowTouched == 0
}

// renew gives upserted rows another TTL. An expired row is as good as absent: it
// is born again.
func (t *Table) renew(k *Keys, refs []Ref, created []bool, now int64) {
	until := now + t.ttl
	for i, r := range refs {
		p := t.rowOf(r)
		exp := t.expiry(p)
		t.mark(r, p)
		if *exp != 0 && t.expired(p, now) {
			t.expire(p)
			clear(unsafe.Slice((*byte)(unsafe.Add(p, t.valAt)), t.stride-t.valAt))
			if created != nil {
				created[i] = true
			}
		}
		*exp = until
	}
}

func (t *Table) expire(p unsafe.Pointer) {
	if t.onExpire != nil {
		t.onExpire(p)
	}
	t.freeValue(p)
}

// sweep looks at n rows in turn and drops those that have expired, so that what
// is never asked for again goes too. Nothing is logged, but by who has more hanging
// on a row (onExpire): whoever replays the log has the same clock.
func (t *Table) sweep(now int64, n int) {
	for n = min(n, t.live); n > 0; n-- {
		if int(t.sweepSeg) >= len(t.segs) {
			t.sweepSeg, t.sweepRow = 1, 0
		}
		if t.waiting != nil {
			t.wantSegment(t.sweepSeg)
		}
		t.blotOut(t.sweepSeg)
		s := &t.segs[t.sweepSeg]
		if t.sweepRow >= s.n {
			t.sweepSeg, t.sweepRow = t.sweepSeg+1, 0
			continue
		}
		p := s.row(t.stride, t.sweepRow)
		if *header(p)&rowLive != 0 && t.expired(p, now) {
			if t.onExpire != nil {
				t.onExpire(p)
			}
			t.drop(makeRef(t.sweepSeg, t.sweepRow))
		}
		t.sweepRow++
	}
}
