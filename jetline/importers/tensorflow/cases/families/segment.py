"""Segments, sparse tensors whose parts are known, and ragged tensors whose splits are known."""
import numpy as np

from builder import raw

F32, I, L = np.float32, np.int32, np.int64


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    for op in ["SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd"]:
        f = getattr(raw, op)
        add(op, "constant", lambda g: f(data=g.input(g.normal(5, 2)), segment_ids=vec(0, 0, 1, 2, 2)))
        add(op, "runtime", lambda g: f(data=g.input(g.normal(5, 2)), segment_ids=g.input(vec(0, 0, 1, 2, 2))))
        add(op, "gap", lambda g: f(data=g.input(g.normal(4)), segment_ids=vec(0, 0, 2, 2)))
        if op != "SegmentMean":
            add(op, "int32", lambda g: f(data=g.input(g.ints(-5, 6, 4, 2)), segment_ids=vec(0, 1, 1, 2, dtype=L)))
    for op in ["UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd"]:
        f = getattr(raw, op)
        add(op, "constant", lambda g: f(data=g.input(g.normal(5, 2)), segment_ids=vec(2, 0, 1, 0, 2), num_segments=I(3)))
        add(op, "runtime", lambda g: f(data=g.input(g.normal(5)), segment_ids=g.input(vec(2, 0, 1, 0, 2)), num_segments=I(3)))
        add(op, "empty_segment", lambda g: f(data=g.input(g.normal(3, 2)), segment_ids=vec(3, 0, 3), num_segments=I(5)))
        add(op, "matrix_of_ids", lambda g: f(data=g.input(g.normal(2, 3)), segment_ids=vec([0, 1, 0], [1, 2, 2]), num_segments=I(3)))
        add(op, "int32", lambda g: f(data=g.input(g.ints(-5, 6, 4)), segment_ids=vec(1, 0, 1, 0), num_segments=I(2)))
    add("UnsortedSegmentSum", "negative_ids_dropped", lambda g: raw.UnsortedSegmentSum(data=g.input(g.normal(4, 2)), segment_ids=vec(0, -1, 1, 0), num_segments=I(2)))
    for op in ["SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"]:
        f = getattr(raw, op)
        add(op, "constant", lambda g: f(data=g.input(g.normal(4, 3)), indices=vec(0, 2, 3, 1), segment_ids=vec(0, 0, 1, 1)))
        add(op, "runtime", lambda g: f(data=g.input(g.normal(4, 3)), indices=g.input(vec(3, 1, 1)), segment_ids=g.input(vec(0, 0, 1))))
        add(op + "WithNumSegments", "constant", lambda g: getattr(raw, op + "WithNumSegments")(
            data=g.input(g.normal(4, 3)), indices=vec(0, 2, 3), segment_ids=vec(0, 0, 2), num_segments=I(4)))

    at = vec([0, 1], [1, 0], [2, 3], dtype=L)
    size = vec(3, 4, dtype=L)
    add("SparseToDense", "matrix", lambda g: raw.SparseToDense(sparse_indices=at, output_shape=size, sparse_values=g.input(g.normal(3)), default_value=F32(-1)))
    add("SparseToDense", "one_value", lambda g: raw.SparseToDense(sparse_indices=g.input(vec(1, 3)), output_shape=vec(5), sparse_values=g.input(F32(2)), default_value=F32(0)))
    add("SparseToDense", "runtime_indices", lambda g: raw.SparseToDense(sparse_indices=g.input(at), output_shape=size, sparse_values=g.input(g.ints(1, 9, 3)), default_value=I(0)))
    add("SparseToDense", "vector_int64", lambda g: raw.SparseToDense(sparse_indices=vec(0, 2, dtype=L), output_shape=vec(4, dtype=L), sparse_values=g.input(g.ints(1, 9, 2, dtype=L)), default_value=L(7)))
    for ta in [False, True]:
        for tb in [False, True]:
            add("SparseTensorDenseMatMul", ("t" if ta else "n") + ("t" if tb else "n"), lambda g: raw.SparseTensorDenseMatMul(
                a_indices=at, a_values=g.input(g.normal(3)), a_shape=size,
                b=g.input(g.normal(*([3, 2] if ta else [4, 2])[::-1 if tb else 1])), adjoint_a=ta, adjoint_b=tb))
    add("SparseTensorDenseMatMul", "constant", lambda g: raw.SparseTensorDenseMatMul(a_indices=at, a_values=g.normal(3), a_shape=size, b=g.input(g.normal(4, 2))))
    add("SparseTensorDenseAdd", "matrix", lambda g: raw.SparseTensorDenseAdd(a_indices=at, a_values=g.input(g.normal(3)), a_shape=size, b=g.input(g.normal(3, 4))))
    add("SparseReshape", "constant", lambda g: [t + g.input(L(0)) for t in raw.SparseReshape(input_indices=at, input_shape=size, new_shape=vec(2, -1, dtype=L))])
    add("SparseReduceSum", "rows", lambda g: raw.SparseReduceSum(input_indices=at, input_values=g.input(g.normal(3)), input_shape=size, reduction_axes=vec(1)))
    add("SparseReorder", "constant", lambda g: list(raw.SparseReorder(input_indices=vec([2, 3], [0, 1], [1, 0], dtype=L), input_values=g.input(g.normal(3)), input_shape=size)))
    add("SparseFillEmptyRows", "constant", lambda g: list(raw.SparseFillEmptyRows(
        indices=vec([0, 1], [2, 0], dtype=L), values=g.input(g.normal(2)), dense_shape=vec(4, 2, dtype=L), default_value=F32(5)))[:3])
    add("SparseDenseCwiseMul", "rows", lambda g: raw.SparseDenseCwiseMul(sp_indices=at, sp_values=g.input(g.normal(3)), sp_shape=size, dense=g.input(g.normal(3, 4))))
    add("SparseSoftmax", "rows", lambda g: raw.SparseSoftmax(sp_indices=vec([0, 0], [0, 2], [1, 1], dtype=L), sp_values=g.input(g.normal(3)), sp_shape=vec(2, 3, dtype=L)))
    add("SparseConcat", "columns", lambda g: list(raw.SparseConcat(
        indices=[vec([0, 1], dtype=L), vec([1, 0], dtype=L)], values=[g.input(g.normal(1)), g.input(g.normal(1))],
        shapes=[vec(2, 2, dtype=L), vec(2, 3, dtype=L)], concat_dim=1)))
    add("SparseSlice", "rows", lambda g: list(raw.SparseSlice(indices=at, values=g.input(g.normal(3)), shape=size, start=vec(1, 0, dtype=L), size=vec(2, 4, dtype=L))))

    add("RaggedRange", "constant", lambda g: [raw.AddV2(x=t, y=raw.Cast(x=g.input(I(0)), DstT=t.dtype)) for t in raw.RaggedRange(
        starts=vec(0, 5, 8), limits=vec(3, 5, 12), deltas=I(1))])
    add("RaggedRange", "steps", lambda g: [raw.AddV2(x=t, y=raw.Cast(x=g.input(I(0)), DstT=t.dtype)) for t in raw.RaggedRange(
        starts=vec(0, 9), limits=vec(7, 0), deltas=vec(3, -4))])
    add("RaggedGather", "constant", lambda g: raw.RaggedGather(
        params_nested_splits=[vec(0, 2, 2, 5, dtype=L)], params_dense_values=g.input(g.normal(5)), indices=vec(2, 0, 2), OUTPUT_RAGGED_RANK=1).output_dense_values)
    for what, types, parts in [("row_splits", ["ROW_SPLITS"], [vec(0, 2, 2, 5, dtype=L)]),
                               ("value_rowids", ["FIRST_DIM_SIZE", "VALUE_ROWIDS"], [L(3), vec(0, 0, 2, 2, 2, dtype=L)])]:
        for shape in [vec(-1, -1, dtype=L), vec(3, 2, dtype=L), vec(4, 5, dtype=L)]:
            add("RaggedTensorToTensor", f"{what}_{'_'.join(str(d).replace('-1', 'any') for d in shape)}", lambda g: raw.RaggedTensorToTensor(
                shape=shape, values=g.input(g.normal(5)), default_value=F32(-1), row_partition_tensors=parts, row_partition_types=types))
    add("RaggedTensorToTensor", "features", lambda g: raw.RaggedTensorToTensor(
        shape=vec(-1, -1, 2, dtype=L), values=g.input(g.normal(5, 2)), default_value=F32(0), row_partition_tensors=[vec(0, 1, 5, dtype=L)], row_partition_types=["ROW_SPLITS"]))
    add("RaggedTensorToTensor", "nested", lambda g: raw.RaggedTensorToTensor(
        shape=vec(-1, -1, -1, dtype=L), values=g.input(g.normal(5)), default_value=F32(0),
        row_partition_tensors=[vec(0, 2, 3, dtype=L), vec(0, 1, 3, 5, dtype=L)], row_partition_types=["ROW_SPLITS", "ROW_SPLITS"]))
    add("RaggedTensorToTensor", "runtime_splits", lambda g: raw.RaggedTensorToTensor(
        shape=vec(3, 4, dtype=L), values=g.input(g.normal(5)), default_value=F32(0), row_partition_tensors=[g.input(vec(0, 2, 2, 5, dtype=L))], row_partition_types=["ROW_SPLITS"]))
    add("RaggedTensorToSparse", "constant", lambda g: list(raw.RaggedTensorToSparse(rt_nested_splits=[vec(0, 2, 2, 5, dtype=L)], rt_dense_values=g.input(g.normal(5)))))
