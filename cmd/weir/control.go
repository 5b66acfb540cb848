package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// The longest path of a socket that every system takes.
const longestSocket = 100

// listen opens the socket of a job's directory. One that is left of a process that
// was killed is replaced; the job's lock keeps two processes apart.
func listen(path string) (net.Listener, error) {
	path, err := socketOf(path)
	if err != nil {
		return nil, err
	}
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

// socketOf gives where the socket lies that is asked for. Of a job whose state is in
// an object store it is in a folder of the user's on this machine.
func socketOf(path string) (string, error) {
	if local, ok := location.Local(path); ok {
		return local, nil
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("weir-%d", os.Getuid()))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	st, err := os.Lstat(dir)
	if err == nil && !st.IsDir() {
		err = fmt.Errorf("%s is not a folder", dir)
	}
	if err == nil {
		err = os.Chmod(dir, 0o700) // only its owner can
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(dir, fmt.Sprintf("weir-job-%x", sum[:8])), err
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
	at, err := job.Find(places(), dir)
	var e *sqlerr.Error
	if errors.As(err, &e) && e.Code != sqlerr.Runtime {
		return "", usage("%s", e.Msg)
	}
	if err != nil {
		return "", failed(err)
	}
	return at, nil
}

// places is the file system of the places that commands are told of. Object stores
// are reached with what the environment says.
func places() vfs.FS {
	return location.New(context.Background(), location.Config{Local: vfs.OS{}, Clock: clock.System{}, Getenv: os.Getenv, Seed: rand.Uint64,
		Option: func(string) string { return "" }})
}

// showWithin is how long a job may take to tell of itself.
const showWithin = 10 * time.Second

// errSilent is given for jobs that take a request and do not answer.
var errSilent = errors.New("the job's process does not answer: it is stopped (SIGSTOP), or the machine is too busy")

// errWentAway is given for jobs that end while they are asked.
var errWentAway = errors.New("the job's process ended before it had answered: weir job show tells where the job stopped, and its script goes on from there when it is run again")

// errNotRunning is given for jobs that nobody runs.
var errNotRunning = errors.New("the job is not running")

// ask sends a request to the job that runs on a directory and decodes its answer
// into v, if that is not nil.
func ask(ctx context.Context, dir, method, path string, query url.Values, v any) error {
	socket, err := socketOf(location.Join(dir, engine.ControlFile))
	if err != nil {
		return err
	}
	short, done, err := shortened(socket)
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
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return errNotRunning
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errSilent
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return errWentAway
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return errWentAway
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

// placeFor gives the folder that a request of a job names: the process that the job
// runs in may stand in another one.
func placeFor(dir string) (string, error) {
	local, ok := location.Local(dir)
	if dir == "" || !ok {
		return dir, nil
	}
	return filepath.Abs(local)
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
