package main

import (
	"context"
	"runtime"
	"strings"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

// benchDecodeCmd decodes files and drops the rows.
type benchDecodeCmd struct {
	Input       string `help:"File, folder or glob; the format is that of the suffix." required:"" placeholder:"PATH"`
	Columns     string `help:"Columns to decode, a,b,c; all if none."`
	Parallelism int    `help:"Files or parts that are read side by side; the default is the number of cores."`
	Output      string `help:"json or text." enum:"json,text" default:"text"`
	profiles
}

// Run decodes and prints one line.
func (c *benchDecodeCmd) Run(a *app) error {
	var cols []string
	if c.Columns != "" {
		cols = strings.Split(c.Columns, ",")
	}
	n := c.Parallelism
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	stop, err := c.start()
	defer stop()
	if err != nil {
		return err
	}
	r, err := bench.Decode(context.Background(), c.Input, cols, n)
	if err != nil {
		return err
	}
	return (&benchNexmarkCmd{Output: c.Output}).print(a.out, r)
}
