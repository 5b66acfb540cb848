package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// coercion brings an argument to the type that a kernel computes in, for
// operators whose operand types are not those of the parameters (an INT beside
// a BIGINT, a DECIMAL beside an INT). It costs nothing where the types agree.
type coercion struct {
	kernel Kernel // nil: as it is
	tmp    *vec.Vector
	head   vec.Vector
	arg    [1]*vec.Vector
}

func coerce(from, to types.Type, zone *types.Zone) (*coercion, error) {
	if CastIsNoop(from, to) {
		return &coercion{}, nil
	}
	k, err := CastKernel(from, to, false, zone)
	return &coercion{kernel: k, tmp: vec.New(to.AsNullable(), 0)}, err
}

// get gives v in the wanted type, valid until the next call. A constant stays one.
func (o *coercion) get(c *Ctx, v *vec.Vector) (*vec.Vector, error) {
	if o.kernel == nil {
		return v, nil
	}
	n := v.N
	o.arg[0] = v
	if v.Const {
		o.head = *v
		o.head.N = 1
		o.arg[0] = &o.head
	}
	if v.Const && v.IsNull(0) {
		o.tmp.Resize(1)
		o.tmp.SetAllNull()
	} else {
		if err := o.kernel(c, o.arg[:], o.tmp); err != nil {
			return nil, err
		}
		o.tmp.AndValid(o.arg[0])
	}
	if v.Const {
		o.tmp.Const, o.tmp.N = true, n
	}
	return o.tmp, nil
}

// coerced wraps a strict kernel over arguments of types want around arguments
// of the call's types.
func coerced(c *Call, want []types.Type, k Kernel) (Kernel, error) {
	return coercedArgs(c, want, k, true)
}

func coercedArgs(c *Call, want []types.Type, k Kernel, strict bool) (Kernel, error) {
	cs := make([]*coercion, len(want))
	same := true
	for i, t := range want {
		co, err := coerce(c.Args[i].Type, t, c.Zone)
		if err != nil {
			return nil, err
		}
		cs[i] = co
		same = same && co.kernel == nil
	}
	if same {
		return k, nil
	}
	buf := make([]*vec.Vector, len(want))
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		for i, co := range cs {
			v, err := co.get(x, args[i])
			if err != nil {
				return err
			}
			buf[i] = v
		}
		if err := k(x, buf, out); err != nil || !strict {
			return err
		}
		// A cast of a number may have overflowed to null.
		for _, v := range buf {
			out.AndValid(v)
		}
		return nil
	}, nil
}
