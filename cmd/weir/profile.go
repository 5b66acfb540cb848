package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	rpprof "runtime/pprof"
)

// profiles is the flags that say where a run spends time and memory.
type profiles struct {
	Cpuprofile string `placeholder:"FILE" help:"Write a CPU profile, for go tool pprof."`
	Memprofile string `placeholder:"FILE" help:"Write a heap profile at the end."`
	Pprof      string `placeholder:"ADDR" help:"Serve live profiles over HTTP, for example at localhost:6060."`
}

// start begins what was asked for; the result ends it.
func (p *profiles) start() (stop func(), err error) {
	var ends []func()
	stop = func() {
		for _, f := range ends {
			f()
		}
	}
	if p.Pprof != "" {
		l, err := net.Listen("tcp", p.Pprof)
		if err != nil {
			return stop, fmt.Errorf("--pprof: %w", err)
		}
		fmt.Fprintf(os.Stderr, "profiles at http://%s/debug/pprof/\n", l.Addr())
		srv := &http.Server{Handler: profileHandler()}
		go func() { _ = srv.Serve(l) }()
		ends = append(ends, func() { _ = srv.Close() })
	}
	if p.Cpuprofile != "" {
		f, err := os.Create(p.Cpuprofile)
		if err != nil {
			return stop, fmt.Errorf("--cpuprofile: %w", err)
		}
		if err := rpprof.StartCPUProfile(f); err != nil {
			return stop, fmt.Errorf("--cpuprofile: %w", err)
		}
		ends = append(ends, func() {
			rpprof.StopCPUProfile()
			_ = f.Close()
		})
	}
	if p.Memprofile != "" {
		ends = append(ends, func() { writeHeap(p.Memprofile) })
	}
	return stop, nil
}

func profileHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/debug/pprof/", pprof.Index)
	m.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	m.HandleFunc("/debug/pprof/profile", pprof.Profile)
	m.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	m.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return m
}

func writeHeap(file string) {
	f, err := os.Create(file)
	if err == nil {
		runtime.GC()
		err = rpprof.WriteHeapProfile(f)
		_ = f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "weir: --memprofile:", err)
	}
}

// args hands the flags on to the child that runs one query; with several
// queries the files are FILE.q.
func (p *profiles) args(query string, alone bool) (out []string) {
	for _, f := range []struct{ flag, value string }{{"cpuprofile", p.Cpuprofile}, {"memprofile", p.Memprofile}} {
		if f.value == "" {
			continue
		}
		if !alone {
			f.value += "." + query
		}
		out = append(out, "--"+f.flag+"="+f.value)
	}
	if p.Pprof != "" {
		out = append(out, "--pprof="+p.Pprof)
	}
	return out
}
