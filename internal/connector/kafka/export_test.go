package kafka

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/connector"
)

// Abandon is what becomes of a writer's ids when its process dies.
func Abandon(w connector.Writer) { w.(*writer).unclaim() }

// End ends a transaction as anyone may who knows its handle.
func End(t *testing.T, w connector.Writer, text []byte, commit bool) (id string, producer int64) {
	t.Helper()
	var h handle
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	cl, err := w.(*writer).cfg.props.client(false)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	req := kmsg.NewEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = h.ID, h.Producer, h.Epoch, commit
	resp, err := req.RequestWith(context.Background(), cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h.ID, h.Producer
}
