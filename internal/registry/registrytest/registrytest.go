// Package registrytest is a schema registry in the process, for tests.
package registrytest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/weir-stream/weir/internal/registry"
)

// Server keeps schemas; numbers of schemas begin with 1. It is safe for concurrent use.
type Server struct {
	URL string
	// User is 'name:password' that requests must have; empty for none.
	User string

	mu       sync.Mutex
	schemas  []Schema
	subjects map[string][]int // their versions, as numbers of schemas
	asked    int
}

// Schema is a schema as requests and answers have it.
type Schema struct {
	Schema     string      `json:"schema"`
	Type       string      `json:"schemaType,omitempty"` // empty for Avro
	References []Reference `json:"references,omitempty"`
}

// Reference is another schema that one refers to.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Start runs a server for the time of a test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{subjects: map[string][]int{}}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Add registers a schema and gives its number.
func (s *Server) Add(subject string, k registry.Kind, text string, refs ...Reference) int {
	x := Schema{Schema: text, References: refs}
	if k != registry.Avro {
		x.Type = string(k)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(subject, x)
}

func (s *Server) add(subject string, x Schema) int {
	id := 1 + slices.IndexFunc(s.schemas, func(o Schema) bool { return o.Schema == x.Schema && o.Type == x.Type })
	if id == 0 {
		s.schemas = append(s.schemas, x)
		id = len(s.schemas)
	}
	if !slices.Contains(s.subjects[subject], id) {
		s.subjects[subject] = append(s.subjects[subject], id)
	}
	return id
}

// Asked is how often a schema was asked for by its number.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Text is the schema of a number.
func (s *Server) Text(id int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schemas[id-1].Schema
}

// ServeHTTP answers what clients that read and write messages ask.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, pass, _ := r.BasicAuth(); s.User != "" && user+":"+pass != s.User {
		answer(w, http.StatusUnauthorized, map[string]any{"error_code": 401, "message": "Unauthorized"})
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodGet && parts[0] == "schemas":
		s.asked++
		if id, _ := strconv.Atoi(parts[2]); id >= 1 && id <= len(s.schemas) {
			answer(w, http.StatusOK, s.schemas[id-1])
			return
		}
		answer(w, http.StatusNotFound, map[string]any{"error_code": 40403, "message": "Schema not found"})
	case r.Method == http.MethodGet:
		s.version(w, parts[1], parts[3])
	case r.Method == http.MethodPost:
		var x Schema
		if err := json.NewDecoder(r.Body).Decode(&x); err != nil {
			answer(w, http.StatusUnprocessableEntity, map[string]any{"error_code": 42201, "message": err.Error()})
			return
		}
		id := s.add(parts[1], x)
		answer(w, http.StatusOK, map[string]any{"id": id, "subject": parts[1], "version": 1, "schema": x.Schema})
	}
}

// version answers with a version of a subject.
func (s *Server) version(w http.ResponseWriter, subject, which string) {
	ids := s.subjects[subject]
	n, err := strconv.Atoi(which)
	if err != nil || n < 0 {
		n = len(ids) // the latest
	}
	if n < 1 || n > len(ids) {
		answer(w, http.StatusNotFound, map[string]any{"error_code": 40401, "message": "Subject '" + subject + "' not found."})
		return
	}
	x := s.schemas[ids[n-1]-1]
	answer(w, http.StatusOK, map[string]any{"subject": subject, "version": n, "id": ids[n-1], "schema": x.Schema, "schemaType": x.Type, "references": x.References})
}

func answer(w http.ResponseWriter, status int, x any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(x)
}
