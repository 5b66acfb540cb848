package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/engine"
)

// KafkaConfig is a topic of Nexmark's bids as JSON.
type KafkaConfig struct {
	Brokers string // host:port, with ',' between them
	Topic   string
	// Path is a JSON file or folder with the bids, which is read instead of the topic.
	Path        string
	Events      int64 // of Nexmark, of which 46 in 50 are bids; for LoadKafka
	Parallelism int
	Set         map[string]string
}

// quote makes a text a literal of SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// table declares the topic, or the file in its stead.
func (c KafkaConfig) table(options string) string {
	from := fmt.Sprintf("'connector' = 'kafka', 'topic' = %s, 'properties.bootstrap.servers' = %s%s", quote(c.Topic), quote(c.Brokers), options)
	if c.Path != "" {
		from = "'connector' = 'filesystem', 'path' = " + quote(c.Path)
	}
	return fmt.Sprintf("CREATE TABLE bids (%s) WITH (%s, 'format' = 'json');\n", nexmarkColumns["bid"], from)
}

// LoadKafka writes Nexmark's bids to the topic as fast as the brokers take them.
func LoadKafka(ctx context.Context, c KafkaConfig) (Result, error) {
	src := fmt.Sprintf("CREATE TABLE bid (%s) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events.num' = '%d');\n", nexmarkColumns["bid"], c.Events) +
		c.table("") + "INSERT INTO bids SELECT * FROM bid;\n"
	return c.run(ctx, "load", src)
}

// ReadKafka reads what is in the topic, or the file, and drops the rows.
func ReadKafka(ctx context.Context, c KafkaConfig) (Result, error) {
	src := c.table(", 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'") +
		fmt.Sprintf("CREATE TABLE hole (%s) WITH ('connector' = 'blackhole');\nINSERT INTO hole SELECT * FROM bids;\n", nexmarkColumns["bid"])
	return c.run(ctx, "read", src)
}

func (c KafkaConfig) run(ctx context.Context, name, src string) (Result, error) {
	r := Result{Query: name, Mode: "batch", Parallelism: c.Parallelism, Events: c.Events}
	options := map[string]string{"execution.runtime-mode": "batch", "parallelism.default": strconv.Itoa(c.Parallelism)}
	for k, v := range c.Set {
		options[k] = v
	}
	s := engine.New(engine.Config{Options: options}).NewSession()
	defer s.Close()
	err := measure(&r, func() error { return insert(ctx, s, src) })
	return r, err
}
