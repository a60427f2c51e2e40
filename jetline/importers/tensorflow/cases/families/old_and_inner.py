"""Operators of old graphs, and those that TensorFlow's own rewriting puts into graphs."""
import numpy as np

from builder import raw, tf

F32, I, L = np.float32, np.int32, np.int64


def inner(g, op, inputs, outputs, **attrs):
    """An operator without a Python function. outputs: their number. attrs: values, or lists of types, as they are."""
    graph = tf.compat.v1.get_default_graph()
    graph_def = tf.compat.v1.GraphDef()
    graph_def.versions.CopyFrom(graph.as_graph_def().versions)
    for i, t in enumerate(inputs):
        graph_def.node.add(name=f"in{i}", op="Placeholder").attr["dtype"].type = t.dtype.as_datatype_enum
    node = graph_def.node.add(name=op.strip("_"), op=op, input=[f"in{i}" for i in range(len(inputs))])
    for key, value in attrs.items():
        a = node.attr[key]
        if isinstance(value, tf.DType):
            a.type = value.as_datatype_enum
        elif isinstance(value, bool):
            a.b = value
        elif isinstance(value, int):
            a.i = value
        elif isinstance(value, float):
            a.f = value
        elif isinstance(value, str):
            a.s = value.encode()
        elif isinstance(value, np.ndarray):
            a.tensor.CopyFrom(tf.make_tensor_proto(value))
        elif value and isinstance(value[0], tf.DType):
            a.list.type.extend(t.as_datatype_enum for t in value)
        elif value and isinstance(value[0], str):
            a.list.s.extend(v.encode() for v in value)
        else:
            a.list.i.extend(value)
    found = tf.import_graph_def(graph_def, {f"in{i}:0": t for i, t in enumerate(inputs)}, [op.strip("_")], name="")[0]
    return list(found.outputs)[:outputs]


