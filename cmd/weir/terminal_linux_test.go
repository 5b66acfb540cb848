package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo terminal with the program on it.
type terminal struct {
	t    *testing.T
	end  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	seen bytes.Buffer
	at   int // what was awaited is before it
	more chan struct{}
}

// onTerminal starts the program on a terminal of 60 columns and 16 lines.
func onTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	fd := int(end.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	defer tty.Close()
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 16, Col: 60}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.Env = append(os.Environ(), "TERM=xterm", "XDG_STATE_HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, end: end, cmd: cmd, more: make(chan struct{}, 1)}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = end.Close()
	})
	go x.read()
	return x
}

func (x *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := x.end.Read(buf)
		if bytes.Contains(buf[:n], []byte("\x1b[6n")) { // where is the cursor?
			x.send("\x1b[1;1R")
		}
		x.mu.Lock()
		x.seen.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) send(keys string) { _, _ = x.end.WriteString(keys) }

// await waits until the texts have been on the screen, one after the other and
// after those that were awaited before.
func (x *terminal) await(texts ...string) {
	x.t.Helper()
	late := time.After(patience)
	for _, s := range texts {
		for !x.find(s) {
			select {
			case <-x.more:
			case <-late:
				x.t.Fatalf("no %q on the screen, but:\n%q", s, x.seen.String()[x.at:])
			}
		}
	}
}

func (x *terminal) find(s string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := strings.Index(x.seen.String()[x.at:], s)
	if i >= 0 {
		x.at += i + len(s)
	}
	return i >= 0
}

func TestLiveTable(t *testing.T) {
	x := onTerminal(t, "run", "-c", `CREATE TABLE g (k INT, s STRING) WITH ('connector'='datagen','rows-per-second'='200',
		'fields.k.min'='7','fields.k.max'='7','fields.s.length'='100');
		SELECT k, MIN(s) AS s, COUNT(*) AS n FROM g GROUP BY k`)
	x.await("│ 7 │", "…", "rows/s", "\x1b[6A") // drawn, cut to the width, and drawn again in place
	x.send("\x03")
	if got := ended(t, x.cmd); got != 130 {
		t.Errorf("status %d after Ctrl-C", got)
	}
}

func TestShell(t *testing.T) {
	x := onTerminal(t, "sql")
	const prompt, reading = "weir> ", "\x1b[?25h" // the cursor is shown once keys are read
	x.await(prompt, reading)
	x.send("SELECT 40 +\r")
	x.send("2 AS answer;\r")
	x.await("│     42 │", prompt, reading)
	x.send("CREATE TABLE g (k INT) WITH ('connector'='datagen','rows-per-second'='50');\r")
	x.await("created table g", prompt, reading)
	x.send("SELECT COUNT(*) AS n FROM g;\r")
	x.await("rows/s")
	x.send("\x03")
	x.await(prompt, reading)
	x.send("SELECT nope FROM g;\r")
	x.await("there is no column `nope`", prompt, reading)
	x.send("QUIT;\r")
	if got := ended(t, x.cmd); got != 0 {
		t.Errorf("status %d after QUIT", got)
	}
}
