package snapshot

import (
	"errors"
	"path/filepath"
)

// Discard removes all that a state directory holds, so that its job starts anew.
// A directory that is in use is left alone, and what is wrong with it is told.
func Discard(cfg Config) error {
	cfg = cfg.filled()
	l := &Log{cfg: cfg, store: store{cfg.FS, cfg.Dir}}
	if err := l.directories(); err != nil {
		return err
	}
	if err := l.takeLock(); err != nil {
		return err
	}
	// The log first: images without one are taken for nothing.
	for _, k := range []kind{logFiles, imageFiles} {
		dir := filepath.Join(l.dir, k.dir)
		if err := l.fs.RemoveAll(dir); err != nil {
			return errors.Join(failing("removing", dir, err), l.release())
		}
	}
	return errors.Join(syncDir(l.fs, l.dir), l.release())
}
