package flow

// control takes a control message at the task's head: it combines the channels'
// watermarks, aligns their markers and counts their ends.
func (t *task) control(c *channel, m msg) error {
	switch m.kind {
	case msgWatermark:
		c.wm, c.idle = m.n, false
		t.advance()
	case msgIdle:
		c.idle = m.n == 1
		t.advance()
	case msgEpoch:
		c.epoch = max(c.epoch, m.n)
		t.align()
	case msgCaughtUp:
		c.caught = true
		t.catchUp()
	case msgEnd:
		c.ended = true
		if m.n == 1 {
			t.halted++
		}
		t.catchUp()
		t.channelEnded(c)
	}
	return nil
}

// advance recomputes the head's watermark: the least over channels that are
// neither idle nor ended. When all are idle, so is the task.
func (t *task) advance() {
	wm, active, live := maxWatermark, 0, 0
	for _, c := range t.chans {
		if c.ended {
			continue
		}
		live++
		if c.idle {
			continue
		}
		active++
		wm = min(wm, c.wm)
	}
	head := t.nodes[0]
	if idle := live > 0 && active == 0; idle != t.idleHead {
		t.idleHead = idle
		t.do(action{actIdle, head, b2i(idle)})
	}
	if active == 0 && live > 0 || wm <= t.wmHead || t.halted > 0 {
		return
	}
	t.wmHead = wm
	t.do(action{actWatermark, head, wm})
}

// align lets the epoch pass when its marker has come on every live channel;
// until then receive leaves the channels that have it alone.
//
// Channels that are not read yet are not waited for: what is queued there is saved
// with the epoch.
func (t *task) align() {
	unread := false
	for _, c := range t.chans {
		if c.ended || c.epoch > t.epochSent {
			continue
		}
		if !t.unwanted(c) {
			return
		}
		unread = true
	}
	if unread && t.job.cfg.Durable != nil && t.job.coord.commits(t.epochSent+1) {
		if t.rec != nil {
			return // until that is over
		}
		t.begins(t.epochSent + 1)
	}
	t.epochSent++
	t.do(action{actEpoch, t.nodes[0], t.epochSent})
}

// channelEnded ends the channel's input with its last channel.
func (t *task) channelEnded(c *channel) {
	inputOpen, open, aligning := false, false, false
	for _, o := range t.chans {
		open = open || !o.ended
		inputOpen = inputOpen || !o.ended && o.input == c.input
		aligning = aligning || !o.ended && o.epoch > t.epochSent
	}
	if t.halted > 0 {
		if !open {
			t.do(action{kind: actHalt, n: t.nodes[0]})
		}
		return
	}
	t.advance()
	if aligning {
		t.align()
	}
	if !inputOpen {
		t.do(action{actEndInput, t.nodes[0], int64(c.input)})
	}
}
