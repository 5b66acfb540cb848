package filesystem

import (
	"path/filepath"

	"github.com/weir-stream/weir/internal/vfs"
)

// makeDir makes a folder below top, or anywhere if that is empty, whose name, and
// those on the way to it, a power cut leaves. Where they were there before, a folder
// that cannot be synced is not an error: who made it saw to that.
func makeDir(fsys vfs.FS, dir, top string) error {
	_, missing := fsys.Stat(dir)
	if err := fsys.MkdirAll(dir); err != nil {
		return err
	}
	for at := filepath.Clean(dir); at != top && at != filepath.Dir(at); at = filepath.Dir(at) {
		if err := fsys.SyncDir(filepath.Dir(at)); err != nil && missing != nil && at == filepath.Clean(dir) {
			return err
		}
	}
	return nil
}
