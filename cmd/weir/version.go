package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of a build that is no tagged module.
const release = "0.1.0-dev"

// versionCmd is `weir version`.
type versionCmd struct{}

// Run prints the version, the commit it was built from and Go's version.
func (versionCmd) Run(a *app) error {
	v, commit, dirty := release, "unknown", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		if b.Main.Version != "" && b.Main.Version != "(devel)" {
			v = b.Main.Version
		}
		for _, s := range b.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				if s.Value == "true" {
					dirty = " (modified)"
				}
			}
		}
	}
	_, err := fmt.Fprintf(a.out, "weir %s\ncommit %s%s\n%s %s/%s\n", v, commit, dirty, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
