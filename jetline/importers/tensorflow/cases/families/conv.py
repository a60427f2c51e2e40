"""Convolutions of every kind."""
import numpy as np

from builder import raw

F32 = np.float32
# (padding, strides, dilations, kernel, size)
FORMS = {
    "same": ("SAME", 1, 1, (3, 3), (6, 5)), "valid": ("VALID", 1, 1, (3, 3), (6, 5)),
    "same_stride2": ("SAME", 2, 1, (3, 3), (7, 6)), "same_stride2_even": ("SAME", 2, 1, (3, 3), (8, 8)),
    "valid_stride2": ("VALID", 2, 1, (3, 3), (7, 8)), "same_dilation2": ("SAME", 1, 2, (3, 3), (7, 7)),
    "valid_dilation2": ("VALID", 1, 2, (3, 3), (7, 7)), "pointwise": ("SAME", 1, 1, (1, 1), (4, 4)),
    "kernel5_stride3": ("SAME", 3, 1, (5, 5), (10, 8)), "even_kernel": ("SAME", 1, 1, (2, 4), (5, 6)),
    "row_kernel": ("SAME", 1, 1, (1, 3), (4, 5)), "pointwise_stride2": ("SAME", 2, 1, (1, 1), (5, 4)),
}


def hw(value):
    return [1, *([value, value] if isinstance(value, int) else value), 1]


def conv2d(x, w, padding="SAME", strides=1, dilations=1, explicit=(), data_format="NHWC"):
    s, d = hw(strides), hw(dilations)
    if data_format == "NCHW":
        s, d = [s[0], s[3], s[1], s[2]], [d[0], d[3], d[1], d[2]]
    return raw.Conv2D(input=x, filter=w, strides=s, padding=padding, dilations=d, explicit_paddings=list(explicit),
                      data_format=data_format)


