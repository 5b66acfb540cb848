package kafka

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// explain makes an error of the client one that tells a user what was done, what
// came of it and what to do.
func (p *properties) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := &sqlerr.Error{Code: sqlerr.Runtime, Msg: doing + " at " + strings.Join(p.seeds, ", "), Err: err}
	var dial *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return e.WithHint("the topic is not there, or was deleted: make it, or correct the option 'topic'")
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return e.WithHint("the user may not use the topic: its ACLs must allow Read and Describe to read it, Write to write it")
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return e.WithHint("the user may not use the consumer group: its ACLs must allow Read")
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return e.WithHint("the user may not use the transactional ids: ACLs must allow Write for the 'sink.transactional-id-prefix'")
	case errors.Is(err, kerr.ProducerFenced), errors.Is(err, kerr.InvalidProducerEpoch):
		return e.WithHint("the transaction was open for longer than 'properties.transaction.timeout.ms', or another job uses the same 'sink.transactional-id-prefix'")
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return e.WithHint("the brokers allow less than that (transaction.max.timeout.ms): set 'properties.transaction.timeout.ms'")
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		return e.WithHint("the brokers do not accept the user: look at 'properties.sasl.mechanism' and 'properties.sasl.jaas.config', and whether the credential has expired")
	case errors.Is(err, kerr.OffsetOutOfRange), isDataLoss(err):
		return e.WithHint("records were deleted before they were read (retention, or the topic was made anew): start at another place with --restart, or set 'properties.auto.offset.reset'")
	case errors.As(err, &dns):
		return e.WithHint("the name of the broker is not known: look at 'properties.bootstrap.servers' and at what the brokers call themselves (advertised.listeners)")
	case errors.As(err, &dial):
		return e.WithHint("no broker answers there: is it running, and is 'properties.bootstrap.servers' right?")
	case errors.Is(err, context.DeadlineExceeded):
		return e.WithHint("the brokers do not answer in time: is the port right, and is 'properties.security.protocol' that of the listener?")
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"), strings.Contains(err.Error(), "EOF"):
		return e.WithHint("look at 'properties.security.protocol' (is the listener one with TLS?) and at the certificates in 'properties.ssl.*'")
	}
	return e
}

func isDataLoss(err error) bool {
	var loss *kgo.ErrDataLoss
	return errors.As(err, &loss)
}
