package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weir-stream/weir/internal/keystore"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// security is how a client shows who it is and whom it trusts.
type security struct {
	fs               vfs.FS
	tls, sasl        bool
	mech             string
	user, pass       string
	clientID, secret string // of OAUTHBEARER
	scope            string
	tokenURL         string
	trustFile        string
	trust            keystore.Store // of trustFile
	trustPEM         string         // certificates
	keyFile          string
	store            keystore.Store // of keyFile: key and certificates
	chain, key       string         // PEM
	anyHost          bool
}

func (s *security) protocol(v string) error {
	switch v {
	case "PLAINTEXT":
	case "SSL":
		s.tls = true
	case "SASL_PLAINTEXT":
		s.sasl = true
	case "SASL_SSL":
		s.tls, s.sasl = true, true
	default:
		return oneOf(v, "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
	}
	return nil
}

const noKerberos = "Kerberos is not supported; PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are"

func (s *security) mechanism(v string) error {
	s.mech = v
	if v == "GSSAPI" {
		return errors.New(noKerberos)
	}
	return oneOf(v, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
}

// jaasOption is key="value" or key='value' or key=value of a JAAS configuration.
var jaasOption = regexp.MustCompile(`([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))`)

// jaas reads "LoginModule required username=".." password="..";".
func (s *security) jaas(v string) error {
	if strings.Contains(v, "Krb5LoginModule") {
		return errors.New(noKerberos)
	}
	found := map[string]string{}
	for _, m := range jaasOption.FindAllStringSubmatch(v, -1) {
		found[m[1]] = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`).Replace(m[2] + m[3] + m[4])
	}
	s.user, s.pass = found["username"], found["password"]
	s.clientID, s.secret, s.scope = found["clientId"], found["clientSecret"], found["scope"]
	if s.user == "" && s.clientID == "" {
		return errors.New(`it names nobody; write '... required username="NAME" password="WORD";'`)
	}
	return nil
}

// opts gives the client's options.
func (s *security) opts() ([]kgo.Opt, error) {
	var out []kgo.Opt
	if s.tls {
		c, err := s.tlsConfig()
		if err != nil {
			return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the options 'properties.ssl.*': %v", err)
		}
		out = append(out, kgo.DialTLSConfig(c))
	}
	if !s.sasl {
		return out, nil
	}
	m, err := s.saslMechanism()
	if err != nil {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the options 'properties.sasl.*': %v", err)
	}
	return append(out, kgo.SASL(m)), nil
}

func (s *security) saslMechanism() (sasl.Mechanism, error) {
	if s.mech != "OAUTHBEARER" && s.user == "" {
		return nil, errors.New(`'properties.sasl.jaas.config' must name a user: 'org.apache.kafka.common.security.plain.PlainLoginModule required username="NAME" password="WORD";'`)
	}
	switch s.mech {
	case "PLAIN":
		return plain.Auth{User: s.user, Pass: s.pass}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: s.user, Pass: s.pass}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: s.user, Pass: s.pass}.AsSha512Mechanism(), nil
	case "OAUTHBEARER":
		return s.oauth()
	}
	return nil, errors.New("'properties.sasl.mechanism' is missing")
}

// read gives the bytes of a small file.
func (s *security) read(path string) ([]byte, error) {
	f, err := s.fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 16<<20))
}

// tlsConfig loads certificates.
func (s *security) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := s.trusted(c); err != nil {
		return nil, fmt.Errorf("the truststore: %w", err)
	}
	if err := s.shown(c); err != nil {
		return nil, fmt.Errorf("the keystore: %w", err)
	}
	if s.anyHost {
		verifyChainOnly(c)
	}
	return c, nil
}

// trusted loads the certificates to trust.
func (s *security) trusted(c *tls.Config) error {
	var certs []*x509.Certificate
	for _, from := range []struct {
		file, text string
		store      keystore.Store
	}{{file: s.trustFile, store: s.trust}, {text: s.trustPEM, store: keystore.Store{Type: keystore.PEM, Data: []byte(s.trustPEM)}}} {
		if from.file == "" && from.text == "" {
			continue
		}
		var err error
		if from.file != "" {
			if from.store.Data, err = s.read(from.file); err != nil {
				return err
			}
		}
		more, err := from.store.Trust()
		if err != nil {
			return fmt.Errorf("%s: %w", cmp.Or(from.file, "'properties.ssl.truststore.certificates'"), err)
		}
		certs = append(certs, more...)
	}
	if certs == nil {
		return nil
	}
	c.RootCAs = x509.NewCertPool()
	for _, x := range certs {
		c.RootCAs.AddCert(x)
	}
	return nil
}

// shown loads what the client shows of itself.
func (s *security) shown(c *tls.Config) error {
	var pair tls.Certificate
	var err error
	switch {
	case s.keyFile != "":
		if s.store.Data, err = s.read(s.keyFile); err == nil {
			if pair, err = s.store.Key(); err != nil {
				err = fmt.Errorf("%s: %w", s.keyFile, err)
			}
		}
	case s.chain != "":
		pair, err = keystore.PEMKey([]byte(s.chain), []byte(s.key))
	default:
		return nil
	}
	c.Certificates = []tls.Certificate{pair}
	return err
}

// verifyChainOnly checks certificates but not that they are those of the host, as
// an empty ssl.endpoint.identification.algorithm asks.
func verifyChainOnly(c *tls.Config) {
	roots := c.RootCAs
	c.InsecureSkipVerify = true // VerifyConnection checks all but the name
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, x := range cs.PeerCertificates[1:] {
			o.Intermediates.AddCert(x)
		}
		_, err := cs.PeerCertificates[0].Verify(o)
		return err
	}
}