def make(add):
    for name, (padding, s, d, k, size) in FORMS.items():
        add("Conv2D", name, lambda g: conv2d(g.input(g.normal(2, *size, 3)), g.normal(*k, 3, 4), padding, s, d))
    add("Conv2D", "explicit", lambda g: conv2d(g.input(g.normal(1, 5, 6, 2)), g.normal(3, 3, 2, 3), "EXPLICIT", 1, 1,
                                               (0, 0, 1, 2, 0, 3, 0, 0)))
    add("Conv2D", "explicit_stride2", lambda g: conv2d(g.input(g.normal(1, 7, 7, 2)), g.normal(3, 3, 2, 3), "EXPLICIT",
                                                       2, 1, (0, 0, 1, 1, 1, 1, 0, 0)))
    add("Conv2D", "strides_differ", lambda g: conv2d(g.input(g.normal(1, 7, 8, 2)), g.normal(3, 3, 2, 3), "SAME",
                                                     (1, 2)))
    add("Conv2D", "dilations_differ", lambda g: conv2d(g.input(g.normal(1, 9, 8, 2)), g.normal(3, 3, 2, 3), "SAME", 1,
                                                       (2, 3)))
    add("Conv2D", "groups", lambda g: conv2d(g.input(g.normal(1, 5, 5, 6)), g.normal(3, 3, 2, 6)))
    add("Conv2D", "groups_valid", lambda g: conv2d(g.input(g.normal(2, 5, 4, 4)), g.normal(3, 3, 2, 2), "VALID"))
    add("Conv2D", "dynamic_batch", lambda g: conv2d(g.input(g.normal(2, 5, 5, 2), [None, 5, 5, 2]),
                                                    g.normal(3, 3, 2, 3), "SAME", 2))
    add("Conv2D", "dynamic_size", lambda g: conv2d(g.input(g.normal(1, 6, 5, 2), [None, None, None, 2]),
                                                   g.normal(3, 3, 2, 3)))
    add("Conv2D", "dynamic_size_stride2", lambda g: conv2d(g.input(g.normal(1, 6, 5, 2), [None, None, None, 2]),
                                                           g.normal(3, 3, 2, 3), "SAME", 2))
    add("Conv2D", "dynamic_size_stride2_odd", lambda g: conv2d(g.input(g.normal(1, 7, 7, 2), [None, None, None, 2]),
                                                               g.normal(3, 3, 2, 3), "SAME", 2))
    add("Conv2D", "dynamic_valid", lambda g: conv2d(g.input(g.normal(1, 7, 6, 2), [None, None, None, 2]),
                                                    g.normal(3, 3, 2, 3), "VALID", 2))
    add("Conv2D", "runtime_filter", lambda g: conv2d(g.input(g.normal(1, 5, 5, 2)), g.input(g.normal(3, 3, 2, 3))))
    add("Conv2D", "double", lambda g: conv2d(g.input(g.normal(1, 5, 5, 2, dtype=np.float64)),
                                             g.normal(3, 3, 2, 3, dtype=np.float64)))
    add("Conv2D", "half", lambda g: conv2d(g.input(g.normal(1, 4, 4, 2, dtype=np.float16)),
                                           g.normal(3, 3, 2, 3, dtype=np.float16)), tolerance=5e-3)

    # TensorFlow has no CPU kernels for NCHW: the numbers come from the same graph in NHWC between transposes.
    def nchw(g, form, explicit=(), native=True, groups=1):
        padding, st, d, k, size = form
        x = g.input(g.normal(2, 4, *size))
        w = g.normal(*k, 4 // groups, 6)
        if native:
            pads = [explicit[i] for i in (0, 1, 6, 7, 2, 3, 4, 5)] if explicit else ()
            return conv2d(x, w, padding, st, d, pads, "NCHW")
        y = conv2d(raw.Transpose(x=x, perm=np.array([0, 2, 3, 1], np.int32)), w, padding, st, d, explicit)
        return raw.Transpose(x=y, perm=np.array([0, 3, 1, 2], np.int32))
    for name in ["same", "valid_stride2", "same_stride2_even", "valid_dilation2"]:
        add("Conv2D", "nchw_" + name, lambda g: nchw(g, FORMS[name]),
            reference=lambda g: nchw(g, FORMS[name], native=False))
    pads = (0, 0, 1, 2, 0, 1, 0, 0)
    form = ("EXPLICIT", 1, 1, (3, 3), (5, 6))
    add("Conv2D", "nchw_explicit", lambda g: nchw(g, form, pads), reference=lambda g: nchw(g, form, pads, False))
    add("Conv2D", "nchw_groups", lambda g: nchw(g, FORMS["same"], groups=2),
        reference=lambda g: nchw(g, FORMS["same"], (), False, 2))

    def depthwise_nchw(g, native):
        x, w = g.input(g.normal(2, 3, 5, 6)), g.normal(3, 3, 3, 2)
        if native:
            return raw.DepthwiseConv2dNative(input=x, filter=w, strides=[1, 1, 1, 1], padding="SAME",
                                             data_format="NCHW")
        y = raw.DepthwiseConv2dNative(input=raw.Transpose(x=x, perm=np.array([0, 2, 3, 1], np.int32)), filter=w,
                                      strides=[1, 1, 1, 1], padding="SAME")
        return raw.Transpose(x=y, perm=np.array([0, 3, 1, 2], np.int32))
    add("DepthwiseConv2dNative", "nchw", lambda g: depthwise_nchw(g, True),
        reference=lambda g: depthwise_nchw(g, False))

    def back_nchw(g, native):
        x, w = g.input(g.normal(1, 3, 4, 4)), g.normal(3, 3, 2, 3)
        if native:
            return raw.Conv2DBackpropInput(input_sizes=np.array([1, 2, 8, 8], np.int32), filter=w, out_backprop=x,
                                           strides=[1, 1, 2, 2], padding="SAME", data_format="NCHW")
        y = raw.Conv2DBackpropInput(input_sizes=np.array([1, 8, 8, 2], np.int32), filter=w, padding="SAME",
                                    out_backprop=raw.Transpose(x=x, perm=np.array([0, 2, 3, 1], np.int32)),
                                    strides=[1, 2, 2, 1])
        return raw.Transpose(x=y, perm=np.array([0, 3, 1, 2], np.int32))
    add("Conv2DBackpropInput", "nchw", lambda g: back_nchw(g, True), reference=lambda g: back_nchw(g, False))

    def conv3_ncdhw(g, native):
        x, w = g.input(g.normal(1, 2, 3, 4, 4)), g.normal(2, 3, 3, 2, 3)
        if native:
            return raw.Conv3D(input=x, filter=w, strides=[1] * 5, padding="SAME", data_format="NCDHW")
        y = raw.Conv3D(input=raw.Transpose(x=x, perm=np.array([0, 2, 3, 4, 1], np.int32)), filter=w, strides=[1] * 5,
                       padding="SAME")
        return raw.Transpose(x=y, perm=np.array([0, 4, 1, 2, 3], np.int32))
    add("Conv3D", "ncdhw", lambda g: conv3_ncdhw(g, True), reference=lambda g: conv3_ncdhw(g, False))

    def block(g):
        x = g.input(g.normal(1, 6, 6, 3))
        y = raw.BiasAdd(value=conv2d(x, g.normal(3, 3, 3, 4), "SAME", 2), bias=g.normal(4))
        return conv2d(raw.Relu6(features=y), g.normal(1, 1, 4, 2), "SAME")
    add("Conv2D", "two_in_a_row", block)

    # Conv1D as Keras writes it.
    def conv1d(g, padding="SAME", stride=1, dilation=1):
        x = raw.ExpandDims(input=g.input(g.normal(2, 9, 3)), axis=-3)
        w = raw.ExpandDims(input=g.normal(3, 3, 4), axis=0)
        y = raw.Conv2D(input=x, filter=w, strides=[1, 1, stride, 1], padding=padding, dilations=[1, 1, dilation, 1])
        return raw.Squeeze(input=y, axis=[-3])
    add("Conv2D", "conv1d_same", conv1d)
    add("Conv2D", "conv1d_stride2_valid", lambda g: conv1d(g, "VALID", 2))
    add("Conv2D", "conv1d_dilation3", lambda g: conv1d(g, "SAME", 1, 3))

    # Dilation as TensorFlow 1 wrote it: SpaceToBatchND, a plain convolution, BatchToSpaceND.
    def atrous(g):
        x = g.input(g.normal(1, 8, 8, 2))
        p = np.array([[2, 2], [2, 2]], np.int32)
        y = raw.SpaceToBatchND(input=x, block_shape=np.array([2, 2], np.int32), paddings=p)
        y = conv2d(y, g.normal(3, 3, 2, 3), "VALID")
        return raw.BatchToSpaceND(input=y, block_shape=np.array([2, 2], np.int32), crops=np.zeros((2, 2), np.int32))
    add("Conv2D", "atrous_by_batches", atrous)

    for name, (padding, s, d, k, size) in FORMS.items():
        if d != 1 and s != 1:
            continue
        mult = 2 if "valid" in name else 1
        add("DepthwiseConv2dNative", f"{name}_x{mult}", lambda g: raw.DepthwiseConv2dNative(
            input=g.input(g.normal(1, *size, 3)), filter=g.normal(*k, 3, mult), strides=hw(s), padding=padding,
            dilations=hw(d)))
    add("DepthwiseConv2dNative", "explicit", lambda g: raw.DepthwiseConv2dNative(
        input=g.input(g.normal(1, 5, 5, 2)), filter=g.normal(3, 3, 2, 2), strides=hw(2), padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 1, 2, 1, 0, 0]))
    add("DepthwiseConv2dNative", "one_channel_x4", lambda g: raw.DepthwiseConv2dNative(
        input=g.input(g.normal(1, 5, 5, 1)), filter=g.normal(3, 3, 1, 4), strides=hw(1), padding="SAME"))
    add("DepthwiseConv2dNative", "dynamic", lambda g: raw.DepthwiseConv2dNative(
        input=g.input(g.normal(2, 6, 5, 3), [None, None, None, 3]), filter=g.normal(3, 3, 3, 1), strides=hw(1),
        padding="SAME"))
    add("DepthwiseConv2dNative", "runtime_filter", lambda g: raw.DepthwiseConv2dNative(
        input=g.input(g.normal(1, 5, 5, 3)), filter=g.input(g.normal(3, 3, 3, 2)), strides=hw(1), padding="SAME"))

    def transposed(g, padding, s, k=(3, 3), size=(4, 5), out=None, c=(3, 2), explicit=(), dyn=None, sizes="const"):
        if out is None:
            if padding == "SAME":
                out = tuple(n * s for n in size)
            else:
                out = tuple(n * s + max(kk - s, 0) for n, kk in zip(size, k))
        x = g.input(g.normal(2, *size, c[0]), dyn or "same")
        shape = np.array([2, *out, c[1]], np.int32)
        if sizes == "computed":  # as Keras: batch from the input
            b = raw.StridedSlice(input=raw.Shape(input=x), begin=np.array([0], np.int32), end=np.array([1], np.int32),
                                 strides=np.array([1], np.int32), shrink_axis_mask=1)
            shape = raw.Pack(values=[b, np.int32(out[0]), np.int32(out[1]), np.int32(c[1])], axis=0)
        return raw.Conv2DBackpropInput(input_sizes=shape, filter=g.normal(*k, c[1], c[0]), out_backprop=x,
                                       strides=hw(s), padding=padding, explicit_paddings=list(explicit))
    add("Conv2DBackpropInput", "same", lambda g: transposed(g, "SAME", 1))
    add("Conv2DBackpropInput", "valid", lambda g: transposed(g, "VALID", 1))
    add("Conv2DBackpropInput", "same_stride2", lambda g: transposed(g, "SAME", 2))
    add("Conv2DBackpropInput", "same_stride2_odd", lambda g: transposed(g, "SAME", 2, out=(7, 9)))
    add("Conv2DBackpropInput", "same_stride2_kernel4", lambda g: transposed(g, "SAME", 2, (4, 4)))
    add("Conv2DBackpropInput", "same_stride2_kernel2", lambda g: transposed(g, "SAME", 2, (2, 2)))
    add("Conv2DBackpropInput", "same_stride3_kernel2", lambda g: transposed(g, "SAME", 3, (2, 2)))
    add("Conv2DBackpropInput", "valid_stride2", lambda g: transposed(g, "VALID", 2))
    add("Conv2DBackpropInput", "valid_stride2_kernel2", lambda g: transposed(g, "VALID", 2, (2, 2)))
    add("Conv2DBackpropInput", "valid_stride2_larger", lambda g: transposed(g, "VALID", 2, out=(10, 12)))
    add("Conv2DBackpropInput", "kernel5_stride4", lambda g: transposed(g, "SAME", 4, (5, 5), (3, 3)))
    add("Conv2DBackpropInput", "explicit", lambda g: transposed(g, "EXPLICIT", 2, out=(7, 9),
                                                                explicit=(0, 0, 1, 1, 1, 1, 0, 0)))
    add("Conv2DBackpropInput", "computed_sizes", lambda g: transposed(g, "SAME", 2, dyn=[None, 4, 5, 3],
                                                                      sizes="computed"))
    add("Conv2DBackpropInput", "dynamic_batch", lambda g: transposed(g, "VALID", 2, dyn=[None, 4, 5, 3],
                                                                     sizes="computed"))

    def conv3d(x, w, padding="SAME", s=1, d=1):
        return raw.Conv3D(input=x, filter=w, strides=[1, s, s, s, 1], padding=padding, dilations=[1, d, d, d, 1])
    add("Conv3D", "same", lambda g: conv3d(g.input(g.normal(1, 4, 5, 4, 2)), g.normal(3, 3, 3, 2, 3)))
    add("Conv3D", "valid", lambda g: conv3d(g.input(g.normal(1, 4, 5, 4, 2)), g.normal(2, 3, 2, 2, 3), "VALID"))
    add("Conv3D", "same_stride2", lambda g: conv3d(g.input(g.normal(1, 5, 6, 4, 2)), g.normal(3, 3, 3, 2, 3), s=2))
    add("Conv3D", "valid_stride2", lambda g: conv3d(g.input(g.normal(1, 5, 6, 5, 2)), g.normal(3, 3, 3, 2, 2), "VALID",
                                                    s=2))
    add("Conv3D", "pointwise", lambda g: conv3d(g.input(g.normal(2, 3, 3, 3, 2)), g.normal(1, 1, 1, 2, 4)))
    add("Conv3D", "dynamic_batch", lambda g: conv3d(g.input(g.normal(2, 3, 4, 3, 2), [None, 3, 4, 3, 2]),
                                                    g.normal(2, 2, 2, 2, 3)))

    def transposed3(g, padding, s, size=(2, 3, 2), k=3):
        out = [n * s if padding == "SAME" else n * s + max(k - s, 0) for n in size]
        return raw.Conv3DBackpropInputV2(
            input_sizes=np.array([1, *out, 2], np.int32), filter=g.normal(k, k, k, 2, 3),
            out_backprop=g.input(g.normal(1, *size, 3)), strides=[1, s, s, s, 1], padding=padding)
    add("Conv3DBackpropInputV2", "same", lambda g: transposed3(g, "SAME", 1))
    add("Conv3DBackpropInputV2", "valid", lambda g: transposed3(g, "VALID", 1))
    add("Conv3DBackpropInputV2", "same_stride2", lambda g: transposed3(g, "SAME", 2))
    add("Conv3DBackpropInputV2", "valid_stride2", lambda g: transposed3(g, "VALID", 2, k=2))
    def depthwise_back(g, s, padding, m=1):
        size = (4, 4)
        out = [n * s if padding == "SAME" else n * s + max(3 - s, 0) for n in size]
        return raw.DepthwiseConv2dNativeBackpropInput(
            input_sizes=np.array([1, *out, 2], np.int32), filter=g.normal(3, 3, 2, m),
            out_backprop=g.input(g.normal(1, *size, 2 * m)), strides=hw(s), padding=padding)
    add("DepthwiseConv2dNativeBackpropInput", "same", lambda g: depthwise_back(g, 1, "SAME"))
    add("DepthwiseConv2dNativeBackpropInput", "same_stride2", lambda g: depthwise_back(g, 2, "SAME"))
    add("DepthwiseConv2dNativeBackpropInput", "valid_x2", lambda g: depthwise_back(g, 1, "VALID", 2))

    def dilation(g, padding, s=1, r=1, k=(3, 3), size=(6, 5)):
        return raw.Dilation2D(input=g.input(g.normal(1, *size, 2)), filter=g.normal(*k, 2), strides=hw(s), rates=hw(r),
                              padding=padding)
    add("Dilation2D", "same", lambda g: dilation(g, "SAME"))
    add("Dilation2D", "valid", lambda g: dilation(g, "VALID"))
    add("Dilation2D", "stride2", lambda g: dilation(g, "SAME", 2))
    add("Dilation2D", "rate2", lambda g: dilation(g, "VALID", 1, 2, size=(7, 6)))
    add("Dilation2D", "flat", lambda g: raw.Dilation2D(input=g.input(g.normal(1, 5, 5, 1)), filter=np.zeros((2, 2, 1), F32),
                                                      strides=hw(1), rates=hw(1), padding="SAME"))

    for fused in [["BiasAdd"], ["BiasAdd", "Relu"], ["BiasAdd", "Relu6"], ["BiasAdd", "Elu"]]:
        name = "_".join(f.lower() for f in fused)
        add("_FusedConv2D", name, lambda g: raw_fused("_FusedConv2D", fused, g.input(g.normal(1, 5, 5, 2)),
                                                      g.normal(3, 3, 2, 3), [g.normal(3)]))
        add("_FusedMatMul", name, lambda g: raw_fused("_FusedMatMul", fused, g.input(g.normal(3, 4)), g.normal(4, 5),
                                                      [g.normal(5)]))
    add("_FusedConv2D", "leaky_relu", lambda g: raw_fused(
        "_FusedConv2D", ["BiasAdd", "LeakyRelu"], g.input(g.normal(1, 5, 5, 2)), g.normal(3, 3, 2, 3), [g.normal(3)],
        leakyrelu_alpha=0.1))
    add("_FusedConv2D", "batch_norm_relu", lambda g: raw_fused(
        "_FusedConv2D", ["FusedBatchNorm", "Relu"], g.input(g.normal(1, 5, 5, 2)), g.normal(3, 3, 2, 3),
        [g.uniform(0.5, 2, 3), g.normal(3), g.normal(3), g.uniform(0.5, 2, 3)], epsilon=0.001))
    add("FusedPadConv2D", "reflect", lambda g: raw.FusedPadConv2D(
        input=g.input(g.normal(1, 5, 5, 2)), paddings=np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32),
        filter=g.normal(3, 3, 2, 3), mode="REFLECT", strides=hw(1), padding="VALID"))
    add("FusedPadConv2D", "symmetric_stride2", lambda g: raw.FusedPadConv2D(
        input=g.input(g.normal(1, 5, 5, 2)), paddings=np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32),
        filter=g.normal(3, 3, 2, 3), mode="SYMMETRIC", strides=hw(2), padding="SAME"))

    for op, extra in [("BiasAdd", {"data_format": "NHWC"}), ("BiasAddV1", {})]:
        f = getattr(raw, op)
        add(op, "rank2", lambda g: f(value=g.input(g.normal(2, 3)), bias=g.normal(3), **extra))
        add(op, "rank4", lambda g: f(value=g.input(g.normal(1, 2, 2, 3)), bias=g.normal(3), **extra))
        add(op, "runtime_bias", lambda g: f(value=g.input(g.normal(2, 3), "dims"), bias=g.input(g.normal(3)), **extra))
    for rank in [3, 4, 5]:
        shape = [2, 3, 4, 2, 2][:rank]
        add("BiasAdd", f"nchw_rank{rank}", lambda g: raw.BiasAdd(value=g.input(g.normal(*shape)), bias=g.normal(3),
                                                                  data_format="NCHW"))
    add("BiasAdd", "int32", lambda g: raw.BiasAdd(value=g.input(g.ints(0, 9, 2, 3)), bias=g.ints(0, 9, 3)))


def raw_fused(op, fused, a, b, args, **attrs):
    """Operators of TensorFlow's own optimiser have no Python function."""
    from tensorflow.python.framework import op_def_library, op_def_registry

    for attr in op_def_registry.get(op).attr:  # apply_op wants every one
        if attr.HasField("default_value") and attr.name not in attrs:
            kind = attr.default_value.WhichOneof("value")
            value = getattr(attr.default_value, kind)
            attrs[attr.name] = list(value.i or value.s) if kind == "list" else value
    attrs.pop("num_host_args", None)
    attrs.update(name=op[1:], fused_ops=fused, args=args)
    if op == "_FusedConv2D":
        attrs.update(input=a, filter=b, host_args=[], strides=[1, 1, 1, 1], padding="SAME")
        attrs.update(dilations=[1, 1, 1, 1], num_args=len(args))
    else:
        attrs.update(a=a, b=b)
    return op_def_library.apply_op(op, **attrs)
