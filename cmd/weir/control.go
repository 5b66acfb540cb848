package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/engine"
)

// The longest path of a socket that every system takes.
const longestSocket = 100

// listen opens the socket of a job's directory. One that is left of a process that
// was killed is replaced; the job's lock keeps two processes apart.
func listen(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	short, done, err := shortened(path)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.Listen("unix", short)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return unlinking{l, path}, nil
}

// unlinking removes its socket when it is closed.
type unlinking struct {
	net.Listener
	path string
}

func (u unlinking) Close() error { return errors.Join(u.Listener.Close(), os.Remove(u.path)) }

// shortened gives a way to name a path that is too long for a socket: through a
// link of its folder, which done removes.
func shortened(path string) (short string, done func(), err error) {
	if len(path) <= longestSocket {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return "", nil, err
	}
	abs, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		err = os.Symlink(abs, filepath.Join(dir, "d"))
	}
	done = func() { _ = os.RemoveAll(dir) }
	if err != nil {
		done()
		return "", nil, err
	}
	return filepath.Join(dir, "d", filepath.Base(path)), done, nil
}

// jobDir finds the directory of the job that is meant by a state directory, or by
// the job's own.
func jobDir(dir string) (string, error) {
	if _, err := os.Stat(dir); err != nil {
		return "", usage("there is no state directory %s", dir)
	}
	if isJobDir(dir) {
		return dir, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var jobs []string
	for _, e := range entries {
		if d := filepath.Join(dir, e.Name()); e.IsDir() && isJobDir(d) {
			jobs = append(jobs, d)
		}
	}
	switch len(jobs) {
	case 0:
		return "", usage("%s holds no job: it is not the --state-dir of one that ran", dir)
	case 1:
		return jobs[0], nil
	}
	return "", usage("%s holds several jobs; name one: %s", dir, strings.Join(jobs, ", "))
}

func isJobDir(dir string) bool {
	for _, name := range []string{"log", "savepoint"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// errNotRunning is given for jobs that nobody runs.
var errNotRunning = errors.New("the job is not running")

// ask sends a request to the job that runs on a directory and decodes its answer
// into v, if that is not nil.
func ask(ctx context.Context, dir, method, path string, query url.Values, v any) error {
	short, done, err := shortened(filepath.Join(dir, engine.ControlFile))
	if err != nil {
		return err
	}
	defer done()
	c := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", short)
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://job"+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return errNotRunning
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		var e struct{ Error string }
		if json.Unmarshal(data, &e) != nil || e.Error == "" {
			e.Error = res.Status
		}
		return errors.New(e.Error)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(data, v)
}

// failed ends a command with an error that came while it ran.
func failed(err error) error {
	var e *exit
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &exit{status: statusFailed, msg: err.Error()}
}

// size prints bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func ago(ms int64) string {
	return time.Duration(ms * 1e6).Round(10 * time.Millisecond).String()
}
