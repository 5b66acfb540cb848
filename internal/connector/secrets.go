package connector

import (
	"maps"

	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Expand gives options with what they name as ${env:X} and ${file:PATH}; given itself
// if they name nothing. owner names in messages whose they are ("table t"). The error
// is a sqlerr.List.
func (e *Env) Expand(owner string, given map[string]string, pos func(key string) sqlerr.Pos) (map[string]string, error) {
	out, own := given, false
	var errs sqlerr.List
	for _, k := range sortedKeys(given) {
		if !secret.Has(given[k]) {
			continue
		}
		x, err := e.Secrets.Expand(given[k])
		if err != nil {
			errs.Add(unknownSecret(owner, k, err, at(pos, k)))
			continue
		}
		if !own {
			out, own = maps.Clone(out), true
		}
		out[k] = x
	}
	return out, errs.Err()
}

func unknownSecret(owner, key string, err error, p sqlerr.Pos) error {
	e := &sqlerr.Error{Code: sqlerr.Option, Pos: p, Msg: "the option '" + key + "' of " + owner, Err: err}
	if why, ok := err.(*sqlerr.Error); ok {
		e.Hint = why.Hint
		bare := *why
		bare.Hint, e.Err = "", &bare
	}
	return e
}

// Resolve checks the options of a table, with the secrets that they name. Given still
// gives them as they were written. See the function Resolve.
func (e *Env) Resolve(table string, spec *Spec, given map[string]string, pos func(key string) sqlerr.Pos) (*Resolved, error) {
	open, err := e.Expand("table "+table, given, pos)
	if err != nil {
		return nil, err
	}
	r, err := Resolve(spec, e.Formats, open, pos)
	if err != nil {
		return nil, e.Secrets.Error(err)
	}
	r.given = given
	return r, nil
}
