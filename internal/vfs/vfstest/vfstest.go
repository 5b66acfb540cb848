// Package vfstest holds what every implementation of vfs.Objects must do, so that
// memory, directories and servers are held to the same.
package vfstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"
)

// Passing are faults that a store behind vfs.NewRetry must hide.
var Passing = []vfs.Fault{
	{Op: vfs.OpPut, Chance: 0.2, Applied: true, Err: vfs.ErrUnknown},
	{Op: vfs.OpGet, Chance: 0.2, Short: true, Err: vfs.ErrUnknown},
	{Op: vfs.OpDelete, Chance: 0.2, Short: true, Err: vfs.ErrUnknown},
	{Chance: 0.2, Err: vfs.ErrBusy},
	{Chance: 0.1, Err: vfs.ErrUnknown},
}

// Objects tries an empty store out.
func Objects(t *testing.T, store vfs.Objects) {
	t.Run("conditions", func(t *testing.T) { conditions(t, store) })
	t.Run("ranges", func(t *testing.T) { ranges(t, store) })
	t.Run("lists", func(t *testing.T) { lists(t, store) })
	t.Run("uploads", func(t *testing.T) { uploads(t, store) })
}

func conditions(t *testing.T, store vfs.Objects) {
	ctx := t.Context()
	if err := vfs.Probe(ctx, store, "cond/", "1"); err != nil {
		t.Fatal(err)
	}
	first, err := store.PutIfAbsent(ctx, "cond/k", []byte("1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutIfAbsent(ctx, "cond/k", []byte("x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made twice: %v", err)
	}
	second, err := store.PutIf(ctx, "cond/k", []byte("2"), first)
	if err != nil || second == first {
		t.Errorf("replaced: %q after %q, %v", second, first, err)
	}
	if _, err := store.PutIf(ctx, "cond/k", []byte("x"), first); !errors.Is(err, vfs.ErrChanged) {
		t.Errorf("replaced with an old ETag: %v", err)
	}
	if _, err := store.PutIf(ctx, "cond/none", []byte("x"), first); !errors.Is(err, vfs.ErrChanged) {
		t.Errorf("replaced what is absent: %v", err)
	}
	o, err := store.Stat(ctx, "cond/k")
	if err != nil || o.Size != 1 || o.ETag != second || o.Key != "cond/k" {
		t.Errorf("stat: %+v %v, want ETag %s", o, err, second)
	}
	if err := store.Delete(ctx, "cond/k", "cond/none"); err != nil {
		t.Error(err)
	}
	if _, err := store.Stat(ctx, "cond/k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleted: %v", err)
	}
	if _, err := store.Get(ctx, "cond/k", 0, -1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleted: %v", err)
	}
	if _, err := store.PutIfAbsent(ctx, "cond/k", nil); err != nil {
		t.Errorf("made again: %v", err)
	}
}

func ranges(t *testing.T, store vfs.Objects) {
	ctx := t.Context()
	if _, err := store.Put(ctx, "range/é b+c%/k", []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(ctx, "range/empty", nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key            string
		offset, length int64
		want           string
	}{
		{"range/é b+c%/k", 0, -1, "0123456789"}, {"range/é b+c%/k", 3, 4, "3456"}, {"range/é b+c%/k", 8, 100, "89"},
		{"range/é b+c%/k", 9, -1, "9"}, {"range/é b+c%/k", 10, -1, ""}, {"range/é b+c%/k", 20, 5, ""}, {"range/é b+c%/k", 2, 0, ""},
		{"range/empty", 0, -1, ""}, {"range/empty", 0, 10, ""},
	} {
		r, err := store.Get(ctx, c.key, c.offset, c.length)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(got) != c.want {
			t.Errorf("%+v: %q %v", c, got, err)
		}
		if o := r.Object(); strings.HasSuffix(c.key, "k") && o.Size != 10 {
			t.Errorf("%+v: %+v", c, o)
		}
	}
}

func keys(ctx context.Context, store vfs.Objects, prefix, after string) string {
	var out []string
	for o, err := range store.List(ctx, prefix, after) {
		if err != nil {
			return err.Error()
		}
		out = append(out, o.Key)
	}
	return strings.Join(out, " ")
}

func lists(t *testing.T, store vfs.Objects) {
	ctx := t.Context()
	for _, k := range []string{"l/a/b", "l/a-b", "l/a.b", "l/ab", "l/é", "l/b/c/d", "l/b/c/e", "l/B"} {
		if _, err := store.Put(ctx, k, []byte(k)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ prefix, after, want string }{
		{"l/", "", "l/B l/a-b l/a.b l/a/b l/ab l/b/c/d l/b/c/e l/é"},
		{"l/a", "", "l/a-b l/a.b l/a/b l/ab"},
		{"l/a", "l/a.b", "l/a/b l/ab"},
		{"l/", "l/b/c/d", "l/b/c/e l/é"},
		{"l/b/c/", "", "l/b/c/d l/b/c/e"},
		{"l/b/c/d", "", "l/b/c/d"},
		{"l/none/", "", ""},
		{"l/a-b/", "", ""},
	} {
		if got := keys(ctx, store, c.prefix, c.after); got != c.want {
			t.Errorf("list %q after %q: %s, want %s", c.prefix, c.after, got, c.want)
		}
	}
	for range store.List(ctx, "l/", "") {
		break // may be left at any time
	}
	var many []string
	for i := range 130 { // more than one page of s3test
		many = append(many, fmt.Sprintf("m/%05d", i))
	}
	for _, k := range many {
		if _, err := store.Put(ctx, k, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(ctx, store, "m/", ""); got != strings.Join(many, " ") {
		t.Errorf("a long list has %d keys", strings.Count(got, " ")+1)
	}
	if err := store.Delete(ctx, many...); err != nil {
		t.Fatal(err)
	}
	if got := keys(ctx, store, "m/", ""); got != "" {
		t.Errorf("after their removal: %s", got)
	}
}

func uploads(t *testing.T, store vfs.Objects) {
	const part = 5 << 20 // the least that S3 takes
	ctx := t.Context()
	for _, size := range []int{0, 10, part, part + 1, 2*part + 5} {
		key := fmt.Sprint("u/", size)
		data := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		w := vfs.NewObjectWriter(ctx, store, key, part)
		for b := data; len(b) > 0; {
			n, err := w.Write(b[:min(len(b), 3_000_000)])
			if err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		if got := keys(ctx, store, key, ""); strings.HasPrefix(got+" ", key+" ") {
			t.Errorf("%d bytes: seen before its commit", size)
		}
		etag, err := w.Commit()
		if err := errors.Join(err, w.Abort(ctx)); err != nil || w.Size() != int64(size) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := vfs.ReadObject(ctx, store, key)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: read %d, %v", size, len(got), err)
		}
		if o, err := store.Stat(ctx, key); err != nil || o.ETag != etag {
			t.Errorf("%d bytes: %+v %v, want ETag %s", size, o, err, etag)
		}
	}
	w := vfs.NewObjectWriter(ctx, store, "u/given up", part)
	if _, err := w.Write(make([]byte, part+1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err == nil {
		t.Error("committed what was given up")
	}
	if got := keys(ctx, store, "u/given", ""); got != "" {
		t.Errorf("given up, and there: %s", got)
	}
}
