package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// BucketName is the function that the planner spreads values with: equal values
// are in the same of n buckets, in every process.
const BucketName = "$BUCKET"

func bucketFuncs() []Func {
	return []Func{{Name: BucketName, Sig: "(n BIGINT, x ANY...) -> INT", Doc: "The bucket of a list of values.", Category: "conditional", Hidden: true,
		Nulls: Custom, Bind: bindBucket}}
}

func bindBucket(c *Call) (Kernel, error) {
	ts := make([]types.Type, len(c.Args)-1)
	for i := range ts {
		ts[i] = c.Args[i+1].Type
	}
	codec, flat := vec.NewCodec(ts), make([]*vec.Vector, len(ts))
	vs := make([]*vec.Vector, len(ts))
	var rows vec.Rows
	var buckets *vec.Vector
	var hashes []uint64
	return func(ctx *Ctx, args []*vec.Vector, out *vec.Vector) error {
		for i, a := range args[1:] {
			vs[i] = flatten(a, &flat[i], ctx.N)
		}
		codec.EncodeVectors(&rows, vs, nil, ctx.N)
		hashes = vec.HashRows(&rows, hashes)
		out.Resize(ctx.N)
		n := flatten(args[0], &buckets, ctx.N).I64
		for i, h := range hashes {
			// The key group is taken from the upper half.
			out.I32[i] = int32((h & 0xffffffff) * uint64(n[i]) >> 32)
		}
		return nil
	}, nil
}