def make(add):
    spd = np.array([[4, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]], F32)
    square = lambda g: g.input(g.normal(2, 3, 3) + 3 * np.eye(3, dtype=F32))

    # Batch…: no kernels are left; the numbers come from the operators that replaced them.
    def either(op, new, inputs, **attrs):
        def old(g):
            tensors = inputs(g)
            return g.old_op(op, tensors, T=tf.float32, **attrs)[0]
        return dict(build=old, reference=lambda g: new(*inputs(g)), tolerance=1e-4)
    add("BatchCholesky", "two", **either("BatchCholesky", lambda a: raw.Cholesky(input=a), lambda g: [g.input(np.stack([spd, spd * 2]))]))
    add("BatchMatrixDeterminant", "two", **either("BatchMatrixDeterminant", lambda a: raw.MatrixDeterminant(input=a), lambda g: [square(g)]))
    add("BatchMatrixInverse", "two", **either("BatchMatrixInverse", lambda a: raw.MatrixInverse(input=a), lambda g: [square(g)]))
    add("BatchMatrixSolve", "two", **either("BatchMatrixSolve", lambda a, b: raw.MatrixSolve(matrix=a, rhs=b), lambda g: [square(g), g.input(g.normal(2, 3, 2))]))
    add("BatchMatrixTriangularSolve", "two", **either(
        "BatchMatrixTriangularSolve", lambda a, b: raw.MatrixTriangularSolve(matrix=a, rhs=b, lower=True), lambda g: [square(g), g.input(g.normal(2, 3, 2))], lower=True))
    add("LogMatrixDeterminant", "batch", lambda g: list(raw.LogMatrixDeterminant(input=square(g))), tolerance=1e-4)

    add("ControlTrigger", "beside", lambda g: _after(raw.ControlTrigger(), g.input(g.normal(3))))
    add("Print", "beside", lambda g: raw.Print(input=g.input(g.normal(2)), data=[tf.constant([1.0])], message="", first_n=0))
    add("PrintV2", "beside", lambda g: _after(raw.PrintV2(input=tf.constant("")), g.input(g.normal(2))), reference=lambda g: tf.identity(g.input(g.normal(2))))
    add("Abort", "beside", lambda g: _after(raw.Abort(), g.input(g.normal(2))), reference=lambda g: tf.identity(g.input(g.normal(2))))
    for op in ["DebugIdentity", "DebugIdentityV2"]:  # the debugger's service is not there: it is an identity
        add(op, "float", lambda g: inner(g, op, [g.input(g.normal(2, 3))], 1, T=tf.float32), reference=lambda g: tf.identity(g.input(g.normal(2, 3))))
    add("_SwitchN", "known_way", lambda g: raw.Merge(inputs=[t * 2.0 for t in inner(
        g, "_SwitchN", [g.input(g.normal(3)), tf.constant(1)], 2, T=tf.float32, num_outs=2)])[0])
    for op in ["Copy", "CopyHost"]:
        add(op, "float", lambda g: inner(g, op, [g.input(g.normal(2, 3))], 1, T=tf.float32))
    add("HostConst", "three", lambda g: g.input(g.normal(3)) + inner(g, "HostConst", [], 1, dtype=tf.float32, value=g.normal(3))[0])
    add("_EagerConst", "float", lambda g: inner(g, "_EagerConst", [g.input(g.normal(3))], 1, T=tf.float32))
    add("_SwitchN", "two_ways", lambda g: _switch_n(g))
    add("XlaOptimizationBarrier", "two", lambda g: inner(g, "XlaOptimizationBarrier", [g.input(g.normal(2)), g.input(g.ints(0, 9, 3))], 2, T=[tf.float32, tf.int32]))

    for op in ["SegmentSumV2", "SegmentMaxV2", "SegmentMinV2", "SegmentProdV2"]:
        f = getattr(raw, op)
        old = op[:-2]
        add(op, "constant", lambda g: f(data=g.input(g.normal(5, 2)), segment_ids=np.array([0, 0, 1, 2, 2], I), num_segments=I(3)),
            reference=lambda g: getattr(raw, old)(data=g.input(g.normal(5, 2)), segment_ids=np.array([0, 0, 1, 2, 2], I)))
    at, size = np.array([[0, 1], [1, 0], [2, 3]], L), np.array([3, 4], L)
    for op in ["SparseDenseCwiseAdd", "SparseDenseCwiseDiv"]:
        add(op, "rows", lambda g: getattr(raw, op)(sp_indices=at, sp_values=g.input(g.normal(3)), sp_shape=size, dense=g.input(g.uniform(1, 2, 3, 4))))
    add("SparseReduceMax", "rows", lambda g: raw.SparseReduceMax(input_indices=at, input_values=g.input(g.normal(3)), input_shape=size, reduction_axes=np.array([1], I)))

    def closed(g):
        h, flow = raw.TensorArrayV3(size=I(1), dtype=tf.float32)
        flow = raw.TensorArrayWriteV3(handle=h, index=I(0), value=g.input(g.normal(2)), flow_in=flow)
        out = raw.TensorArrayReadV3(handle=h, index=I(0), flow_in=flow, dtype=tf.float32)
        with tf.control_dependencies([out]):
            close = raw.TensorArrayCloseV3(handle=h)
        return _after(close, out)
    add("TensorArrayCloseV3", "after_reading", closed)

    hw = [1, 1, 1, 1]
    add("FusedResizeAndPadConv2D", "reflect", lambda g: raw.FusedResizeAndPadConv2D(
        input=g.input(g.normal(1, 4, 4, 2)), size=np.array([6, 5], I), paddings=np.array([[0, 0], [1, 2], [2, 1], [0, 0]], I),
        filter=g.normal(3, 3, 2, 3), mode="REFLECT", strides=hw, padding="VALID"))
    add("FusedResizeAndPadConv2D", "symmetric_corners", lambda g: raw.FusedResizeAndPadConv2D(
        input=g.input(g.normal(1, 5, 4, 2)), size=np.array([7, 7], I), paddings=np.array([[0, 0], [1, 1], [2, 2], [0, 0]], I),
        filter=g.normal(3, 3, 2, 3), mode="SYMMETRIC", strides=[1, 2, 2, 1], padding="SAME", resize_align_corners=True))
    for relu in [False, True]:
        name = "bias_relu" if relu else "bias"
        fused = ["BiasAdd", "Relu"] if relu else ["BiasAdd"]

        def depthwise(g, native):
            x, w, b = g.input(g.normal(1, 5, 5, 3)), g.normal(3, 3, 3, 2), g.normal(6)
            if native:
                return inner(g, "_FusedDepthwiseConv2dNative", [x, tf.constant(w), tf.constant(b)], 1, T=tf.float32, num_args=1,
                             strides=hw, padding="SAME", fused_ops=fused, dilations=hw, data_format="NHWC")
            y = raw.BiasAdd(value=raw.DepthwiseConv2dNative(input=x, filter=w, strides=hw, padding="SAME"), bias=b)
            return raw.Relu(features=y) if relu else y
        add("_FusedDepthwiseConv2dNative", name, lambda g: depthwise(g, True), reference=lambda g: depthwise(g, False))

        def conv3(g, native):
            x, w, b = g.input(g.normal(1, 3, 4, 3, 2)), g.normal(2, 3, 2, 2, 3), g.normal(3)
            if native:
                return inner(g, "_FusedConv3D", [x, tf.constant(w), tf.constant(b)], 1, T=tf.float32, num_args=1, strides=hw + [1],
                             padding="SAME", fused_ops=fused, dilations=hw + [1], data_format="NDHWC")
            y = raw.BiasAdd(value=raw.Conv3D(input=x, filter=w, strides=hw + [1], padding="SAME"), bias=b)
            return raw.Relu(features=y) if relu else y
        add("_FusedConv3D", name, lambda g: conv3(g, True), reference=lambda g: conv3(g, False))

        def norm(g, native, side):
            x = g.input(g.normal(1, 3, 3, 4))
            parts = [g.uniform(0.5, 2, 4), g.normal(4), g.normal(4), g.uniform(0.3, 2, 4)]
            other = [g.input(g.normal(1, 3, 3, 4))] if side else []
            if native:
                return inner(g, "_FusedBatchNormEx", [x, *map(tf.constant, parts), *other], 1, T=tf.float32, U=tf.float32, epsilon=0.001,
                             is_training=False, num_side_inputs=len(other), activation_mode="Relu" if relu else "Identity", data_format="NHWC")
            y = raw.FusedBatchNormV3(x=x, scale=parts[0], offset=parts[1], mean=parts[2], variance=parts[3], epsilon=0.001, is_training=False)[0]
            y = y + other[0] if side else y
            return raw.Relu(features=y) if relu else y
        for side in [False, True]:
            if side and not relu:
                continue
            what = ("relu" if relu else "plain") + ("_side_input" if side else "")
            add("_FusedBatchNormEx", what, lambda g: norm(g, True, side), reference=lambda g: norm(g, False, side))

    seed = np.array([5, 6], I)
    moved = lambda g, x: raw.AddV2(x=raw.Cast(x=x, DstT=tf.float32), y=g.input(np.zeros((), F32)))
    add("StatelessRandomUniformFullInt", "int32", lambda g: moved(g, raw.StatelessRandomUniformFullInt(shape=np.array([200], I), seed=seed, dtype=tf.int32)),
        bounds=(-2.2e9, 2.2e9, -6e8, 6e8))
    add("StatelessRandomUniformFullIntV2", "int32", lambda g: moved(g, raw.StatelessRandomUniformFullIntV2(
        shape=np.array([200], I), key=np.array([7], np.uint64), counter=np.array([1, 2], np.uint64), alg=I(1), dtype=tf.int32)), bounds=(-2.2e9, 2.2e9, -6e8, 6e8))
    add("StatelessMultinomial", "two_classes", lambda g: moved(g, raw.StatelessMultinomial(logits=np.zeros((2, 2), F32), num_samples=I(200), seed=seed)), bounds=(0, 1, 0.3, 0.7))
    complex_sum = lambda g: raw.Complex(real=g.normal(3), imag=g.normal(3))
    add("Real", "constant", lambda g: raw.AddV2(x=raw.Real(input=complex_sum(g)), y=g.input(g.normal(3))))


def _after(op, x):
    with tf.control_dependencies([op]):
        return tf.identity(x)


def _switch_n(g):
    outs = inner(g, "_SwitchN", [g.input(g.normal(3)), g.input(I(1))], 2, T=tf.float32, num_outs=2)
    return raw.Merge(inputs=[outs[0] * 2.0, outs[1] + 1.0])[0]
