package nexmark

import (
	"math"
	"strconv"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Constants of the public generator.
const (
	firstID       = 1000 // of persons and of auctions
	firstCategory = 10
	categories    = 5
	hotBatch      = 100  // ids that share a hot one
	inFlight      = 100  // auctions that are open at a time
	active        = 1000 // people who are
	lead          = 10   // ids that are bid on before they exist
)

// config is the checked options.
type config struct {
	person, auction, bid, all int64 // proportions and their sum
	hotAuction, hotBidder     int64
	hotSeller                 int64
	personSize, auctionSize   int
	bidSize                   int
	base                      int64 // ms
	events                    int64 // math.MaxInt64 = without end
	seed                      uint64
	rate                      int64     // events a second, if it is constant
	delays                    []float64 // otherwise: microseconds between events, step by step
	stepMs                    int64
	perEpoch                  int64 // events in all steps
}

func configOf(t *connector.Table) (c config, err error) {
	o := t.Options
	c = config{person: o.Int("person.proportion"), auction: o.Int("auction.proportion"), bid: o.Int("bid.proportion"),
		hotAuction: o.Int("bid.hot-ratio.auctions"), hotBidder: o.Int("bid.hot-ratio.bidders"), hotSeller: o.Int("auction.hot-ratio.sellers"),
		personSize: int(o.Bytes("person.avg-size")), auctionSize: int(o.Bytes("auction.avg-size")), bidSize: int(o.Bytes("bid.avg-size")),
		events: o.Int("events.num"), seed: uint64(o.Int("seed"))}
	for _, key := range []string{"person.proportion", "auction.proportion", "bid.proportion", "bid.hot-ratio.auctions", "bid.hot-ratio.bidders",
		"auction.hot-ratio.sellers", "first-event.rate", "next-event.rate"} {
		if o.Int(key) < 1 {
			return c, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option '%s' is at least 1, not %d", key, o.Int(key))
		}
	}
	c.all = c.person + c.auction + c.bid
	const most = 1 << 20
	if c.all > most || c.personSize > most || c.auctionSize > most || c.bidSize > most {
		return c, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "proportions and sizes are at most %d", most)
	}
	if c.events <= 0 {
		c.events = math.MaxInt64
	}
	c.setRate(o)
	if c.base, err = baseTime(t); err != nil {
		return c, err
	}
	if s := o.String("stop-at"); s != "" {
		at, err := instant("stop-at", s)
		if err != nil {
			return c, err
		}
		c.events = min(c.events, c.due(at))
	}
	return c, nil
}

// limited reports whether events wait for their time.
func limited(o format.Options) bool { return o.Bool("rate.limited") && !o.Bool("max-emit-speed") }

// defaultBase is 2026-01-01 00:00:00 UTC.
const defaultBase = 1767225600000

func baseTime(t *connector.Table) (int64, error) {
	s := t.Options.String("base-time")
	switch {
	case s != "":
		return instant("base-time", s)
	case limited(t.Options):
		return t.Env.Clock.Now().UnixMilli(), nil
	}
	return defaultBase, nil
}

func instant(key, s string) (int64, error) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return ms, nil
	}
	if ms, _, ok := types.ParseTimestampLTZ(s, 3, types.UTC); ok {
		return ms, nil
	}
	return 0, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option '%s' is a timestamp such as '2026-01-01 00:00:00' or milliseconds, not '%s'", key, s)
}

// setRate lays out the rate over a period, as the public GeneratorConfig does.
func (c *config) setRate(o format.Options) {
	first, next := float64(o.Int("first-event.rate")), float64(o.Int("next-event.rate"))
	if first == next {
		c.rate = int64(first)
		return
	}
	rates := []float64{first, next}
	if o.String("rate.shape") == "SINE" {
		const steps = 10
		mid, amp := (first+next)/2, (first-next)/2
		rates = rates[:0]
		for i := range steps {
			rates = append(rates, mid+amp*math.Cos(2*math.Pi*float64(i)/steps))
		}
	}
	period := max(o.DurationMs("rate.period")/1000, 1)
	c.stepMs = (period + int64(len(rates)) - 1) / int64(len(rates)) * 1000
	for _, r := range rates {
		d := 1e6 / r
		c.delays = append(c.delays, d)
		c.perEpoch += c.inStep(d)
	}
}

// inStep is how many events a step with this delay has.
func (c *config) inStep(delay float64) int64 { return int64(float64(c.stepMs) * 1000 / delay) }

// time is the event time of event n, ms.
func (c *config) time(n int64) int64 {
	if c.rate > 0 {
		return c.base + n/c.rate*1000 + n%c.rate*1000/c.rate
	}
	ms := c.base + n/c.perEpoch*c.stepMs*int64(len(c.delays))
	n %= c.perEpoch
	for _, d := range c.delays {
		k := c.inStep(d)
		if n < k {
			return ms + int64(float64(n)*d/1000)
		}
		n -= k
		ms += c.stepMs
	}
	return ms
}

// due is how many events have a time before ms.
func (c *config) due(ms int64) int64 {
	lo, hi := int64(0), int64(1)
	for hi < math.MaxInt64/4000 && c.time(hi) < ms {
		lo, hi = hi, hi*2
	}
	for lo < hi {
		if mid := lo + (hi-lo)/2; c.time(mid) < ms {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// lastPerson is the number of the newest person at event n, from 0.
func (c *config) lastPerson(n int64) int64 {
	return n/c.all*c.person + min(n%c.all, c.person-1)
}

// lastAuction is the number of the newest auction at event n, -1 before the
// first.
func (c *config) lastAuction(n int64) int64 {
	epoch, off := n/c.all, n%c.all
	switch {
	case off < c.person:
		return epoch*c.auction - 1
	case off >= c.person+c.auction:
		return epoch*c.auction + c.auction - 1
	}
	return epoch*c.auction + off - c.person
}
