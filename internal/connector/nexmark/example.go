package nexmark

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{Source: "Exactly once: how far each split has counted is part of every checkpoint, and an event follows from the seed and its number."}

var example = format.Example{
	SQL: `CREATE TABLE bid WITH ('connector' = 'nexmark', 'table' = 'bid', 'events.num' = '10000');

SELECT channel, COUNT(*) AS bids, MAX(price) AS highest FROM bid GROUP BY channel ORDER BY bids DESC, channel LIMIT 3;
`,
	Output: `┌─────────┬──────┬──────────┐
│ channel │ bids │  highest │
├─────────┼──────┼──────────┤
│ Apple   │ 1168 │ 99401901 │
│ Google  │ 1156 │ 99917076 │
│ Baidu   │ 1150 │ 99589653 │
└─────────┴──────┴──────────┘
`,
}
