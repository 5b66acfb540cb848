package keystore_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/keystore"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStores reads what keytool and openssl have written, and shakes hands with it.
func TestStores(t *testing.T) {
	server := keystore.Store{Data: read(t, "server.pem")}
	own, err := server.Key()
	if err != nil {
		t.Fatal(err)
	}
	for _, trust := range []keystore.Store{{Data: read(t, "ca.pem")}, {Data: read(t, "ca.pem"), Type: "PEM"}, {Data: read(t, "trust.jks"), Type: "JKS", Password: "storeword"},
		{Data: read(t, "trust.jks")}, {Data: read(t, "trust.p12"), Type: "PKCS12", Password: "changeit"}, {Data: read(t, "trust.p12"), Type: "JKS", Password: "changeit"}} {
		for _, key := range []keystore.Store{{Data: read(t, "client.pem")}, {Data: read(t, "client.p12"), Type: "PKCS12", Password: "changeit"},
			{Data: read(t, "client.jks"), Type: "JKS", Password: "storeword", KeyPassword: "keyword"}} {
			certs, err := trust.Trust()
			if err != nil {
				t.Fatal(trust.Type, err)
			}
			pair, err := key.Key()
			if err != nil {
				t.Fatal(key.Type, err)
			}
			roots := x509.NewCertPool()
			for _, c := range certs {
				roots.AddCert(c)
			}
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots})
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan error, 1)
			go func() {
				c, err := l.Accept()
				if err == nil {
					err = c.(*tls.Conn).Handshake()
					c.Close()
				}
				got <- err
			}()
			c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, ServerName: "localhost"})
			if err == nil {
				c.Close()
			}
			if other := <-got; err != nil || other != nil {
				t.Errorf("trust %s, key %s: %v, %v", trust.Type, key.Type, err, other)
			}
			l.Close()
		}
	}
}

func TestStoresThatAreWrong(t *testing.T) {
	jceks := append([]byte{0xce, 0xce, 0xce, 0xce}, read(t, "trust.jks")[4:]...)
	for _, c := range []struct {
		store keystore.Store
		key   bool
		want  string
	}{
		{keystore.Store{Data: read(t, "trust.jks"), Password: "x"}, false, "its password is wrong"},
		{keystore.Store{Data: read(t, "trust.p12"), Password: "x"}, false, "its password is wrong"},
		{keystore.Store{Data: read(t, "client.p12"), Password: "x"}, true, "its password is wrong"},
		{keystore.Store{Data: read(t, "client.jks"), Password: "storeword"}, true, "the key 'client': its password is wrong"},
		{keystore.Store{Data: read(t, "trust.jks"), Password: "storeword"}, true, "it holds no key"},
		{keystore.Store{Data: read(t, "client.jks"), Password: "storeword"}, false, "it holds no certificate to trust"},
		{keystore.Store{Data: read(t, "ca.pem"), Type: "JKS"}, false, "its type is PEM, not JKS"},
		{keystore.Store{Data: read(t, "trust.jks"), Type: "PEM"}, false, "its type is JKS, not PEM"},
		{keystore.Store{Data: jceks}, false, "JCEKS"},
		{keystore.Store{Data: []byte("hello")}, false, "it is no store"},
		{keystore.Store{}, true, "it is no store"},
		{keystore.Store{Data: append(read(t, "locked.pem"), read(t, "ca.pem")...)}, true, "keys in PEM that have a password are not supported"},
	} {
		var err error
		if c.key {
			_, err = c.store.Key()
		} else {
			_, err = c.store.Trust()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q: %v", c.want, err)
		}
	}
	if err := keystore.CheckType("BKS"); err == nil || keystore.CheckType("pkcs12") != nil {
		t.Error("types are not checked")
	}
}
