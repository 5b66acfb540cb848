package main

import "github.com/weir-stream/weir/internal/engine"

// progress is the line at the bottom of a terminal.
type progress struct{}

func (p *progress) clear() {}

func (p *progress) watch(*app, ...*engine.Job) func() { return func() {} }
