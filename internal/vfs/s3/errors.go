package s3

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/weir-stream/weir/internal/vfs"
)

// failure is an error of the server or the connection, and what it means.
type failure struct{ kind, cause error }

func (f *failure) Error() string   { return f.cause.Error() }
func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }

// explain sorts an error: passing ones become vfs.ErrBusy (nothing was done) or
// vfs.ErrUnknown, absence fs.ErrNotExist; the others say what the user can do.
func (s *store) explain(ctx context.Context, op, key string, err error) error {
	if err == nil {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		// The caller gave up: what was sent may be carried out all the same.
		return &failure{vfs.ErrUnknown, fmt.Errorf("%s s3://%s/%s: %w", op, s.cfg.Bucket, key, context.Cause(ctx))}
	}
	kind, hint := s.sort(err)
	cause := fmt.Errorf("%s s3://%s/%s: %w%s", op, s.cfg.Bucket, key, err, hint)
	if kind == nil {
		return cause
	}
	return &failure{kind, cause}
}

func (s *store) sort(err error) (kind error, hint string) {
	var r minio.ErrorResponse
	if errors.As(err, &r) {
		return s.response(r)
	}
	var dial *net.OpError
	switch {
	case errors.As(err, &x509.UnknownAuthorityError{}), errors.As(err, &x509.HostnameError{}), errors.As(err, &x509.CertificateInvalidError{}):
		return nil, ""
	case errors.As(err, &dial) && dial.Op == "dial":
		return vfs.ErrBusy, ""
	}
	return vfs.ErrUnknown, ""
}

// response sorts an answer of the server. Codes that only say what the status
// says need no line.
func (s *store) response(r minio.ErrorResponse) (kind error, hint string) {
	switch r.Code {
	case "NoSuchBucket":
		return nil, " (make the bucket first, or correct its name)"
	case "SlowDown", "SlowDownWrite", "SlowDownRead", "ConditionalRequestConflict", "OperationAborted", "Throttling", "RequestLimitExceeded":
		return vfs.ErrBusy, ""
	case "RequestTimeTooSkewed":
		return nil, " (this machine's clock is wrong)"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return nil, " (see s3.access-key and s3.secret-key)"
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion":
		return nil, " (see s3.region and s3.endpoint)"
	case "RequestTimeout", "InternalError":
		return vfs.ErrUnknown, ""
	}
	switch r.StatusCode {
	case http.StatusNotFound:
		return fs.ErrNotExist, ""
	case http.StatusPreconditionFailed:
		return vfs.ErrChanged, ""
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return vfs.ErrBusy, ""
	case http.StatusNotImplemented:
		return nil, " (the server cannot do that: state needs conditional puts, so use a store or a version of it that has them, or a directory)"
	case http.StatusForbidden, http.StatusUnauthorized:
		return nil, " (the access key may not do this)"
	}
	if r.StatusCode >= 500 || r.StatusCode == http.StatusRequestTimeout {
		return vfs.ErrUnknown, ""
	}
	return nil, ""
}
