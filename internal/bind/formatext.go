package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

// formatExtensions notes what Flink lacks of a table's formats and their options.
func (b *Binder) formatExtensions(o *connector.Resolved, where places) {
	of := func(f *format.Spec, opts format.Options, names ...string) {
		for _, n := range names {
			if f == nil || o.Given()[n] != f.Name {
				continue
			}
			if f.Extension {
				b.extension(where.option(n), "the format '"+f.Name+"'")
			}
			for _, x := range f.Options {
				if x.Extension && opts.IsSet(x.Key) {
					key := strings.TrimSuffix(n, "format") + f.Name + "." + x.Key
					b.extension(where.option(key), "the option '"+key+"'")
				}
			}
		}
	}
	of(o.Format, o.FormatOpts, "format", "value.format")
	of(o.KeyFormat, o.KeyOpts, "key.format")
}
