package nexmark

import (
	"math"

	"github.com/weir-stream/weir/internal/connector"
)

// draw tells the random numbers of one event apart.
type draw uint64

const (
	drawPersonName draw = iota + 1
	drawEmail
	drawCard
	drawCity
	drawState
	drawExtraSize
	drawExtraPlace
	drawItemSize
	drawItemPlace
	drawDescriptionSize
	drawDescriptionPlace
	drawInitialBid
	drawReserve
	drawExpires
	drawHotSeller
	drawSeller
	drawCategory
	drawHotAuction
	drawAuction
	drawHotBidder
	drawBidder
	drawPrice
	drawChannel
)

// at gives the random word of an event and a draw.
func (g *generator) at(n int64, d draw) uint64 { return g.random.At(n, uint64(d)) }

// below maps a random word to 0 … n-1.
func below(x uint64, n int64) int64 { return connector.Below(x, n) }

// sequence is splitmix64 as a stream, for the pools.
type sequence uint64

func (s *sequence) next() uint64 {
	*s += connector.Gamma
	return connector.Mix(uint64(*s))
}

func (s *sequence) below(n int64) int64 { return below(s.next(), n) }

// Prices are 100 * 10^(6u) for u from 0 to 1: a table of 10^(6i/1024) and a
// short series between, which is exact to a part in 10^11 and, unlike
// math.Pow, takes three nanoseconds.
const priceSteps = 1024

func priceTable() *[priceSteps]float64 {
	var t [priceSteps]float64
	for i := range t {
		t[i] = 100 * math.Pow(10, 6*float64(i)/priceSteps)
	}
	return &t
}

// price maps a random word to a price. The conversions keep compilers from
// fusing operations, which would change the last bit on some machines.
func (g *generator) price(x uint64) int64 {
	const perStep = 6 * math.Ln10 / priceSteps / (1 << 43)
	y := float64(x>>11&(1<<43-1)) * perStep
	e := float64(y*(1.0/5)) + 1
	e = float64(float64(y*(1.0/4))*e) + 1
	e = float64(float64(y*(1.0/3))*e) + 1
	e = float64(float64(y*(1.0/2))*e) + 1
	e = float64(y*e) + 1
	return int64(float64(g.prices[x>>54]*e) + 0.5)
}
