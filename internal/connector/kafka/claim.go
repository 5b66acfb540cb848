package kafka

import (
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// claims are the transactional ids that writers of this process use: two of one id
// would fence each other off for ever, each taking the other for its own past.
var claims sync.Map // of *writer, by what claimed gives

func (w *writer) claimed() string {
	return strings.Join(w.cfg.props.seeds, ",") + " " + w.id(w.subtask, 0)
}

// claim takes the writer's ids.
func (w *writer) claim() error {
	if _, taken := claims.LoadOrStore(w.claimed(), w); taken {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "two INSERTs write to topic %s with the 'sink.transactional-id-prefix' '%s'", w.topic, w.prefix).
			WithHint("make them one with UNION ALL, or write through two tables with a prefix each")
	}
	return nil
}

func (w *writer) unclaim() { claims.CompareAndDelete(w.claimed(), w) }
