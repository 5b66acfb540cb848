package s3

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/weir-stream/weir/internal/clock"
)

// Config says where a store is and who asks. What is empty comes from the
// environment and then from AWS's shared files and the machine's role.
type Config struct {
	Endpoint  string // URL or host; "" is Amazon S3
	Region    string
	AccessKey string
	SecretKey string
	PathStyle bool // bucket in the path, not in the host name
	Bucket    string
	Prefix    string // of all keys, with the slash that it ends with

	// Timeout bounds one attempt of a call, and the pause between two pieces of an
	// answer; puts get more time for what they carry. 0 is 30 s.
	Timeout time.Duration
	Clock   clock.Clock // of the pauses between attempts
	Seed    uint64      // of their length
	// Attempts of one call; 0 is vfs.NewRetry's default.
	Attempts int
	// Getenv reads the environment; nil is an empty one.
	Getenv func(name string) string
}

// Options are the settings that Config.Set takes, as Flink names them.
var Options = []string{"s3.access-key", "s3.secret-key", "s3.endpoint", "s3.region", "s3.path.style.access"}

// Set takes the value of one of Options.
func (c *Config) Set(option, value string) error {
	switch option {
	case "s3.access-key":
		c.AccessKey = value
	case "s3.secret-key":
		c.SecretKey = value
	case "s3.endpoint":
		c.Endpoint = value
	case "s3.region":
		c.Region = value
	case "s3.path.style.access":
		if value != "true" && value != "false" {
			return fmt.Errorf("s3.path.style.access is true or false, not %q", value)
		}
		c.PathStyle = value == "true"
	default:
		return fmt.Errorf("%s is no option of S3", option)
	}
	return nil
}

// IsURL tells whether a location lies in an object store that this package reads.
func IsURL(location string) bool {
	scheme, _, ok := strings.Cut(location, "://")
	return ok && (scheme == "s3" || scheme == "s3a" || scheme == "s3p")
}

// ParseURL takes s3://bucket/prefix apart. The prefix ends with a slash unless it
// is empty.
func ParseURL(location string) (bucket, prefix string, err error) {
	if !IsURL(location) {
		return "", "", fmt.Errorf("%q does not begin with s3://", location)
	}
	_, rest, _ := strings.Cut(location, "://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "@:?# ") {
		return "", "", fmt.Errorf("%q names no bucket; it must look like s3://bucket/folder", location)
	}
	prefix = strings.Trim(prefix, "/")
	for part := range strings.SplitSeq(prefix, "/") {
		if prefix != "" && (part == "" || part == "." || part == "..") {
			return "", "", fmt.Errorf("%q is no location in a bucket", location)
		}
	}
	if prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, nil
}

// filled adds the environment and the defaults.
func (c Config) filled() Config {
	env := func(to *string, names ...string) {
		for _, n := range names {
			if *to == "" && c.Getenv != nil {
				*to = c.Getenv(n)
			}
		}
	}
	env(&c.Endpoint, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
	env(&c.Region, "AWS_REGION", "AWS_DEFAULT_REGION")
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	return c
}

// credentials are those of the configuration, of the environment, of the shared
// files or of the machine, in this order.
func (c Config) credentials() (*credentials.Credentials, error) {
	if (c.AccessKey == "") != (c.SecretKey == "") {
		return nil, fmt.Errorf("s3.access-key and s3.secret-key are given together or not at all")
	}
	if c.AccessKey != "" {
		return credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), nil
	}
	if c.Getenv != nil {
		if id, key := c.Getenv("AWS_ACCESS_KEY_ID"), c.Getenv("AWS_SECRET_ACCESS_KEY"); id != "" && key != "" {
			return credentials.NewStaticV4(id, key, c.Getenv("AWS_SESSION_TOKEN")), nil
		}
	}
	return credentials.NewChainCredentials([]credentials.Provider{&credentials.FileAWSCredentials{}, &credentials.IAM{}}), nil
}

// endpoint gives host and port, and whether they speak TLS.
func (c Config) endpoint() (host string, secure bool, err error) {
	if c.Endpoint == "" {
		return "s3.amazonaws.com", true, nil
	}
	text := c.Endpoint
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return "", false, fmt.Errorf("s3.endpoint %q is no URL such as https://host:9000", c.Endpoint)
	}
	return u.Host, u.Scheme == "https", nil
}

// client connects; nothing is sent yet.
func (c Config) client() (*minio.Core, error) {
	host, secure, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	creds, err := c.credentials()
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = c.Timeout
	lookup := minio.BucketLookupAuto
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	region := c.Region
	if region == "" && c.Endpoint != "" {
		region = "us-east-1" // what servers other than Amazon's expect
	}
	return minio.NewCore(host, &minio.Options{Creds: creds, Secure: secure, Region: region, BucketLookup: lookup,
		Transport: transport, MaxRetries: 1})
}
