package join

import "github.com/weir-stream/weir/internal/sqlerr"

func unsupported(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, format, args...)
}
