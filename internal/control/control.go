// Package control serves the local socket through which a running job is steered:
// HTTP, answers in JSON.
package control

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Listener opens a local socket; one of that path that nobody listens to any more
// is replaced.
type Listener func(path string) (net.Listener, error)

// Verb does what a request asks for and gives the answer.
type Verb func(ctx context.Context, q url.Values) (any, error)

// Serve answers requests, each a method and path such as "POST /stop", until done
// is closed; those that are being answered then have a second to end. What it gives is
// closed when they have.
func Serve(l net.Listener, verbs map[string]Verb, done <-chan struct{}) (answered <-chan struct{}) {
	mux := http.NewServeMux()
	for request, v := range verbs {
		mux.HandleFunc(request, func(w http.ResponseWriter, r *http.Request) {
			a, err := v(r.Context(), r.URL.Query())
			if err != nil {
				w.WriteHeader(http.StatusConflict)
				a = map[string]string{"error": err.Error()}
			}
			_ = json.NewEncoder(w).Encode(a)
		})
	}
	srv := &http.Server{Handler: mux}
	go func() { _ = srv.Serve(l) }()
	over := make(chan struct{})
	go func() {
		defer close(over)
		<-done
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	}()
	return over
}
