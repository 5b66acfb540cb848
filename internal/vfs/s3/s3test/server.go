// Package s3test is a server that speaks enough of S3 to test clients against:
// objects with ranges and conditions, lists, deletions and uploads in parts, with
// the bucket in the path. Behind it is a vfs.MemObjects, whose faults become what a
// client meets on a network: vfs.ErrBusy is 503 SlowDown, vfs.ErrUnknown a
// connection that is cut (after the call was carried out, if the fault is Applied),
// a Short Get an answer that breaks off. Of the signature only the access key is
// looked at.
package s3test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/vfs"
)

// Page is how many keys an answer lists at most.
const Page = 100

// Server is an http.Handler with one bucket.
type Server struct {
	Objects *vfs.MemObjects
	Bucket  string
	Key     string // the access key that is let in
	// IgnoreNoneMatch and IgnoreMatch make conditional puts unconditional, as
	// careless servers do.
	IgnoreNoneMatch, IgnoreMatch bool

	mu      sync.Mutex
	uploads map[string]*parts
}

type parts struct {
	upload vfs.Upload
	etags  map[int]string
}

// problem is an error that has a code of its own.
type problem struct {
	status int
	code   string
}

func (p *problem) Error() string { return p.code }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.serve(w, r); err != nil {
		s.fail(w, r, err)
	}
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := &problem{http.StatusForbidden, "AccessDenied"}
	switch {
	case errors.As(err, &p):
	case errors.Is(err, vfs.ErrUnknown):
		panic(http.ErrAbortHandler) // cuts the connection
	case errors.Is(err, vfs.ErrBusy):
		p = &problem{http.StatusServiceUnavailable, "SlowDown"}
	case errors.Is(err, fs.ErrNotExist):
		p = &problem{http.StatusNotFound, "NoSuchKey"}
	case errors.Is(err, fs.ErrExist), errors.Is(err, vfs.ErrChanged):
		p = &problem{http.StatusPreconditionFailed, "PreconditionFailed"}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", p.code, p.code)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.Key+"/") {
		return &problem{http.StatusForbidden, "InvalidAccessKeyId"}
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != s.Bucket {
		return &problem{http.StatusNotFound, "NoSuchBucket"}
	}
	q := r.URL.Query()
	switch {
	case key == "" && r.Method == http.MethodGet && q.Has("location"):
		return answer(w, struct {
			XMLName xml.Name `xml:"LocationConstraint"`
		}{})
	case key == "" && r.Method == http.MethodGet && q.Get("list-type") == "2":
		return s.list(w, r, q)
	case key == "" && r.Method == http.MethodPost && q.Has("delete"):
		return s.deleteMany(w, r)
	case key == "":
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return s.get(w, r, key)
	case r.Method == http.MethodPut && q.Has("uploadId"):
		return s.part(w, r, q)
	case r.Method == http.MethodPut:
		return s.put(w, r, key)
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return s.abort(w, r, q.Get("uploadId"))
	case r.Method == http.MethodDelete:
		err := s.Objects.Client().Delete(r.Context(), key)
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	case r.Method == http.MethodPost && q.Has("uploads"):
		return s.begin(w, r, key)
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return s.complete(w, r, q.Get("uploadId"))
	}
	return &problem{http.StatusNotImplemented, "NotImplemented"}
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/xml")
	return xml.NewEncoder(w).Encode(v)
}

// body reads what a put carries and checks its digest.
func body(r *http.Request) ([]byte, error) {
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return nil, &problem{http.StatusNotImplemented, "NotImplemented"}
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(data)
	if want := r.Header.Get("Content-Md5"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, &problem{http.StatusBadRequest, "BadDigest"}
	}
	return data, nil
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, key string) error {
	data, err := body(r)
	if err != nil {
		return err
	}
	c := s.Objects.Client()
	var etag string
	switch none, match := r.Header.Get("If-None-Match"), strings.Trim(r.Header.Get("If-Match"), `"`); {
	case none == "*" && !s.IgnoreNoneMatch:
		etag, err = c.PutIfAbsent(r.Context(), key, data)
	case match != "" && !s.IgnoreMatch:
		etag, err = c.PutIf(r.Context(), key, data, match)
	default:
		etag, err = c.Put(r.Context(), key, data)
	}
	if err == nil {
		w.Header().Set("ETag", `"`+etag+`"`)
	}
	return err
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, key string) error {
	from, length, ranged := int64(0), int64(-1), false
	if spec, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		a, b, _ := strings.Cut(spec, "-")
		from, _ = strconv.ParseInt(a, 10, 64)
		if to, err := strconv.ParseInt(b, 10, 64); err == nil {
			length = to - from + 1
		}
		ranged = true
	}
	c := s.Objects.Client()
	if r.Method == http.MethodHead {
		o, err := c.Stat(r.Context(), key)
		if err != nil {
			return err
		}
		describe(w, o, o.Size)
		return nil
	}
	g, err := c.Get(r.Context(), key, from, length)
	if err != nil {
		return err
	}
	o := g.Object()
	n := o.Size - from
	if length >= 0 {
		n = min(n, length)
	}
	if ranged {
		if from >= o.Size {
			return &problem{http.StatusRequestedRangeNotSatisfiable, "InvalidRange"}
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+n-1, o.Size))
	}
	describe(w, o, n)
	if ranged {
		w.WriteHeader(http.StatusPartialContent)
	}
	if _, err := io.Copy(w, g); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func describe(w http.ResponseWriter, o vfs.Object, n int64) {
	w.Header().Set("ETag", `"`+o.ETag+`"`)
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.Header().Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
}

