package nexmark

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// generator makes columns of events.
type generator struct {
	config
	*pool
	random connector.Random
	prices *[priceSteps]float64
}

func newGenerator(c config) *generator {
	return &generator{config: c, pool: newPool(c.seed), random: connector.NewRandom(c.seed), prices: priceTable()}
}

// rows are the events that a column is made for, and their rows in it.
type rows struct {
	event []int64
	row   []int32
}

// column is a field of an event: its type and the loop that fills it.
type column struct {
	name string
	typ  types.Type
	fill func(g *generator, v *vec.Vector, r *rows)
}

func longs(f func(g *generator, n int64) int64) func(*generator, *vec.Vector, *rows) {
	return func(g *generator, v *vec.Vector, r *rows) {
		for i, n := range r.event {
			v.I64[r.row[i]] = f(g, n)
		}
	}
}

func texts(f func(g *generator, n int64) string) func(*generator, *vec.Vector, *rows) {
	return func(g *generator, v *vec.Vector, r *rows) {
		for i, n := range r.event {
			v.S[r.row[i]] = f(g, n)
		}
	}
}

var (
	long      = types.Of(types.BigInt)
	text      = types.String()
	timestamp = types.TimestampOf(3)
)

// The fields of the three kinds of events, in the order of the public tables.
var (
	personColumns = []column{
		{"id", long, longs(func(g *generator, n int64) int64 { return firstID + g.lastPerson(n) })},
		{"name", text, texts((*generator).personName)},
		{"emailAddress", text, texts((*generator).email)},
		{"creditCard", text, texts((*generator).card)},
		{"city", text, texts((*generator).city)},
		{"state", text, texts((*generator).state)},
		{"dateTime", timestamp, fillTime},
		{"extra", text, texts((*generator).personExtra)},
	}
	auctionColumns = []column{
		{"id", long, longs(func(g *generator, n int64) int64 { return firstID + g.lastAuction(n) })},
		{"itemName", text, texts((*generator).itemName)},
		{"description", text, texts((*generator).description)},
		{"initialBid", long, longs((*generator).initialBid)},
		{"reserve", long, longs(func(g *generator, n int64) int64 { return g.initialBid(n) + g.price(g.at(n, drawReserve)) })},
		{"dateTime", timestamp, fillTime},
		{"expires", timestamp, longs((*generator).expires)},
		{"seller", long, longs((*generator).seller)},
		{"category", long, longs(func(g *generator, n int64) int64 { return firstCategory + below(g.at(n, drawCategory), categories) })},
		{"extra", text, texts((*generator).auctionExtra)},
	}
	bidColumns = []column{
		{"auction", long, fillAuction},
		{"bidder", long, fillBidder},
		{"price", long, fillPrice},
		{"channel", text, fillChannel},
		{"url", text, fillURL},
		{"dateTime", timestamp, fillTime},
		{"extra", text, fillBidExtra},
	}
)

// kinds are the tables by name, numbered as event_type does.
var kinds = []struct {
	name    string
	columns []column
}{{"person", personColumns}, {"auction", auctionColumns}, {"bid", bidColumns}}

// columnsOf gives the columns of a table when none are declared.
func columnsOf(table string) []format.Column {
	var out []format.Column
	for _, k := range kinds {
		if k.name == table {
			for _, c := range k.columns {
				out = append(out, format.Column{Name: c.name, Type: c.typ})
			}
			return out
		}
	}
	out = append(out, format.Column{Name: "event_type", Type: types.Of(types.Int)})
	for _, k := range kinds {
		var fields []types.Field
		for _, c := range k.columns {
			fields = append(fields, types.Field{Name: c.name, Type: c.typ})
		}
		out = append(out, format.Column{Name: k.name, Type: types.RowOf(fields...)})
	}
	return out
}

func (g *generator) personName(n int64) string {
	return g.names[below(g.at(n, drawPersonName), int64(len(g.names)))]
}
func (g *generator) email(n int64) string { return g.emails[below(g.at(n, drawEmail), addresses)] }
func (g *generator) card(n int64) string  { return g.cards[below(g.at(n, drawCard), addresses)] }
func (g *generator) city(n int64) string {
	return cities[below(g.at(n, drawCity), int64(len(cities)))]
}
func (g *generator) state(n int64) string {
	return states[below(g.at(n, drawState), int64(len(states)))]
}

func (g *generator) personExtra(n int64) string {
	have := 8 + len(g.personName(n)) + len(g.email(n)) + len(g.card(n)) + len(g.city(n)) + len(g.state(n))
	return g.extra(n, have, g.personSize)
}

func (g *generator) extra(n int64, have, avg int) string {
	return view(g.filler, extraSize(have, avg, g.at(n, drawExtraSize)), g.at(n, drawExtraPlace))
}

func (g *generator) itemName(n int64) string {
	return trim(view(g.words, 3+below(g.at(n, drawItemSize), 17), g.at(n, drawItemPlace)))
}

func (g *generator) description(n int64) string {
	return trim(view(g.words, 3+below(g.at(n, drawDescriptionSize), 97), g.at(n, drawDescriptionPlace)))
}

func (g *generator) initialBid(n int64) int64 { return g.price(g.at(n, drawInitialBid)) }

// expires: auctions are open for up to twice the time in which as many begin as
// are open at once.
func (g *generator) expires(n int64) int64 {
	now := g.time(n)
	horizon := g.time(n+inFlight*g.all/g.auction) - now
	return now + 1 + below(g.at(n, drawExpires), max(2*horizon, 1))
}

func (g *generator) seller(n int64) int64 {
	if below(g.at(n, drawHotSeller), g.hotSeller) > 0 {
		return firstID + g.lastPerson(n)/hotBatch*hotBatch
	}
	return firstID + g.anyPerson(n, drawSeller)
}

// anyPerson is one of the people active at event n, or soon to come.
func (g *generator) anyPerson(n int64, d draw) int64 {
	people := g.lastPerson(n) + 1
	who := min(people, active)
	return people - who + below(g.at(n, d), who+lead)
}

func (g *generator) auctionExtra(n int64) string {
	return g.extra(n, 8+len(g.itemName(n))+len(g.description(n))+40, g.auctionSize)
}
