package nexmark

import "github.com/weir-stream/weir/internal/vec"

// Bids are nine of ten events, so their loops are written out: nothing is called
// through a pointer for each row.

func fillTime(g *generator, v *vec.Vector, r *rows) {
	if g.rate == 0 {
		for i, n := range r.event {
			v.I64[r.row[i]] = g.time(n)
		}
		return
	}
	for i, n := range r.event {
		v.I64[r.row[i]] = g.base + n/g.rate*1000 + n%g.rate*1000/g.rate
	}
}

func fillAuction(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		newest := g.lastAuction(n)
		var a int64
		if below(g.at(n, drawHotAuction), g.hotAuction) > 0 {
			a = newest / hotBatch * hotBatch
		} else {
			oldest := max(newest-inFlight, 0)
			a = oldest + below(g.at(n, drawAuction), newest-oldest+1+lead)
		}
		v.I64[r.row[i]] = firstID + a
	}
}

// fillBidder adds the first id twice, as the public generator does.
func fillBidder(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		var b int64
		if below(g.at(n, drawHotBidder), g.hotBidder) > 0 {
			b = g.lastPerson(n)/hotBatch*hotBatch + 1
		} else {
			b = g.anyPerson(n, drawBidder)
		}
		v.I64[r.row[i]] = 2*firstID + b
	}
}

func fillPrice(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		v.I64[r.row[i]] = g.price(g.at(n, drawPrice))
	}
}

// channel numbers the channel of a bid: half of all bids come through the four
// hot ones. One random word serves both choices.
func (g *generator) channel(n int64) int64 {
	x := g.at(n, drawChannel)
	if x&1 == 0 {
		return below(x, int64(len(hotChannels)))
	}
	return int64(len(hotChannels)) + below(x, channels)
}

func fillChannel(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		v.S[r.row[i]] = g.channels[g.channel(n)]
	}
}

func fillURL(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		v.S[r.row[i]] = g.urls[g.channel(n)]
	}
}

// fillBidExtra counts four numbers of 8 bytes as the rest of a bid.
func fillBidExtra(g *generator, v *vec.Vector, r *rows) {
	for i, n := range r.event {
		v.S[r.row[i]] = view(g.filler, extraSize(32, g.bidSize, g.at(n, drawExtraSize)), g.at(n, drawExtraPlace))
	}
}
