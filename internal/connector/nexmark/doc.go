// Package nexmark is the connector that generates the events of the Nexmark
// benchmark: an auction site with persons, auctions and bids.
//
// The arithmetic is that of the public generator (github.com/nexmark/nexmark:
// proportions, id spaces, hot ratios, sizes, prices, event times); what differs
// is the source of randomness. Every value is a pure function of the seed, the
// number of the event and the field: splitmix64 (Steele, Lea, Flood, "Fast
// splittable pseudorandom number generators", 2014) read at a place instead of
// as a stream. So the table's content and order do not depend on how many tasks
// generate it, a reader can start anywhere, and columns that nobody wants cost
// nothing. Text is never built: names, URLs and filler are views into pools that
// are made once.
package nexmark

import (
	"context"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

// Spec is the nexmark connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name: "nexmark", Guarantee: guarantee, Example: example,
		Doc:     "The events of the Nexmark benchmark, generated. By default one table of all events with the columns event_type (0 person, 1 auction, 2 bid), person, auction and bid, of which one is not NULL; with 'table' the plain table of one kind. A table without declared columns has all of them. The same seed gives the same rows at any parallelism.",
		Options: options,
		Columns: func(_ context.Context, t *connector.Table) (*connector.Inferred, error) {
			return &connector.Inferred{Columns: columnsOf(t.Options.String("table"))}, nil
		},
		Source: newSource,
	}
}

var options = []format.Option{
	{Key: "table", Kind: format.EnumOption, Enum: []string{"events", "person", "auction", "bid"}, Default: "events",
		Doc: "events: one table of all; person, auction, bid: the plain table of those events. Not in the public connector."},
	{Key: "events.num", Kind: format.IntOption, Default: "0", Doc: "How many events, of all kinds, are generated; 0 = without end."},
	{Key: "seed", Kind: format.IntOption, Default: "42", Doc: "Another seed gives other events. Not in the public connector."},
	{Key: "base-time", Doc: "Event time of the first event: a timestamp, or milliseconds since 1970. The default is 2026-01-01 00:00:00, or the time of the start under rate.limited. Not in the public connector."},
	{Key: "generator-parallelism", Kind: format.IntOption, Default: "0", Doc: "Into how many splits the events are dealt, by blocks in turn; 0 = one a reading task. The rows are the same. Not in the public connector."},
	{Key: "first-event.rate", Kind: format.IntOption, Default: "10000", Doc: "Events a second of event time, at first."},
	{Key: "next-event.rate", Kind: format.IntOption, Default: "10000", Doc: "Events a second of event time that the rate swings to, if it is another one. Set both for a constant rate."},
	{Key: "rate.shape", Kind: format.EnumOption, Enum: []string{"SQUARE", "SINE"}, Default: "SINE", Doc: "How the rate goes between the two."},
	{Key: "rate.period", Kind: format.DurationOption, Default: "600 s", Doc: "How long one swing of the rate takes."},
	{Key: "rate.limited", Kind: format.BoolOption, Default: "false", Doc: "Events come in real time, when they are due. Otherwise they come as fast as they are taken."},
	{Key: "max-emit-speed", Kind: format.BoolOption, Default: "false", Doc: "Events come as fast as they are taken in spite of rate.limited."},
	{Key: "person.proportion", Kind: format.IntOption, Default: "1", Doc: "Persons among each run of persons, auctions and bids."},
	{Key: "auction.proportion", Kind: format.IntOption, Default: "3", Doc: "Auctions among each run."},
	{Key: "bid.proportion", Kind: format.IntOption, Default: "46", Doc: "Bids among each run."},
	{Key: "person.avg-size", Kind: format.MemoryOption, Default: "200", Doc: "Average bytes of a person; filler text makes them up."},
	{Key: "auction.avg-size", Kind: format.MemoryOption, Default: "500", Doc: "Average bytes of an auction."},
	{Key: "bid.avg-size", Kind: format.MemoryOption, Default: "100", Doc: "Average bytes of a bid."},
	{Key: "bid.hot-ratio.auctions", Kind: format.IntOption, Default: "2", Doc: "All but one of so many bids go to the hot auction."},
	{Key: "bid.hot-ratio.bidders", Kind: format.IntOption, Default: "4", Doc: "All but one of so many bids come from the hot bidder."},
	{Key: "auction.hot-ratio.sellers", Kind: format.IntOption, Default: "4", Doc: "All but one of so many auctions are of the hot seller."},
	{Key: "keep-alive", Kind: format.BoolOption, Default: "false", Doc: "The table does not end after events.num events; nothing more comes."},
	{Key: "stop-at", Doc: "The table ends with the event time given here, a timestamp or milliseconds since 1970."},
}
