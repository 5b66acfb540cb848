package filesystem

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{
	Source: "Exactly once: the files that were listed and the place in each are part of every checkpoint; files must not change after they were listed. Standard input cannot be read again: what came since the last checkpoint is lost if the process is killed.",
	Sink: "Exactly once: a file is written under a hidden name, closed and synced with a checkpoint and given its name once that is durable; what a job that failed has left is dropped. " +
		"Without checkpoints files appear when the job ends. Standard output is written at least once.",
}

var example = format.Example{
	Doc: "Files in folders by a partition column, written and read again.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT, item STRING, dt STRING) PARTITIONED BY (dt) WITH (
  'connector' = 'filesystem',
  'path' = 'orders',
  'format' = 'json'
);

INSERT INTO orders VALUES (1, 'tea', '2026-01-01'), (2, 'espresso', '2026-01-01'), (3, 'tea', '2026-01-02');

SELECT dt, COUNT(*) AS orders, MIN(item) AS item FROM orders GROUP BY dt ORDER BY dt;
`,
	Output: `┌────────────┬────────┬──────────┐
│ dt         │ orders │ item     │
├────────────┼────────┼──────────┤
│ 2026-01-01 │      2 │ espresso │
│ 2026-01-02 │      1 │ tea      │
└────────────┴────────┴──────────┘
`,
}
