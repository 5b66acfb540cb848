package raw

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Files: []format.ExampleFile{{Name: "app.log", Text: "INFO started\nERROR no milk\nINFO stopped\n"}},
	SQL: `CREATE TABLE log (line STRING) WITH ('connector' = 'filesystem', 'path' = 'app.log', 'format' = 'raw');

SELECT * FROM log WHERE line LIKE 'ERROR%';
`,
	Output: `┌───────────────┐
│ line          │
├───────────────┤
│ ERROR no milk │
└───────────────┘
`,
}
