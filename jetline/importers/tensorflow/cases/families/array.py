"""Putting arrays together, taking them apart, changing their shape, and making them."""
import numpy as np

from builder import raw, tf

F32, I, L = np.float32, np.int32, np.int64
TYPES = [np.float32, np.float64, np.float16, np.int32, np.int64, np.uint8, np.int8, bool]


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    for op in ["Concat", "ConcatV2"]:
        f = (lambda values, axis: raw.Concat(concat_dim=I(axis), values=values)) if op == "Concat" else (
            lambda values, axis: raw.ConcatV2(values=values, axis=I(axis)))
        for axis in [0, 1, 2] + ([-1] if op == "ConcatV2" else []):
            shapes = [[2, 3, 2], [2, 3, 2]]
            shapes[1][axis] += 1
            add(op, f"axis{axis}".replace("-", "m"), lambda g: f([g.input(g.normal(*s)) for s in shapes], axis))
        add(op, "of_four", lambda g: f([g.input(g.normal(n, 2)) for n in [1, 2, 3, 1]], 0))
        add(op, "with_constant", lambda g: f([g.input(g.normal(2, 2), "dims"), g.normal(1, 2)], 0))
        add(op, "with_empty", lambda g: f([g.input(g.normal(2, 2)), g.normal(0, 2)], 0))
        for dtype in TYPES[1:]:
            add(op, np.dtype(dtype).name, lambda g: f([g.input(g.of(dtype, 2)), g.input(g.of(dtype, 3))], 0))
    add("ConcatV2", "int64_axis", lambda g: raw.ConcatV2(values=[g.input(g.normal(2)), g.input(g.normal(2))], axis=L(0)))
    add("ParallelConcat", "rows", lambda g: raw.ParallelConcat(values=[g.input(g.normal(1, 3)) for _ in range(3)], shape=[3, 3]))
    add("ConcatOffset", "three", lambda g: [t + g.input(g.ints(0, 3, 2)) for t in raw.ConcatOffset(
        concat_dim=I(1), shape=[vec(2, 3), vec(2, 5), vec(2, 1)])])
    for axis in [0, 1, 2, -1]:
        add("Pack", f"axis{axis}".replace("-", "m"), lambda g: raw.Pack(values=[g.input(g.normal(2, 3)) for _ in range(3)], axis=axis))
    add("Pack", "scalars", lambda g: raw.Pack(values=[g.input(g.normal()), g.input(g.normal())], axis=0))
    add("Pack", "one", lambda g: raw.Pack(values=[g.input(g.normal(2), "dims")], axis=0))
    add("Pack", "bool", lambda g: raw.Pack(values=[g.input(g.bools(2)), g.input(g.bools(2))], axis=1))
    add("Pack", "int64", lambda g: raw.Pack(values=[g.input(g.ints(0, 9, 2, dtype=L)), g.ints(0, 9, 2, dtype=L)], axis=0))
    for axis in [0, 1, -1]:
        add("Unpack", f"axis{axis}".replace("-", "m"), lambda g: list(raw.Unpack(
            value=g.input(g.normal(2, 3, 4)), num=[2, 3, 4][axis], axis=axis)))
    add("Unpack", "vector", lambda g: list(raw.Unpack(value=g.input(g.ints(0, 9, 3)), num=3, axis=0)))
    add("Unpack", "open_dimension", lambda g: list(raw.Unpack(value=g.input(g.normal(2, 3), [2, None]), num=2, axis=0)))
    add("Unpack", "middle_only", lambda g: raw.Unpack(value=g.input(g.normal(3, 2)), num=3, axis=0)[1])
    for axis, n in [(0, 2), (1, 3), (-1, 2)]:
        add("Split", f"axis{axis}_in{n}".replace("-", "m"), lambda g: list(raw.Split(
            axis=I(axis), value=g.input(g.normal(4, 6, 2)), num_split=n)))
    add("Split", "one", lambda g: list(raw.Split(axis=I(0), value=g.input(g.normal(4)), num_split=1)))
    add("Split", "dynamic", lambda g: list(raw.Split(axis=I(1), value=g.input(g.normal(3, 4), [None, 4]), num_split=2)))
    add("Split", "open_axis", lambda g: list(raw.Split(axis=I(0), value=g.input(g.normal(4, 3), [None, 3]), num_split=2)))
    add("Split", "int32", lambda g: list(raw.Split(axis=I(0), value=g.input(g.ints(0, 9, 4)), num_split=4)))
    for axis, sizes in [(0, (1, 3)), (1, (2, 3, 1)), (-1, (1, 1))]:
        add("SplitV", f"axis{axis}".replace("-", "m"), lambda g: list(raw.SplitV(
            value=g.input(g.normal(4, 6, 2)), size_splits=vec(*sizes), axis=I(axis), num_split=len(sizes))))
    add("SplitV", "the_rest", lambda g: list(raw.SplitV(value=g.input(g.normal(7)), size_splits=vec(2, -1, 1), axis=I(0), num_split=3)))
    add("SplitV", "empty_part", lambda g: list(raw.SplitV(value=g.input(g.normal(3)), size_splits=vec(0, 3), axis=I(0), num_split=2)))
    add("SplitV", "int64_sizes", lambda g: list(raw.SplitV(value=g.input(g.normal(3, 2)), size_splits=vec(1, 2, dtype=L), axis=I(0), num_split=2)))

    for what, mult in [("rank1", (3,)), ("rank2", (2, 3)), ("rank3", (1, 2, 2)), ("zero", (2, 0))]:
        add("Tile", what, lambda g: raw.Tile(input=g.input(g.normal(*[2, 3, 2][:len(mult)])), multiples=vec(*mult)))
    for dtype in [I, L, bool, np.uint8]:
        add("Tile", np.dtype(dtype).name, lambda g: raw.Tile(input=g.input(g.of(dtype, 2, 2)), multiples=vec(2, 1)))
    add("Tile", "runtime_multiples", lambda g: raw.Tile(input=g.input(g.normal(2, 2), "dims"), multiples=g.input(vec(1, 3))))
    add("Tile", "int64_multiples", lambda g: raw.Tile(input=g.input(g.normal(2)), multiples=vec(2, dtype=L)))

    for what, pads in [("rank1", [[1, 2]]), ("rank2", [[0, 1], [2, 0]]), ("rank4", [[0, 0], [1, 1], [2, 1], [0, 0]]), ("none", [[0, 0]])]:
        shape = [2, 3, 3, 2][:len(pads)]
        add("Pad", what, lambda g: raw.Pad(input=g.input(g.normal(*shape)), paddings=vec(*pads)))
        add("PadV2", what, lambda g: raw.PadV2(input=g.input(g.normal(*shape)), paddings=vec(*pads), constant_values=F32(-1.5)))
        if what != "none":
            for mode in ["REFLECT", "SYMMETRIC"]:
                add("MirrorPad", f"{mode.lower()}_{what}", lambda g: raw.MirrorPad(
                    input=g.input(g.normal(*[4, 3, 4, 3][:len(pads)])), paddings=vec(*pads), mode=mode))
    for dtype in [I, L, np.float64, np.uint8, bool, np.float16]:
        add("Pad", np.dtype(dtype).name, lambda g: raw.Pad(input=g.input(g.of(dtype, 2, 2)), paddings=vec([1, 0], [0, 2])))
    add("PadV2", "int32", lambda g: raw.PadV2(input=g.input(g.ints(0, 9, 3)), paddings=vec([1, 1]), constant_values=I(7)))
    add("PadV2", "runtime_value", lambda g: raw.PadV2(input=g.input(g.normal(3)), paddings=vec([1, 1]), constant_values=g.input(F32(7))))
    add("Pad", "runtime_paddings", lambda g: raw.Pad(input=g.input(g.normal(2, 2), "dims"), paddings=g.input(vec([1, 0], [0, 2]))))
    add("Pad", "int64_paddings", lambda g: raw.Pad(input=g.input(g.normal(2)), paddings=vec([1, 2], dtype=L)))
    add("MirrorPad", "int32", lambda g: raw.MirrorPad(input=g.input(g.ints(0, 9, 4)), paddings=vec([2, 2]), mode="REFLECT"))
    add("MirrorPad", "symmetric_full", lambda g: raw.MirrorPad(input=g.input(g.normal(3)), paddings=vec([3, 3]), mode="SYMMETRIC"))
    add("MirrorPad", "dynamic", lambda g: raw.MirrorPad(input=g.input(g.normal(1, 4, 4, 2), [None, None, None, 2]),
                                                        paddings=vec([0, 0], [1, 1], [2, 0], [0, 0]), mode="REFLECT"))

    for what, a, b in [("flat", (2, 3, 2), (-1,)), ("split", (12,), (3, 2, 2)), ("inferred", (2, 6), (4, -1)), ("scalar", (1, 1), ()),
                       ("from_scalar", (), (1, 1)), ("empty", (0, 3), (3, 0))]:
        add("Reshape", what, lambda g: raw.Reshape(tensor=g.input(g.normal(*a)), shape=np.array(b, I)))
    add("Reshape", "int64_shape", lambda g: raw.Reshape(tensor=g.input(g.ints(0, 9, 6)), shape=vec(2, 3, dtype=L)))
    add("Reshape", "runtime_shape", lambda g: raw.Reshape(tensor=g.input(g.normal(6), "dims"), shape=g.input(vec(3, 2))))
    add("Reshape", "keeps_batch", lambda g: (lambda x: raw.Reshape(tensor=x, shape=raw.Pack(values=[raw.StridedSlice(
        input=raw.Shape(input=x), begin=vec(0), end=vec(1), strides=vec(1), shrink_axis_mask=1), I(6)], axis=0)))(
            g.input(g.normal(3, 2, 3), [None, 2, 3])))
    for what, shape, axis in [("one", (2, 1, 3), [1]), ("negative", (2, 3, 1), [-1]), ("several", (1, 2, 1, 3, 1), [0, 2]), ("all", (1, 2, 1), [])]:
        add("Squeeze", what, lambda g: raw.Squeeze(input=g.input(g.normal(*shape)), axis=axis))
    add("Squeeze", "dynamic", lambda g: raw.Squeeze(input=g.input(g.normal(2, 1, 3), [None, 1, None]), axis=[1]))
    add("Squeeze", "int64", lambda g: raw.Squeeze(input=g.input(g.ints(0, 9, 1, 3, dtype=L)), axis=[0]))
    for axis in [0, 1, -1, -2, 2]:
        add("ExpandDims", f"axis{axis}".replace("-", "m"), lambda g: raw.ExpandDims(input=g.input(g.normal(2, 3)), axis=I(axis)))
    add("ExpandDims", "scalar", lambda g: raw.ExpandDims(input=g.input(g.normal()), axis=I(0)))
    add("ExpandDims", "dynamic", lambda g: raw.ExpandDims(input=g.input(g.normal(2, 3), "dims"), axis=L(1)))
    for what, perm in [("rank2", (1, 0)), ("rank3", (2, 0, 1)), ("nhwc_to_nchw", (0, 3, 1, 2)), ("rank5", (4, 2, 0, 3, 1)), ("identity", (0, 1)), ("rank1", (0,))]:
        add("Transpose", what, lambda g: raw.Transpose(x=g.input(g.normal(*[2, 3, 1, 2, 2][:len(perm)])), perm=vec(*perm)))
    for dtype in [I, L, bool, np.uint8, np.float64]:
        add("Transpose", np.dtype(dtype).name, lambda g: raw.Transpose(x=g.input(g.of(dtype, 2, 3)), perm=vec(1, 0, dtype=L)))
    add("Transpose", "reversed_by_rank", lambda g: (lambda x: raw.Transpose(x=x, perm=raw.Sub(x=raw.Sub(
        x=raw.Rank(input=x), y=I(1)), y=raw.Range(start=I(0), limit=raw.Rank(input=x), delta=I(1)))))(g.input(g.normal(2, 3, 2))))
    add("ConjugateTranspose", "real", lambda g: raw.ConjugateTranspose(x=g.input(g.normal(2, 3)), perm=vec(1, 0)))
    for what, shape in [("flat_vector", (4,)), ("rank3", (2, 3, 4))]:
        add("Shape", what, lambda g: raw.Shape(input=g.input(g.normal(*shape))))
        add("Size", what, lambda g: raw.Size(input=g.input(g.normal(*shape))))
        add("Rank", what, lambda g: raw.Rank(input=g.input(g.normal(*shape))))
    for op in ["Shape", "Size"]:
        add(op, "dynamic", lambda g: getattr(raw, op)(input=g.input(g.normal(2, 3), "dims")))
        add(op, "int64", lambda g: getattr(raw, op)(input=g.input(g.normal(2, 3), "dims"), out_type=L))
        add(op, "unknown_rank", lambda g: getattr(raw, op)(input=g.input(g.normal(2, 3), None)))
        add(op, "scalar", lambda g: getattr(raw, op)(input=g.input(g.normal())))
    add("Rank", "unknown_rank", lambda g: raw.Rank(input=g.input(g.normal(2, 3), None)))
    add("ShapeN", "two", lambda g: list(raw.ShapeN(input=[g.input(g.normal(2, 3)), g.input(g.normal(4), "dims")])))
    add("ShapeN", "int64", lambda g: list(raw.ShapeN(input=[g.input(g.normal(2, 3), "dims")], out_type=L)))
    for what, shape in [("rows", (4, 3)), ("higher", (2, 2, 3)), ("same", (3,))]:
        add("BroadcastTo", what, lambda g: raw.BroadcastTo(input=g.input(g.normal(3)), shape=vec(*shape)))
    for dtype in [I, L, bool]:
        add("BroadcastTo", np.dtype(dtype).name, lambda g: raw.BroadcastTo(input=g.input(g.of(dtype, 2, 1)), shape=vec(2, 3, dtype=L)))
    add("BroadcastTo", "runtime_shape", lambda g: raw.BroadcastTo(input=g.input(g.normal(1, 3), "dims"), shape=g.input(vec(2, 3))))
    add("BroadcastTo", "scalar", lambda g: raw.BroadcastTo(input=g.input(g.normal()), shape=vec(2, 2)))
    for what, a, b in [("both", (2, 1, 3), (4, 1)), ("equal", (2, 3), (2, 3)), ("scalar", (), (3,))]:
        add("BroadcastArgs", f"constant_{what}", lambda g: raw.BroadcastArgs(s0=np.array(a, I), s1=np.array(b, I)) + g.input(g.ints(0, 2, 1)))
        add("BroadcastArgs", f"runtime_{what}", lambda g: raw.BroadcastArgs(s0=g.input(np.array(a, I)), s1=g.input(np.array(b, L).astype(I))))
    add("BroadcastGradientArgs", "constant", lambda g: [t + g.input(g.ints(0, 2, 1)) for t in raw.BroadcastGradientArgs(
        s0=vec(2, 1, 3), s1=vec(4, 1))] if hasattr(raw, "BroadcastGradientArgs") else [])
    for dtype in TYPES:
        name = np.dtype(dtype).name
        add("ZerosLike", name, lambda g: raw.ZerosLike(x=g.input(g.of(dtype, 2, 3), "dims")))
        add("OnesLike", name, lambda g: raw.OnesLike(x=g.input(g.of(dtype, 2, 3))))
        add("Fill", name, lambda g: raw.Fill(dims=g.input(vec(2, 3)), value=g.of(dtype)))
    add("Fill", "constant", lambda g: raw.AddV2(x=raw.Fill(dims=vec(2, 3), value=F32(1.5)), y=g.input(g.normal(3))))
    add("Fill", "runtime_value", lambda g: raw.Fill(dims=vec(2, 2, dtype=L), value=g.input(F32(3))))
    add("Fill", "like_shape", lambda g: raw.Fill(dims=raw.Shape(input=g.input(g.normal(3, 2), "dims")), value=I(4)))
    add("Fill", "scalar", lambda g: raw.Fill(dims=np.zeros(0, I), value=g.input(F32(3))))
    add("Empty", "zeros", lambda g: raw.AddV2(x=raw.Empty(shape=vec(2, 3), dtype=tf.float32, init=True), y=g.input(g.normal(3))))
    for what, args in [("up", (0, 5, 1)), ("by_two", (1, 8, 2)), ("down", (5, 0, -2)), ("empty", (3, 3, 1))]:
        for dtype in [I, L, F32]:
            add("Range", f"{what}_{np.dtype(dtype).name}", lambda g: raw.AddV2(
                x=raw.Range(start=dtype(args[0]), limit=dtype(args[1]), delta=dtype(args[2])), y=g.input(g.of(dtype))))
    for dtype in [I, L, F32, np.float64]:
        add("Range", f"runtime_{np.dtype(dtype).name}", lambda g: raw.Range(start=dtype(1), limit=g.input(dtype(6)), delta=g.input(dtype(2))))
    add("Range", "fractions", lambda g: raw.Range(start=F32(0), limit=g.input(F32(1)), delta=F32(0.3)))
    for n in [1, 2, 5]:
        add("LinSpace", f"of_{n}", lambda g: raw.AddV2(x=raw.LinSpace(start=F32(-1), stop=F32(2), num=I(n)), y=g.input(g.normal())))
    add("LinSpace", "runtime_ends", lambda g: raw.LinSpace(start=g.input(F32(-1)), stop=g.input(F32(2)), num=I(4)))
    add("LinSpace", "double", lambda g: raw.LinSpace(start=g.input(np.float64(0)), stop=np.float64(1), num=I(7)))
    for axis in [-1, 0, 1]:
        add("OneHot", f"axis{axis}".replace("-", "m"), lambda g: raw.OneHot(
            indices=g.input(g.ints(0, 4, 2, 3)), depth=I(4), on_value=F32(1), off_value=F32(0), axis=axis))
    add("OneHot", "outside", lambda g: raw.OneHot(indices=g.input(vec(-1, 0, 4, 9, -4)), depth=I(4), on_value=F32(2), off_value=F32(-1)))
    for dtype in [I, L, bool, np.float64, np.uint8]:
        add("OneHot", np.dtype(dtype).name, lambda g: raw.OneHot(
            indices=g.input(g.ints(0, 4, 3, dtype=L)), depth=I(4), on_value=dtype(1), off_value=dtype(0)))
    add("OneHot", "uint8_indices", lambda g: raw.OneHot(indices=g.input(g.ints(0, 4, 3, dtype=np.uint8)), depth=I(4), on_value=F32(1), off_value=F32(0)))
    add("OneHot", "scalar", lambda g: raw.OneHot(indices=g.input(I(2)), depth=I(4), on_value=F32(1), off_value=F32(0)))
    add("OneHot", "runtime_depth", lambda g: raw.OneHot(indices=g.input(vec(1, 2)), depth=g.input(I(4)), on_value=F32(1), off_value=F32(0)))
    add("Const", "splat", lambda g: g.input(g.normal(2, 3)) + tf.constant(2.5, shape=[2, 3]))
    add("Const", "tensor_content", lambda g: g.input(g.normal(2, 3)) + tf.constant(g.normal(2, 3)))
    for dtype in TYPES:
        add("Const", "scalar_" + np.dtype(dtype).name, lambda g: raw.Equal(x=g.input(g.of(dtype, 3)), y=tf.constant(g.of(dtype))))
    add("GuaranteeConst", "float", lambda g: raw.AddV2(x=raw.GuaranteeConst(input=g.normal(3)), y=g.input(g.normal(3))))
    add("DataFormatDimMap", "runtime", lambda g: raw.DataFormatDimMap(x=g.input(vec(0, 1, 2, 3, -1, -2))))
    add("DataFormatVecPermute", "vector", lambda g: raw.DataFormatVecPermute(x=g.input(g.ints(0, 9, 4))))
    add("DataFormatVecPermute", "pairs", lambda g: raw.DataFormatVecPermute(x=g.input(g.ints(0, 9, 4, 2)), src_format="NCHW", dst_format="NHWC"))
