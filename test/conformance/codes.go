package main

import (
	_ "embed" // the table
	"errors"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

//go:embed codes.txt
var codeTable string

// vague are the codes that say no more than that something is wrong.
var vague = []sqlerr.Code{sqlerr.Plan, sqlerr.Runtime, sqlerr.Data, sqlerr.Type, sqlerr.Option, sqlerr.Unsupported}

// codesFor gives the codes that a message of Flink stands for, of an expression.
func codesFor(message, src string) []sqlerr.Code {
	for _, line := range strings.Split(codeTable, "\n") {
		part, codes, ok := strings.Cut(line, " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		part, word, _ := strings.Cut(part, " @ ")
		if !strings.Contains(message, part) || !strings.Contains(src, word) {
			continue
		}
		var out []sqlerr.Code
		for _, c := range strings.Fields(codes) {
			if !slices.Contains(vague, sqlerr.Code(c)) {
				out = append(out, sqlerr.Code(c))
			}
		}
		return out
	}
	return nil
}

// codesOf gives the codes of all errors in err.
func codesOf(err error) []sqlerr.Code {
	var list sqlerr.List
	var one *sqlerr.Error
	if !errors.As(err, &list) && errors.As(err, &one) {
		list = sqlerr.List{one}
	}
	var out []sqlerr.Code
	for _, e := range list {
		out = append(out, e.Code)
	}
	return out
}

// refused reports whether something is not supported, and said to be.
func refused(err error) bool { return slices.Contains(codesOf(err), sqlerr.Unsupported) }
