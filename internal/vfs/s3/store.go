// Package s3 is the object store of vfs on servers that speak S3. It translates:
// repeating calls, and finding out what became of a put without a reply, are
// vfs.NewRetry's work, which Open puts around it. The client library's own
// repeating is off, for it cannot tell a conditional put that another writer has
// won from one of its own whose reply was lost.
package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/weir-stream/weir/internal/vfs"
)

// store is one bucket, or a folder of one.
type store struct {
	cfg  Config
	core *minio.Core
}

var _ vfs.Objects = (*store)(nil)

// Open gives a store. It is asked nothing yet. Whoever relies on its conditional
// puts tries them out with vfs.Probe or vfs.NewProbed, for there are servers that
// ignore the conditions.
func Open(c Config) (vfs.Objects, error) {
	c = c.filled()
	core, err := c.client()
	if err != nil {
		return nil, err
	}
	return vfs.NewRetry(&store{cfg: c, core: core}, vfs.RetryConfig{Clock: c.Clock, Seed: c.Seed, Attempts: c.Attempts}), nil
}

// slowest is how many bytes a second a put must at least make.
const slowest = 1 << 20

// attempt bounds a call that carries n bytes.
func (s *store) attempt(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.cfg.Timeout+time.Duration(n)*time.Second/slowest)
}

func (s *store) key(key string) string { return s.cfg.Prefix + key }

func digest(data []byte) string {
	sum := md5.Sum(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (s *store) put(ctx context.Context, key string, data []byte, condition func(o *minio.PutObjectOptions)) (string, error) {
	within, cancel := s.attempt(ctx, len(data))
	defer cancel()
	o := minio.PutObjectOptions{DisableContentSha256: true}
	condition(&o)
	info, err := s.core.PutObject(within, s.cfg.Bucket, s.key(key), bytes.NewReader(data), int64(len(data)), digest(data), "", o)
	return info.ETag, s.explain(ctx, "put", s.key(key), err)
}

func (s *store) Put(ctx context.Context, key string, data []byte) (string, error) {
	return s.put(ctx, key, data, func(*minio.PutObjectOptions) {})
}

func (s *store) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	etag, err := s.put(ctx, key, data, func(o *minio.PutObjectOptions) { o.SetMatchETagExcept("*") })
	if errors.Is(err, vfs.ErrChanged) {
		err = &failure{fs.ErrExist, err}
	}
	return etag, err
}

func (s *store) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	now, err := s.put(ctx, key, data, func(o *minio.PutObjectOptions) { o.SetMatchETag(etag) })
	if errors.Is(err, fs.ErrNotExist) {
		err = &failure{vfs.ErrChanged, err}
	}
	return now, err
}

func (s *store) Stat(ctx context.Context, key string) (vfs.Object, error) {
	within, cancel := s.attempt(ctx, 0)
	defer cancel()
	info, err := s.core.StatObject(within, s.cfg.Bucket, s.key(key), minio.StatObjectOptions{})
	if err != nil {
		return vfs.Object{}, s.explain(ctx, "look up", s.key(key), err)
	}
	return s.object(info), nil
}

func (s *store) object(info minio.ObjectInfo) vfs.Object {
	return vfs.Object{Key: strings.TrimPrefix(info.Key, s.cfg.Prefix), Size: info.Size, ETag: strings.Trim(info.ETag, `"`), Modified: info.LastModified}
}

func (s *store) Get(ctx context.Context, key string, offset, length int64) (vfs.ObjectReader, error) {
	var o minio.GetObjectOptions
	switch {
	case length == 0:
		return s.nothing(ctx, key)
	case length > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	within, cancel := context.WithCancelCause(ctx)
	r := &reader{s: s, ctx: ctx, key: key, cancel: cancel}
	r.stall = time.AfterFunc(s.cfg.Timeout, func() { cancel(errStalled) })
	body, info, header, err := s.core.GetObject(within, s.cfg.Bucket, s.key(key), o)
	if err != nil {
		r.stall.Stop()
		cancel(nil)
		if minio.ToErrorResponse(err).Code == "InvalidRange" || minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
			return s.nothing(ctx, key)
		}
		return nil, s.explain(ctx, "get", s.key(key), err)
	}
	r.body = body
	info.Key = s.key(key)
	r.object = s.object(info)
	if _, total, ok := strings.Cut(header.Get("Content-Range"), "/"); ok {
		if n, err := strconv.ParseInt(total, 10, 64); err == nil {
			r.object.Size = n
		}
	}
	return r, nil
}

// nothing is a range without bytes of an object.
func (s *store) nothing(ctx context.Context, key string) (vfs.ObjectReader, error) {
	o, err := s.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	return vfs.NoBytes(o), nil
}

