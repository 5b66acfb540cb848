package main

import (
	"context"
	"runtime"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

// kafkaTopic is the topic of a benchmark.
type kafkaTopic struct {
	Brokers     string            `help:"host:port, with ',' between them." default:"localhost:9092"`
	Topic       string            `help:"Topic." default:"bids"`
	Parallelism int               `help:"Subtasks of each operator; the default is the number of cores."`
	Set         map[string]string `help:"Settings, key=value."`
	Output      string            `help:"json or text." enum:"json,text" default:"text"`
	profiles
}

func (c *kafkaTopic) run(a *app, more bench.KafkaConfig, f func(context.Context, bench.KafkaConfig) (bench.Result, error)) error {
	more.Brokers, more.Topic, more.Parallelism, more.Set = c.Brokers, c.Topic, c.Parallelism, c.Set
	if more.Parallelism <= 0 {
		more.Parallelism = runtime.GOMAXPROCS(0)
	}
	stop, err := c.start()
	defer stop()
	if err != nil {
		return err
	}
	r, err := f(context.Background(), more)
	if err != nil {
		return err
	}
	return (&benchNexmarkCmd{Output: c.Output}).print(a.out, r)
}

// benchKafkaLoadCmd writes bids to a topic.
type benchKafkaLoadCmd struct {
	Events int64 `help:"Number of Nexmark events, of which 46 in 50 are bids." default:"1000000"`
	kafkaTopic
}

// Run loads and prints one line.
func (c *benchKafkaLoadCmd) Run(a *app) error {
	return c.run(a, bench.KafkaConfig{Events: c.Events}, bench.LoadKafka)
}

// benchKafkaReadCmd reads bids from a topic.
type benchKafkaReadCmd struct {
	Input string `help:"JSON file or folder with the bids, to read instead of the topic." placeholder:"PATH"`
	kafkaTopic
}

// Run reads and prints one line.
func (c *benchKafkaReadCmd) Run(a *app) error {
	return c.run(a, bench.KafkaConfig{Path: c.Input}, bench.ReadKafka)
}
