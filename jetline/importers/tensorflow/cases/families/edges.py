"""Where operators differ from their ONNX namesakes: narrow and unsigned types, ends of ranges, nothing at all."""
import numpy as np

from builder import raw

F32, I, L = np.float32, np.int32, np.int64


def vec(*a, dtype=I):
    return np.array(a, dtype)


def strided(x, begin, end, strides, **masks):
    return raw.StridedSlice(input=x, begin=begin, end=end, strides=strides, **masks)


def make(add):
    # A backward slice that begins before the first element holds nothing; ONNX would hold the first.
    for shape in ["same", "dims"]:
        add("StridedSlice", f"backwards_from_before_the_first_{shape}", lambda g: strided(
            g.input(g.normal(5), shape), vec(-7), vec(-9), vec(-1)))
        add("StridedSlice", f"backwards_to_before_the_first_{shape}", lambda g: strided(
            g.input(g.normal(5), shape), vec(-2), vec(-9), vec(-2)))
        add("StridedSlice", f"backwards_runtime_{shape}", lambda g: strided(
            g.input(g.normal(5, 3), shape), g.input(vec(-9, 2)), g.input(vec(0, -7)), vec(-1, -1)))
        add("StridedSlice", f"backwards_runtime_end_{shape}", lambda g: strided(
            g.input(g.normal(4), shape), vec(-1), g.input(vec(-9)), vec(-1)))
        add("SplitV", f"empty_last_piece_{shape}", lambda g: list(raw.SplitV(
            value=g.input(g.normal(3, 2), shape), size_splits=vec(-1, 0), axis=I(0), num_split=2)))
        add("SplitV", f"rest_in_the_middle_{shape}", lambda g: list(raw.SplitV(
            value=g.input(g.normal(7, 2), shape), size_splits=vec(2, -1, 1, 1), axis=I(0), num_split=4)))
        add("TensorStridedSliceUpdate", f"every_other_backwards_{shape}", lambda g: raw.TensorStridedSliceUpdate(
            input=g.input(g.normal(5, 3), shape), begin=vec(4, 1), end=vec(0, 2), strides=vec(-2, 1), value=g.input(g.normal(2)),
            shrink_axis_mask=2))
    # Extremes of narrow integers are taken in a wider type that has others.
    for dtype in [np.int8, np.int16, np.uint8, np.uint32, L]:
        name = np.dtype(dtype).name
        for op in ["TensorScatterMax", "TensorScatterMin", "TensorScatterAdd", "TensorScatterSub"]:
            add(op, f"repeated_{name}", lambda g: getattr(raw, op)(
                tensor=g.input(g.of(dtype, 4, 2)), indices=g.input(vec([2], [0], [2])), updates=g.input(g.of(dtype, 3, 2))))
        add("ScatterNd", f"repeated_{name}", lambda g: raw.ScatterNd(
            indices=g.input(vec([2], [0], [2])), updates=g.input(g.of(dtype, 3, 2)), shape=vec(4, 2)))
    top = np.array([2**64 - 1, 2**63, 2**63 - 1, 5, 0], np.uint64)
    other = np.array([2**63 + 3, 7, 2**64 - 2, 3, 9], np.uint64)
    for op in ["Maximum", "Minimum", "Less", "GreaterEqual", "FloorMod", "BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        add(op, "uint64_top_bit", lambda g: getattr(raw, op)(x=g.input(top), y=g.input(other)))
    for op in ["ArgMax", "ArgMin"]:
        add(op, "uint64_top_bit", lambda g: getattr(raw, op)(input=g.input(top), dimension=I(0)))
    wide = np.array([2**63 - 1, -2**63, -1, 2**40 + 12345, -2**52 - 7], L)
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        add(op, "int64_all_bits", lambda g: getattr(raw, op)(x=g.input(wide), y=g.input(wide[::-1].copy())))
    add("PopulationCount", "int64_all_bits", lambda g: raw.PopulationCount(x=g.input(wide)))
    add("Invert", "int64_all_bits", lambda g: raw.Invert(x=g.input(wide)))
    for op in ["FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod"]:
        f = getattr(raw, op)
        add(op, "int64_wide", lambda g: f(x=g.input(wide), y=g.input(vec(3, 7, -5, -4096, 1000, dtype=L))))
        for y in [3, -3] if op != "TruncateMod" else []:
            add(op, f"int8_by_{y}".replace("-", "m"), lambda g: f(x=g.input(vec(-128, -7, -1, 0, 1, 7, 127, dtype=np.int8)), y=np.int8(y)))
    for op in ["LeftShift", "RightShift"]:
        add(op, "int64_far", lambda g: getattr(raw, op)(x=g.input(wide), y=g.input(vec(63, 62, 1, 33, 63, dtype=L))))
        add(op, "int8_beyond_its_bits", lambda g: getattr(raw, op)(x=g.input(vec(100, 2, -3, dtype=np.int8)), y=g.input(vec(9, -1, 2, dtype=np.int8))))
    add("Mean", "int8_sum_is_wide", lambda g: raw.Mean(input=g.input(vec(100, 100, -3, dtype=np.int8)), axis=vec(0)))
    add("Mean", "int32_negative", lambda g: raw.Mean(input=g.input(vec(-7, 0)), axis=vec(0)))
    for op in ["Sum", "Mean", "Any", "All"]:
        add(op, "runtime_axes", lambda g: getattr(raw, op)(
            input=g.input(g.normal(2, 3, 4) if op in ("Sum", "Mean") else g.bools(2, 3, 4), "dims"), axis=g.input(vec(2, 0))))
    add("All", "of_nothing", lambda g: raw.All(input=g.input(g.bools(2, 0)), axis=vec(1)))
    add("Any", "of_nothing", lambda g: raw.Any(input=g.input(g.bools(2, 0)), axis=vec(1)))
    # Zero decides, whatever is beside it.
    for op in ["MulNoNan", "DivNoNan", "Xdivy"]:
        add(op, "beside_infinity", lambda g: getattr(raw, op)(
            x=g.input(np.array([0, 1, np.inf, np.nan, 0], F32)), y=g.input(np.array([np.inf, 0, 0, 0, 0], F32))))
    add("ClipByValue", "ends_crossed", lambda g: raw.ClipByValue(t=g.input(g.normal(5)), clip_value_min=F32(1), clip_value_max=F32(-1)))
    add("Cast", "float_to_uint8_wraps", lambda g: raw.Cast(x=g.input(np.array([300.7, 255.9, 256.0, 12.5], F32)), DstT=np.uint8))
    # Distribution tails.
    add("Ndtri", "tails", lambda g: raw.Ndtri(x=g.input(np.array([1e-30, 1e-10, 1e-4, 0.5, 0.999, 0.0], F32))), tolerance=1e-5)
    add("Erfc", "tails", lambda g: raw.Erfc(x=g.input(np.array([-4, -1, 1, 1.9, 2.1, 5], F32))), tolerance=1e-6)
    add("Expm1", "near_zero", lambda g: raw.Expm1(x=g.input(np.array([1e-6, -1e-5, 3e-7], F32))), tolerance=1e-6)
    add("Log1p", "near_zero", lambda g: raw.Log1p(x=g.input(np.array([1e-6, -1e-5, 3e-7], F32))), tolerance=1e-6)

    # Larger matrices, in batches of unknown number.
    for n in [4, 7]:
        square = lambda g: g.normal(2, n, n) + 3 * np.eye(n, dtype=F32)
        add("MatrixInverse", f"batch_of_{n}", lambda g: raw.MatrixInverse(input=g.input(square(g), [None, n, n])), tolerance=1e-4)
        add("MatrixSolve", f"batch_of_{n}", lambda g: raw.MatrixSolve(matrix=g.input(square(g), [None, n, n]), rhs=g.input(g.normal(2, n, 2), [None, n, 2])), tolerance=1e-4)
        add("Cholesky", f"batch_of_{n}", lambda g: raw.Cholesky(input=g.input((lambda a: a @ a.transpose(0, 2, 1) + np.eye(n, dtype=F32))(g.normal(2, n, n)), [None, n, n])), tolerance=1e-4)
    add("MatrixInverse", "zero_on_the_diagonal", lambda g: raw.MatrixInverse(input=g.input(np.array([[0, 2, 0], [1, 0, 0], [0, 0, 4]], F32))))
    add("LogMatrixDeterminant", "batch", lambda g: list(raw.LogMatrixDeterminant(input=g.input(g.normal(3, 3, 3)))), tolerance=1e-4)

    # Ragged and sparse, with splits and indices that are inputs.
    splits, values = vec(0, 2, 2, 5, dtype=L), F32([1, 2, 3, 4, 5])
    for runtime in [False, True]:
        w = (lambda g, a: g.input(a, "dims")) if runtime else (lambda g, a: a)
        tag = "_runtime" if runtime else ""
        add("RaggedTensorToTensor", "cut_off" + tag, lambda g: raw.RaggedTensorToTensor(
            shape=vec(-1, 2, dtype=L), values=g.input(values), default_value=F32(-1), row_partition_tensors=[w(g, splits)], row_partition_types=["ROW_SPLITS"]))
        add("RaggedTensorToTensor", "two_levels" + tag, lambda g: raw.RaggedTensorToTensor(
            shape=vec(-1, dtype=L)[0], values=g.input(F32([1, 2, 3, 4])), default_value=F32(0),
            row_partition_tensors=[w(g, vec(0, 2, 3, dtype=L)), w(g, vec(0, 1, 1, 4, dtype=L))], row_partition_types=["ROW_SPLITS", "ROW_SPLITS"]))
        add("RaggedTensorToTensor", "row_ids" + tag, lambda g: raw.RaggedTensorToTensor(
            shape=vec(-1, -1, 2, dtype=L), values=g.input(g.normal(3, 2)), default_value=F32([7, 8]),
            row_partition_tensors=[vec(4, dtype=L)[0], w(g, vec(0, 0, 3, dtype=L))], row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"]))
        add("RaggedTensorToSparse", "two_levels" + tag, lambda g: list(raw.RaggedTensorToSparse(
            rt_nested_splits=[w(g, vec(0, 2, 3, dtype=L)), w(g, vec(0, 1, 1, 4, dtype=L))], rt_dense_values=g.input(F32([1, 2, 3, 4])))))
        add("RaggedRange", "down_and_empty" + tag, lambda g: list(raw.RaggedRange(
            starts=w(g, vec(5, 0, 1)), limits=w(g, vec(0, 0, 4)), deltas=w(g, vec(-2, 1, 2)))))
        add("RaggedGather", "rows" + tag, lambda g: list(raw.RaggedGather(
            params_nested_splits=[w(g, splits)], params_dense_values=g.input(values), indices=w(g, vec(2, 0, 1, 2)), OUTPUT_RAGGED_RANK=1)))
        at, size = vec([0, 1], [0, 3], [2, 0], dtype=L), vec(4, 5, dtype=L)
        add("SparseFillEmptyRows", "some" + tag, lambda g: list(raw.SparseFillEmptyRows(
            indices=w(g, at), values=g.input(g.normal(3)), dense_shape=size, default_value=F32(-5))))
        add("SparseReduceMax", "rows" + tag, lambda g: raw.SparseReduceMax(
            input_indices=w(g, at), input_values=g.input(g.normal(3)), input_shape=size, reduction_axes=vec(1), keep_dims=True))
        add("SparseTensorDenseMatMul", "adjoints" + tag, lambda g: raw.SparseTensorDenseMatMul(
            a_indices=w(g, at), a_values=g.input(g.normal(3)), a_shape=size, b=g.input(g.normal(2, 4)), adjoint_a=True, adjoint_b=True))