var errStalled = errors.New("the server stopped answering")

// reader is the body of an answer, given up when it stalls.
type reader struct {
	s      *store
	ctx    context.Context
	key    string
	object vfs.Object
	body   io.ReadCloser
	cancel context.CancelCauseFunc
	stall  *time.Timer
	close  sync.Once
}

func (r *reader) Object() vfs.Object { return r.object }

func (r *reader) Read(b []byte) (int, error) {
	r.stall.Reset(r.s.cfg.Timeout)
	n, err := r.body.Read(b)
	r.stall.Stop()
	if err != nil && err != io.EOF {
		err = r.s.explain(r.ctx, "get", r.s.key(r.key), err)
	}
	return n, err
}

func (r *reader) Close() (err error) {
	r.close.Do(func() {
		r.stall.Stop()
		err = r.body.Close()
		r.cancel(nil)
	})
	return err
}

func (s *store) List(ctx context.Context, prefix, after string) iter.Seq2[vfs.Object, error] {
	return func(yield func(vfs.Object, error) bool) {
		owner := false
		o := minio.ListObjectsOptions{Prefix: s.key(prefix), Recursive: true, FetchOwner: &owner}
		if after != "" {
			o.StartAfter = s.key(after)
		}
		for info := range s.core.ListObjectsIter(ctx, s.cfg.Bucket, o) {
			if info.Err != nil {
				yield(vfs.Object{}, s.explain(ctx, "list", s.key(prefix), info.Err))
				return
			}
			if !yield(s.object(info), nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(vfs.Object{}, s.explain(ctx, "list", s.key(prefix), err))
		}
	}
}

func (s *store) Delete(ctx context.Context, keys ...string) error {
	within, cancel := s.attempt(ctx, len(keys)<<10)
	defer cancel()
	if len(keys) == 1 {
		err := s.core.RemoveObject(within, s.cfg.Bucket, s.key(keys[0]), minio.RemoveObjectOptions{})
		return s.gone(ctx, keys[0], err)
	}
	results, err := s.core.RemoveObjectsWithIter(within, s.cfg.Bucket, func(yield func(minio.ObjectInfo) bool) {
		for _, k := range keys {
			if !yield(minio.ObjectInfo{Key: s.key(k)}) {
				return
			}
		}
	}, minio.RemoveObjectsOptions{})
	if err != nil {
		return s.gone(ctx, "", err)
	}
	for r := range results {
		if err := s.gone(ctx, r.ObjectName, r.Err); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) gone(ctx context.Context, key string, err error) error {
	if err = s.explain(ctx, "delete", s.key(key), err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *store) Upload(ctx context.Context, key string, _ int) (vfs.Upload, error) {
	within, cancel := s.attempt(ctx, 0)
	defer cancel()
	id, err := s.core.NewMultipartUpload(within, s.cfg.Bucket, s.key(key), minio.PutObjectOptions{})
	if err != nil {
		return nil, s.explain(ctx, "upload", s.key(key), err)
	}
	return &upload{s: s, key: key, id: id, parts: map[int]string{}}, nil
}

type upload struct {
	s     *store
	key   string
	id    string
	parts map[int]string // ETags
}

func (u *upload) Part(ctx context.Context, n int, data []byte) error {
	within, cancel := u.s.attempt(ctx, len(data))
	defer cancel()
	p, err := u.s.core.PutObjectPart(within, u.s.cfg.Bucket, u.s.key(u.key), u.id, n, bytes.NewReader(data), int64(len(data)),
		minio.PutObjectPartOptions{Md5Base64: digest(data), DisableContentSha256: true})
	u.parts[n] = p.ETag
	return u.s.explain(ctx, "upload", u.s.key(u.key), err)
}

func (u *upload) Commit(ctx context.Context, n int) (string, error) {
	within, cancel := u.s.attempt(ctx, 0)
	defer cancel()
	parts := make([]minio.CompletePart, n)
	for i := range parts {
		parts[i] = minio.CompletePart{PartNumber: i + 1, ETag: u.parts[i+1]}
	}
	info, err := u.s.core.CompleteMultipartUpload(within, u.s.cfg.Bucket, u.s.key(u.key), u.id, parts, minio.PutObjectOptions{})
	return strings.Trim(info.ETag, `"`), u.s.explain(ctx, "upload", u.s.key(u.key), err)
}

func (u *upload) Abort(ctx context.Context) error {
	within, cancel := u.s.attempt(ctx, 0)
	defer cancel()
	err := u.s.core.AbortMultipartUpload(within, u.s.cfg.Bucket, u.s.key(u.key), u.id)
	return u.s.gone(ctx, u.key, err)
}
