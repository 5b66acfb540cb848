package kafka_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weir-stream/weir/internal/connector/kafka"
)

const stores = "../../keystore/testdata/"

// TestStores connects to a broker that asks for certificates, with what Java has made.
func TestStores(t *testing.T) {
	pair, err := tls.LoadX509KeyPair(stores+"server.pem", stores+"server.pem")
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(stores + "ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	c := cluster(t, kfake.SeedTopics(1, "t"), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}))
	for _, x := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"truststore.location": "trust.jks", "truststore.password": "storeword", "keystore.location": "client.jks", "keystore.password": "storeword", "key.password": "keyword"}, ""},
		{map[string]string{"truststore.location": "trust.p12", "truststore.password": "changeit", "truststore.type": "PKCS12", "keystore.location": "client.p12", "keystore.password": "changeit", "keystore.type": "PKCS12"}, ""},
		{map[string]string{"truststore.location": "ca.pem", "truststore.type": "PEM", "keystore.location": "client.pem"}, ""},
		{map[string]string{"truststore.location": "trust.jks", "truststore.password": "no"}, "the truststore: " + stores + "trust.jks: its password is wrong"},
		{map[string]string{"keystore.location": "client.jks", "keystore.password": "storeword"}, "the keystore: " + stores + "client.jks: the key 'client': its password is wrong"},
		{map[string]string{"keystore.type": "BKS"}, "stores of the type BKS are not supported; JKS, PKCS12 and PEM are"},
	} {
		given := map[string]string{"properties.security.protocol": "SSL", "properties.request.timeout.ms": "5000"}
		for k, v := range x.given {
			if strings.HasSuffix(k, ".location") {
				v = stores + v
			}
			given["properties.ssl."+k] = v
		}
		tb, err := table(t, c, given)
		if err != nil {
			t.Fatal(err)
		}
		_, err = readAll(tb, kafka.Spec(), nil, false)
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%v: %v; want %q", x.given, err, x.want)
		}
	}
	for k, v := range map[string]string{"properties.sasl.mechanism": "GSSAPI", "properties.sasl.jaas.config": "com.sun.security.auth.module.Krb5LoginModule required;", "properties.sasl.kerberos.service.name": "kafka"} {
		tb, err := table(t, c, map[string]string{"properties.security.protocol": "SASL_SSL", k: v})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kafka.Spec().Source(tb); err == nil || !strings.Contains(err.Error(), "Kerberos is not supported") {
			t.Errorf("%s: %v", k, err)
		}
	}
}
