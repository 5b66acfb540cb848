package datagen

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{Source: "Exactly once: how far each task has counted is part of every checkpoint, and a value follows from the seed, the number of the row and the column. Without a 'seed' of the table a job that goes on draws other values than before."}

var example = format.Example{
	Doc: "A sequence and random values, four rows in all.",
	SQL: `CREATE TABLE orders (id INT, cups INT, price DECIMAL(4, 2)) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '4',
  'seed' = '1',
  'fields.id.kind' = 'sequence',
  'fields.id.start' = '1',
  'fields.id.end' = '100',
  'fields.cups.min' = '1',
  'fields.cups.max' = '3',
  'fields.price.min' = '2',
  'fields.price.max' = '5'
);

SELECT * FROM orders ORDER BY id LIMIT 10;
`,
	Output: `┌────┬──────┬───────┐
│ id │ cups │ price │
├────┼──────┼───────┤
│  1 │    1 │  4.88 │
│  2 │    3 │  3.12 │
│  3 │    2 │  4.33 │
│  4 │    2 │  3.62 │
└────┴──────┴───────┘
`,
}

// below are the options of columns.
var below = []format.Option{
	{Key: "fields.#.kind", Kind: format.EnumOption, Enum: []string{"random", "sequence"}, Default: "random", Doc: "random values, or numbers one after the other. # is a column, column.field of a ROW, column.element of an ARRAY, column.key and column.value of a MAP."},
	{Key: "fields.#.min", Doc: "The least random number; by default that of the type."},
	{Key: "fields.#.max", Doc: "The greatest random number; by default that of the type."},
	{Key: "fields.#.max-past", Kind: format.DurationOption, Default: "0", Doc: "Random timestamps are up to so long before now."},
	{Key: "fields.#.length", Kind: format.IntOption, Default: "100", Doc: "The length of random text and bytes of no fixed length; the size of collections, 3 by default."},
	{Key: "fields.#.var-len", Kind: format.BoolOption, Default: "false", Doc: "Lengths of text and bytes are random up to that length."},
	{Key: "fields.#.null-rate", Kind: format.DoubleOption, Default: "0", Doc: "The share of NULLs, from 0 to 1."},
	{Key: "fields.#.start", Doc: "The first number of a sequence."},
	{Key: "fields.#.end", Doc: "The last number of a sequence: the table ends with it."},
}
