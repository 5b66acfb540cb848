package catalog

import (
	"strings"

	"github.com/weir-stream/weir/internal/secret"
)

// secretWords mark the keys of options whose values are not shown, as Flink
// hides them in its logs.
var secretWords = []string{"password", "secret", "apikey", "api-key", "auth-params", "service-key", "token", "basic-auth", "jaas.config",
	"http-headers", "account.key", "credential", "private-key"}

// mask stands for a value that is not shown.
const mask = "******"

// Secret reports whether the value of a key is not shown.
func Secret(key string) bool {
	key = strings.ReplaceAll(strings.ToLower(key), "_", "-")
	for _, w := range secretWords {
		if strings.Contains(key, w) && !(w == "token" && strings.Contains(key, "tokens")) { // max-tokens is no secret
			return true
		}
	}
	return false
}

// Masked gives the options with secrets replaced; o is not changed. A value that only
// says where the secret is stays.
func Masked(o Options) Options {
	out := append(Options(nil), o...)
	for i := range out {
		if Secret(out[i].Key) && !secret.Whole(out[i].Value) {
			out[i].Value = mask
		}
	}
	return out
}
