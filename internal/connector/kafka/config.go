package kafka

import (
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// config is the checked options of a table, of both ends.
type config struct {
	props   *properties
	topics  []string
	pattern *regexp.Regexp
	keys    []int // columns that lie in keys, ordinals of Table.Columns
	values  []int // those that lie in values
	prefix  string
}

func newConfig(t *connector.Table) (*config, error) {
	c, err := newEnds(t)
	var errs sqlerr.List
	errs.Add(err)
	errs.Add(c.columns(t))
	return c, errs.Err()
}

// newEnds reads the options but for those of columns. A config comes with an error too.
func newEnds(t *connector.Table) (*config, error) {
	c := &config{prefix: t.Options.String("key.fields-prefix")}
	var errs sqlerr.List
	var err error
	c.props, err = parseProperties(t.Env.FS, t.Options.Prefix("properties."))
	c.props.health = newHealth(t)
	c.props.common = append(c.props.common, kgo.WithHooks(c.props.health), kgo.WithLogger(c.props.health))
	errs.Add(err)
	errs.Add(c.readTopics(t.Options))
	if t.Format == nil {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the table %s names no format", t.Name).WithHint("add 'format' = 'json' or another to its options"))
	} else {
		errs.Add(messages(t.Format))
	}
	if t.KeyFormat != nil {
		errs.Add(messages(t.KeyFormat))
		if t.KeyFormat.Changes {
			errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the format '%s' has changes, which keys cannot have", t.KeyFormat.Name))
		}
	}
	return c, errs.Err()
}

func messages(f *format.Spec) error {
	if f.NewMessageDecoder != nil || f.NewMessageEncoder != nil {
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' is one of files, not of records of Kafka", f.Name)
}

func (c *config) readTopics(o format.Options) error {
	list, pattern := o.String("topic"), o.String("topic-pattern")
	switch {
	case list != "" && pattern != "":
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the options 'topic' and 'topic-pattern' exclude each other")
	case pattern != "":
		var err error
		if c.pattern, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'topic-pattern' is not a regular expression: %v", err)
		}
		return nil
	}
	for _, t := range strings.Split(list, ";") {
		if t = strings.TrimSpace(t); t != "" {
			c.topics = append(c.topics, t)
		}
	}
	if len(c.topics) == 0 {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "connector 'kafka' needs the option 'topic' or 'topic-pattern'")
	}
	return nil
}

// columns parts the columns of keys from those of values.
func (c *config) columns(t *connector.Table) error {
	fields := splitList(t.Options.String("key.fields"))
	if len(t.PrimaryKey) > 0 && t.Options.String("connector") == "upsert-kafka" {
		for _, k := range t.PrimaryKey {
			fields = append(fields, t.Columns[k].Name)
		}
	}
	except := t.Options.String("value.fields-include") == "EXCEPT_KEY"
	switch {
	case t.KeyFormat != nil && len(fields) == 0:
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "a 'key.format' needs 'key.fields', the columns that lie in keys")
	case t.KeyFormat == nil && len(fields) > 0:
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'key.fields' need a 'key.format'")
	case c.prefix != "" && !except:
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "a 'key.fields-prefix' needs 'value.fields-include' = 'EXCEPT_KEY'").
			WithHint("with the prefix the columns of keys are others than those of values")
	}
	at := map[string]int{}
	var names []string
	for i, col := range t.Columns {
		at[col.Name] = i
		names = append(names, col.Name)
	}
	inKey := map[int]bool{}
	for _, f := range fields {
		i, ok := at[f]
		if !ok {
			e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'key.fields' names `%s`, which is no column of %s", f, t.Name)
			if near, ok := sqlerr.Nearest(f, names); ok {
				e = e.WithHint("did you mean '%s'?", near)
			}
			return e
		}
		if !strings.HasPrefix(f, c.prefix) {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the column `%s` of 'key.fields' does not begin with the 'key.fields-prefix' '%s'", f, c.prefix)
		}
		c.keys = append(c.keys, i)
		inKey[i] = true
	}
	for i := range t.Columns {
		if !except || !inKey[i] {
			c.values = append(c.values, i)
		}
	}
	return nil
}

func splitList(s string) []string {
	var out []string
	for _, x := range strings.Split(s, ";") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

// fields gives columns as a format sees them.
func (c *config) fields(t *connector.Table, ordinals []int, prefix string) []format.Column {
	out := make([]format.Column, len(ordinals))
	for i, o := range ordinals {
		out[i] = t.Columns[o]
		out[i].Name = strings.TrimPrefix(out[i].Name, prefix)
	}
	return out
}

// parseOffsets reads 'partition:0,offset:42;partition:1,offset:300'.
func parseOffsets(key, text string) (map[int32]int64, error) {
	out := map[int32]int64{}
	for _, item := range splitList(text) {
		var partition, offset int64 = -1, -1
		for _, pair := range strings.Split(item, ",") {
			name, value, _ := strings.Cut(pair, ":")
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			switch strings.TrimSpace(name) {
			case "partition":
				partition = n
			case "offset":
				offset = n
			default:
				err = strconv.ErrSyntax
			}
			if err != nil {
				partition = -1
				break
			}
		}
		if partition < 0 || partition > 1<<31-1 || offset < 0 {
			return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option '%s' has '%s', which is no offset", key, item).WithHint("write 'partition:0,offset:42;partition:1,offset:300'")
		}
		out[int32(partition)] = offset
	}
	if len(out) == 0 {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option '%s' lists no offsets", key).WithHint("write 'partition:0,offset:42;partition:1,offset:300'")
	}
	return out, nil
}

// sortedPartitions lists the keys of a map, ascending.
func sortedPartitions[V any](m map[int32]V) []int32 {
	out := make([]int32, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
