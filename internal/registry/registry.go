// Package registry asks a schema registry (Confluent's protocol) for the schemas
// that messages were written with, and tells it those of messages that are written.
package registry

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/keystore"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// timeout bounds a request with its retries.
const timeout = 30 * time.Second

// Options are those of formats that use a registry.
func Options() []format.Option {
	return []format.Option{
		{Key: "url", Required: true, Doc: "The registry, such as 'http://localhost:8081'; several with ',' between them."},
		{Key: "subject", Doc: "The subject that schemas are registered under. By default the topic's name with '-value' or '-key'."},
		{Key: "basic-auth.credentials-source", Kind: format.EnumOption, Enum: []string{"USER_INFO", "URL"}, Default: "USER_INFO", Doc: "Where user and password are: in basic-auth.user-info or in the URL."},
		{Key: "basic-auth.user-info", Doc: "'user:password'."},
		{Key: "bearer-auth.credentials-source", Kind: format.EnumOption, Enum: []string{"STATIC_TOKEN"}, Default: "STATIC_TOKEN", Doc: "Where the token is: in bearer-auth.token."},
		{Key: "bearer-auth.token", Doc: "The token of a bearer."},
		{Key: "ssl.truststore.location", Doc: "A file with the certificates to trust: JKS, PKCS12 or PEM."},
		{Key: "ssl.truststore.password", Doc: "Its password, if it has one."},
		{Key: "ssl.keystore.location", Doc: "A file with the client's key and certificates: JKS, PKCS12 or PEM."},
		{Key: "ssl.keystore.password", Doc: "Its password, and that of the key."},
	}
}

// Client is a registry. It keeps what it was told, since a schema never changes.
type Client struct {
	url    string
	client *sr.Client

	mu      sync.Mutex
	schemas map[int]*Schema
	ids     map[[2]string]int
}

// New makes a client; nothing is asked yet.
func New(o format.Options) (*Client, error) {
	c := &Client{url: shown(o.String("url")), schemas: map[int]*Schema{}, ids: map[[2]string]int{}}
	opts := []sr.ClientOpt{sr.URLs(strings.Split(o.String("url"), ",")...), sr.UserAgent("weir")}
	if u := o.String("basic-auth.user-info"); u != "" {
		user, pass, _ := strings.Cut(u, ":")
		opts = append(opts, sr.BasicAuth(user, pass))
	}
	if t := o.String("bearer-auth.token"); t != "" {
		opts = append(opts, sr.BearerToken(t))
	}
	conf, err := tlsConfig(o)
	if err != nil {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the certificates of the schema registry: %v", err)
	}
	if conf != nil {
		opts = append(opts, sr.DialTLSConfig(conf))
	}
	if c.client, err = sr.NewClient(opts...); err != nil {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the schema registry '%s': %v", c.url, err)
	}
	return c, nil
}

// shown gives the URLs of a registry for messages, without their passwords.
func shown(urls string) string {
	all := strings.Split(urls, ",")
	for i, u := range all {
		if p, err := url.Parse(strings.TrimSpace(u)); err == nil {
			all[i] = p.Redacted()
		}
	}
	return strings.Join(all, ",")
}

// tlsConfig loads certificates; nil if none are given.
func tlsConfig(o format.Options) (*tls.Config, error) {
	trust, key := o.String("ssl.truststore.location"), o.String("ssl.keystore.location")
	if trust == "" && key == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust != "" {
		b, err := os.ReadFile(trust)
		if err != nil {
			return nil, err
		}
		store := keystore.Store{Data: b, Password: o.String("ssl.truststore.password")}
		certs, err := store.Trust()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", trust, err)
		}
		c.RootCAs = x509.NewCertPool()
		for _, x := range certs {
			c.RootCAs.AddCert(x)
		}
	}
	if key != "" {
		b, err := os.ReadFile(key)
		if err != nil {
			return nil, err
		}
		store := keystore.Store{Data: b, Password: o.String("ssl.keystore.password")}
		pair, err := store.Key()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// unknownSchema is the registry's code for the number of a schema that it does not have.
const unknownSchema = 40403

func (c *Client) explain(doing string, err error) error {
	e := &sqlerr.Error{Code: sqlerr.Runtime, Msg: doing + " at the schema registry " + c.url, Err: err}
	var answer *sr.ResponseError
	if !errors.As(err, &answer) {
		return e.WithHint("is it running, and is the option 'url' right?")
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return e.WithHint("look at the options 'basic-auth.*' and 'bearer-auth.*'")
	case http.StatusNotFound:
		if answer.ErrorCode == unknownSchema { // what names it is no message of this registry
			e.Code = sqlerr.Data
		}
		return e.WithHint("is it the registry that the messages were written with?")
	case http.StatusConflict:
		return e.WithHint("the columns of the table do not go with the schemas that the subject had before, by the rules of the registry")
	}
	return e
}

// headSize is the bytes before a message: a zero and the number of its schema.
const headSize = 5

// AppendHead begins a message of a schema.
func AppendHead(dst []byte, id int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// Head takes the number of the schema from the beginning of a message.
func Head(msg []byte) (id int, rest []byte, err error) {
	if len(msg) < headSize || msg[0] != 0 {
		return 0, nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the message does not begin with the number of a schema, as those of a schema registry do").
			WithHint("the format may be another, such as 'avro' or 'json'")
	}
	return int(binary.BigEndian.Uint32(msg[1:])), msg[headSize:], nil
}
