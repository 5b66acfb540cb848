// Package tpch makes the eight tables of the TPC-H benchmark in memory and
// offers them as a connector, with the 22 queries.
//
// The distributions are those of the specification (sparse order keys, customers
// without orders, retail prices by formula, dates that follow each other, text
// from a grammar); the random numbers are not dbgen's. Every value is a pure
// function of the seed, the row and the field, so that the tables do not depend
// on how many tasks make or read them, and columns that nobody wants cost
// nothing.
//
//	Data ── table ── column ── blocks of vec.Vector, made on first use
//
// What a benchmark measures should be the queries, not the generator: a run
// over a Recorder's empty tables tells which columns a query reads, Load makes
// them, and the measured run reads memory, as a database's would.
package tpch
