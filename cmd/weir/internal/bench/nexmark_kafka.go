package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/engine"
)

// topic gives the options of a table that is a topic.
func (c NexmarkConfig) topic(table string) string {
	return fmt.Sprintf("'connector' = 'kafka', 'topic' = %s, 'properties.bootstrap.servers' = %s, 'format' = 'json'", quote(c.Prefix+"-"+table), quote(c.Brokers))
}

// LoadNexmark writes the tables to topics, with a partition for each subtask that will
// read them. Topics that are there already are left as they are. Result.Note tells
// what was done.
func LoadNexmark(ctx context.Context, c NexmarkConfig) (Result, error) {
	r := Result{Query: "load", Mode: "batch", Parallelism: 1, Events: c.Events}
	cl, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(c.Brokers, ",")...))
	if err != nil {
		return r, err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	var src strings.Builder
	generated := c
	generated.Brokers, generated.Input = "", ""
	for _, t := range []string{"person", "auction", "bid"} {
		switch made, err := adm.CreateTopic(ctx, int32(c.Parallelism), -1, nil, c.Prefix+"-"+t); {
		case errors.Is(made.Err, kerr.TopicAlreadyExists):
			continue
		case made.Err != nil:
			return r, made.Err
		case err != nil:
			return r, err
		}
		fmt.Fprintf(&src, "CREATE TABLE %s (%s) WITH (%s);\nCREATE TABLE %s_topic (%s) WITH (%s);\nINSERT INTO %s_topic SELECT * FROM %s;\n",
			t, nexmarkColumns[t], generated.options(t), t, nexmarkColumns[t], c.topic(t), t, t)
	}
	if src.Len() == 0 {
		r.Note = "topics that were there"
		return r, nil
	}
	// One task writes: the records of a partition have their order in time.
	s := engine.New(engine.Config{Options: map[string]string{"execution.runtime-mode": "batch", "parallelism.default": "1"}}).NewSession()
	defer s.Close()
	return r, measure(&r, func() error { return insert(ctx, s, src.String()) })
}
