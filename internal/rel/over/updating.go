package over

import "github.com/weir-stream/weir/internal/op"

func newUpdating(s spec) op.Operator { return newBatch(s) }
