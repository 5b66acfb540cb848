package udf

import (
	"strings"

	"github.com/weir-stream/weir/internal/fn"
)

// Library is what a program adds to an engine. It is not changed once an engine
// has it.
type Library struct {
	Scalars   []fn.Func
	Aggs      []fn.Agg
	Tables    []*TableFunction
	Processes []*ProcessFunction
	Providers []*Provider
}

// Table finds a table function by its name, in any case.
func (l *Library) Table(name string) *TableFunction {
	if l == nil {
		return nil
	}
	for _, f := range l.Tables {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// Process finds a process table function.
func (l *Library) Process(name string) *ProcessFunction {
	if l == nil {
		return nil
	}
	for _, f := range l.Processes {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// Provider finds a provider of models.
func (l *Library) Provider(name string) *Provider {
	if l == nil {
		return nil
	}
	for _, p := range l.Providers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Names lists the functions.
func (l *Library) Names() []string {
	var out []string
	if l == nil {
		return nil
	}
	for i := range l.Scalars {
		out = append(out, l.Scalars[i].Name)
	}
	for i := range l.Aggs {
		out = append(out, l.Aggs[i].Name)
	}
	for _, f := range l.Tables {
		out = append(out, f.Name)
	}
	for _, f := range l.Processes {
		out = append(out, f.Name)
	}
	return out
}

// ProviderNames lists the names of the providers.
func (l *Library) ProviderNames() []string {
	var out []string
	if l != nil {
		for _, p := range l.Providers {
			out = append(out, p.Name)
		}
	}
	return out
}