type listed struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	EncodingType          string
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []content
}

type content struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, q url.Values) error {
	after := q.Get("start-after")
	if token, err := base64.URLEncoding.DecodeString(q.Get("continuation-token")); err == nil && len(token) > 0 {
		after = string(token)
	}
	out := listed{Name: s.Bucket, EncodingType: q.Get("encoding-type")}
	last := ""
	for o, err := range s.Objects.Client().List(r.Context(), q.Get("prefix"), after) {
		if err != nil {
			return err
		}
		if len(out.Contents) == Page {
			out.IsTruncated = true
			out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(last))
			break
		}
		last = o.Key
		c := content{Key: o.Key, LastModified: o.Modified.UTC().Format(time.RFC3339), ETag: `"` + o.ETag + `"`, Size: o.Size}
		if out.EncodingType == "url" {
			c.Key = url.QueryEscape(o.Key)
		}
		out.Contents = append(out.Contents, c)
	}
	return answer(w, out)
}

func (s *Server) deleteMany(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil {
		return &problem{http.StatusBadRequest, "MalformedXML"}
	}
	type deleted struct{ Key string }
	var keys []string
	var gone []deleted
	for _, o := range in.Object {
		keys, gone = append(keys, o.Key), append(gone, deleted(o))
	}
	if err := s.Objects.Client().Delete(r.Context(), keys...); err != nil {
		return err
	}
	return answer(w, struct {
		XMLName xml.Name `xml:"DeleteResult"`
		Deleted []deleted
	}{Deleted: gone})
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request, key string) error {
	u, err := s.Objects.Client().Upload(r.Context(), key, vfs.PartSize)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads == nil {
		s.uploads = map[string]*parts{}
	}
	id := strconv.Itoa(len(s.uploads) + 1)
	s.uploads[id] = &parts{upload: u, etags: map[int]string{}}
	return answer(w, struct {
		XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: s.Bucket, Key: key, UploadId: id})
}

func (s *Server) find(id string) (*parts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.uploads[id]; p != nil {
		return p, nil
	}
	return nil, errNoUpload
}

var errNoUpload = &problem{http.StatusNotFound, "NoSuchUpload"}

func (s *Server) part(w http.ResponseWriter, r *http.Request, q url.Values) error {
	p, err := s.find(q.Get("uploadId"))
	if err != nil {
		return err
	}
	data, err := body(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(q.Get("partNumber"))
	if err != nil || n < 1 || n > 10_000 {
		return &problem{http.StatusBadRequest, "InvalidArgument"}
	}
	if err := p.upload.Part(r.Context(), n, data); err != nil {
		return err
	}
	sum := md5.Sum(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.etags[n] = hex.EncodeToString(sum[:])
	w.Header().Set("ETag", `"`+p.etags[n]+`"`)
	return nil
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request, id string) error {
	p, err := s.find(id)
	if err != nil {
		return err
	}
	var in struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Part) == 0 {
		return &problem{http.StatusBadRequest, "MalformedXML"}
	}
	s.mu.Lock()
	for i, x := range in.Part {
		if x.PartNumber != i+1 || strings.Trim(x.ETag, `"`) != p.etags[i+1] {
			err = &problem{http.StatusBadRequest, "InvalidPart"}
		}
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	etag, err := p.upload.Commit(r.Context(), len(in.Part))
	if errors.Is(err, fs.ErrNotExist) {
		return errNoUpload
	}
	if err != nil {
		return err
	}
	return answer(w, struct {
		XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
		ETag    string
	}{ETag: `"` + etag + `"`})
}

func (s *Server) abort(w http.ResponseWriter, r *http.Request, id string) error {
	p, err := s.find(id)
	if err != nil {
		return err
	}
	if err := p.upload.Abort(r.Context()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
