// Package keystore reads certificates and keys for TLS as the clients of Kafka are
// given them: PEM, PKCS #12, and Java's own JKS.
package keystore

import (
	"bytes"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sort"
	"strings"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"
)

// Store is a file of certificates, or of keys and their certificates.
type Store struct {
	Data []byte
	// Type is JKS, PKCS12 or PEM; empty: the data tells. As in Java, JKS and PKCS12
	// stand for each other.
	Type     string
	Password string
	// KeyPassword is that of the key; empty: that of the store.
	KeyPassword string
}

// Types of stores.
const (
	JKS    = "JKS"
	PKCS12 = "PKCS12"
	PEM    = "PEM"
)

// CheckType refuses what is no type of a store.
func CheckType(typ string) error {
	switch strings.ToUpper(typ) {
	case JKS, PKCS12, PEM:
		return nil
	}
	return fmt.Errorf("stores of the type %s are not supported; JKS, PKCS12 and PEM are (keytool -importkeystore makes one of another)", typ)
}

// How files begin.
var (
	magicJKS   = []byte{0xfe, 0xed, 0xfe, 0xed}
	magicJCEKS = []byte{0xce, 0xce, 0xce, 0xce}
)

// kind is what the data is.
func (s *Store) kind() (string, error) {
	is := ""
	switch {
	case bytes.HasPrefix(s.Data, magicJKS):
		is = JKS
	case bytes.HasPrefix(s.Data, magicJCEKS):
		return "", errors.New("it is a store of the type JCEKS, which is not supported; keytool -importkeystore -deststoretype PKCS12 makes one that is")
	case bytes.Contains(s.Data, []byte("-----BEGIN ")):
		is = PEM
	case len(s.Data) > 0 && s.Data[0] == 0x30: // a sequence of ASN.1
		is = PKCS12
	default:
		return "", errors.New("it is no store of the types JKS, PKCS12 and PEM")
	}
	if s.Type != "" && (is == PEM) != (strings.ToUpper(s.Type) == PEM) {
		return "", fmt.Errorf("its type is %s, not %s", is, s.Type)
	}
	return is, nil
}

// Trust gives the certificates to trust.
func (s *Store) Trust() ([]*x509.Certificate, error) {
	kind, err := s.kind()
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	switch kind {
	case PEM:
		out, err = certificates(s.Data)
	case PKCS12:
		out, err = pkcs12.DecodeTrustStore(s.Data, s.Password)
		err = wrong(err)
	default:
		out, err = s.trustJKS()
	}
	if err == nil && len(out) == 0 {
		err = errors.New("it holds no certificate to trust")
	}
	return out, err
}

// wrong explains errors of PKCS #12.
func wrong(err error) error {
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return errors.New("its password is wrong")
	}
	return err
}

// certificates reads those of PEM.
func certificates(data []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			return out, nil
		}
		if b.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}

// open reads Java's form. Without a password nobody can say whether the store is as it
// was made, and Java does not ask.
func (s *Store) open() (jks.KeyStore, error) {
	data := s.Data
	const sum = sha1.Size
	if s.Password == "" && len(data) > sum {
		body := data[:len(data)-sum]
		h := sha1.New()
		h.Write([]byte("Mighty Aphrodite")) // begins the checksum of every such file
		h.Write(body)
		data = h.Sum(bytes.Clone(body))
	}
	ks := jks.New(jks.WithOrderedAliases())
	if err := ks.Load(bytes.NewReader(data), []byte(s.Password)); err != nil {
		if strings.Contains(err.Error(), "digest") {
			return ks, errors.New("its password is wrong, or it is damaged")
		}
		return ks, err
	}
	return ks, nil
}

func (s *Store) trustJKS() ([]*x509.Certificate, error) {
	ks, err := s.open()
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for _, alias := range ks.Aliases() {
		if !ks.IsTrustedCertificateEntry(alias) {
			continue
		}
		e, err := ks.GetTrustedCertificateEntry(alias)
		if err != nil {
			return nil, err
		}
		c, err := x509.ParseCertificate(e.Certificate.Content)
		if err != nil {
			return nil, fmt.Errorf("the certificate '%s': %w", alias, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Key gives a key and its certificates, the first if there are several.
func (s *Store) Key() (tls.Certificate, error) {
	kind, err := s.kind()
	if err != nil {
		return tls.Certificate{}, err
	}
	switch kind {
	case PEM:
		return PEMKey(s.Data, s.Data)
	case PKCS12:
		key, leaf, chain, err := pkcs12.DecodeChain(s.Data, s.Password)
		if err != nil {
			return tls.Certificate{}, wrong(err)
		}
		return pair(key, append([]*x509.Certificate{leaf}, chain...)), nil
	}
	return s.keyJKS()
}

func pair(key any, chain []*x509.Certificate) tls.Certificate {
	out := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, c := range chain {
		out.Certificate = append(out.Certificate, c.Raw)
	}
	return out
}

func (s *Store) keyJKS() (none tls.Certificate, err error) {
	ks, err := s.open()
	if err != nil {
		return none, err
	}
	pass := s.KeyPassword
	if pass == "" {
		pass = s.Password
	}
	aliases := ks.Aliases()
	sort.Strings(aliases)
	for _, alias := range aliases {
		if !ks.IsPrivateKeyEntry(alias) {
			continue
		}
		e, err := ks.GetPrivateKeyEntry(alias, []byte(pass))
		if err != nil {
			return none, fmt.Errorf("the key '%s': its password is wrong: %w", alias, err)
		}
		key, err := x509.ParsePKCS8PrivateKey(e.PrivateKey)
		if err != nil {
			return none, fmt.Errorf("the key '%s': %w", alias, err)
		}
		var chain []*x509.Certificate
		for _, c := range e.CertificateChain {
			x, err := x509.ParseCertificate(c.Content)
			if err != nil {
				return none, fmt.Errorf("the certificate of the key '%s': %w", alias, err)
			}
			chain = append(chain, x)
		}
		if len(chain) == 0 {
			return none, fmt.Errorf("the key '%s' has no certificate", alias)
		}
		return pair(key, chain), nil
	}
	return none, errors.New("it holds no key")
}

// PEMKey gives a key and its certificates, both as PEM.
func PEMKey(chain, key []byte) (tls.Certificate, error) {
	if bytes.Contains(key, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----")) || bytes.Contains(key, []byte("Proc-Type: 4,ENCRYPTED")) {
		return tls.Certificate{}, errors.New("keys in PEM that have a password are not supported; make a PKCS12 store of it (openssl pkcs12 -export), or take the password off (openssl pkey) and guard the file")
	}
	return tls.X509KeyPair(chain, key)
}
