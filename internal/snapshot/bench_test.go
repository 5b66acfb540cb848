package snapshot_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// quantiles reports the median and the 99th percentile.
func quantiles(b *testing.B, what string, took []time.Duration) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), what+"p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), what+"p99-ms")
}

// BenchmarkAppend appends frames of 16 blocks, and beside each writes and syncs
// as many bytes to a plain file.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{16 << 10, 512 << 10, 5 << 20} {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			cfg := snapshot.Config{FS: vfs.OS{}, Dir: filepath.Join(b.TempDir(), "state"), Domain: "job"}
			l, r, err := snapshot.Open(context.Background(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			defer r.Close()
			raw, err := os.Create(filepath.Join(b.TempDir(), "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer raw.Close()
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(i * 7)
			}
			f := &snapshot.Frame{Meta: make([]byte, 1000)}
			for i := range 16 {
				f.Blocks = append(f.Blocks, snapshot.Block{Table: fmt.Sprintf("0123456789abcdef/table%d", i/2), Subtask: i % 2, Data: data[i*size/16 : (i+1)*size/16]})
			}
			var ours, disk []time.Duration
			b.SetBytes(int64(size))
			for b.Loop() {
				f.Epoch++
				f.Committed = f.Epoch - 1
				start := time.Now()
				if err := l.Append(context.Background(), f); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, time.Since(start))
				start = time.Now()
				if _, err := raw.Write(data); err != nil {
					b.Fatal(err)
				}
				if err := raw.Sync(); err != nil {
					b.Fatal(err)
				}
				disk = append(disk, time.Since(start))
			}
			quantiles(b, "", ours)
			quantiles(b, "disk-", disk)
		})
	}
}

// BenchmarkRecover opens a directory of 256 MB and reads all of it: frames, or
// images.
func BenchmarkRecover(b *testing.B) {
	const size, blocks = 256 << 20, 256
	data := make([]byte, size/blocks)
	for _, images := range []bool{false, true} {
		b.Run(map[bool]string{false: "frames", true: "images"}[images], func(b *testing.B) {
			cfg := snapshot.Config{FS: vfs.OS{}, Dir: filepath.Join(b.TempDir(), "state"), Domain: "job"}
			l, r, err := snapshot.Open(context.Background(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			r.Close()
			base, err := l.BeginBase()
			for i := range uint64(blocks) {
				if images && err == nil {
					err = base.Put(snapshot.Image{Table: "t/state", Part: i, Data: data})
				} else if err == nil {
					err = l.Append(context.Background(), &snapshot.Frame{Epoch: i + 1, Blocks: []snapshot.Block{{Table: "t/state", Data: data}}})
				}
			}
			if images && err == nil {
				if err = base.Commit(); err == nil {
					err = l.Append(context.Background(), &snapshot.Frame{Epoch: 1})
				}
			}
			if err != nil {
				b.Fatal(err)
			}
			l.Close()
			b.SetBytes(size)
			var opened []time.Duration
			for b.Loop() {
				start := time.Now()
				l, r, err := snapshot.Open(context.Background(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				opened = append(opened, time.Since(start))
				if err := r.Verify(); err != nil {
					b.Fatal(err)
				}
				r.Close()
				l.Close()
			}
			quantiles(b, "open-", opened)
		})
	}
}

// BenchmarkAppendBesideBase appends a frame of 512 KB every 50 ms while bases of
// 512 MB are made one after another.
func BenchmarkAppendBesideBase(b *testing.B) {
	cfg := snapshot.Config{FS: vfs.OS{}, Dir: filepath.Join(b.TempDir(), "state"), Domain: "job"}
	l, r, err := snapshot.Open(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	defer r.Close()
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		image := make([]byte, 1<<20)
		for i := range image {
			image[i] = byte(i * 31)
		}
		made := int64(0)
		defer func() { done <- made }()
		for {
			base, err := l.BeginBase()
			for part := uint64(0); part < 512 && err == nil; part++ {
				select {
				case <-stop:
					base.Abandon()
					return
				default:
				}
				err = base.Put(snapshot.Image{Table: "t/state", Part: part, Epoch: l.Epoch(), Data: image})
				made += int64(len(image))
			}
			if err == nil {
				err = base.Commit()
			}
			time.Sleep(10 * time.Millisecond) // until an epoch has named it
		}
	}()
	f := &snapshot.Frame{Blocks: []snapshot.Block{{Table: "t/state", Data: make([]byte, 512<<10)}}}
	var took []time.Duration
	began := time.Now()
	for b.Loop() {
		f.Epoch++
		f.Committed = f.Epoch - 1
		start := time.Now()
		if err := l.Append(context.Background(), f); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		time.Sleep(50 * time.Millisecond)
	}
	close(stop)
	made := <-done
	quantiles(b, "", took)
	b.ReportMetric(float64(made)/(1<<20)/time.Since(began).Seconds(), "base-MB/s")
}
