//go:build !linux && !darwin && !freebsd && !windows

package vfs

import (
	"errors"
	"os"
)

func lock(*os.File) error { return errors.ErrUnsupported }
