"""Gathering, scattering, reordering, and finding."""
import numpy as np

from builder import raw

F32, I, L = np.float32, np.int32, np.int64


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    for what, shape, idx in [("rows", (4, 3), (2, 0, 3)), ("matrix_of_rows", (4, 3), ((1, 0), (3, 3))), ("scalar", (4, 3), 2), ("vector", (5,), (4, 0))]:
        add("Gather", what, lambda g: raw.Gather(params=g.input(g.normal(*shape)), indices=np.array(idx, I)))
        add("Gather", f"runtime_{what}", lambda g: raw.Gather(params=g.input(g.normal(*shape), "dims"), indices=g.input(np.array(idx, L))))
    for axis in [0, 1, 2, -1]:
        for runtime in [False, True]:
            add("GatherV2", f"axis{axis}{'_runtime' if runtime else ''}".replace("-", "m"), lambda g: raw.GatherV2(
                params=g.input(g.normal(3, 4, 2)), indices=g.input(vec(1, 0)) if runtime else vec(1, 0), axis=I(axis)))
    add("GatherV2", "scalar_index", lambda g: raw.GatherV2(params=g.input(g.normal(3, 4)), indices=I(2), axis=I(1)))
    add("GatherV2", "matrix_index", lambda g: raw.GatherV2(params=g.input(g.normal(3, 4)), indices=g.input(g.ints(0, 4, 2, 3)), axis=I(1)))
    add("GatherV2", "constant_table", lambda g: raw.GatherV2(params=g.normal(6, 3), indices=g.input(g.ints(0, 6, 2, 2)), axis=I(0)))
    for dtype in [I, L, bool, np.uint8, np.float64]:
        add("GatherV2", np.dtype(dtype).name, lambda g: raw.GatherV2(params=g.input(g.of(dtype, 4, 2)), indices=g.input(vec(3, 1, dtype=L)), axis=L(0)))
    for what, p, i, axis, batch in [("batch1", (3, 4, 2), (3, 2), 1, 1), ("batch1_axis2", (3, 2, 4), (3, 2), 2, 1), ("batch2", (2, 3, 4), (2, 3, 2), 2, 2),
                                    ("batch1_vector", (3, 4), (3,), 1, 1), ("batch_negative", (3, 4), (3, 2), -1, -1)]:
        add("GatherV2", what, lambda g: raw.GatherV2(params=g.input(g.normal(*p)), indices=g.input(g.ints(0, p[axis], *i)), axis=I(axis), batch_dims=batch))
    add("GatherV2", "batch1_dynamic", lambda g: raw.GatherV2(params=g.input(g.normal(3, 4, 2), [None, None, 2]), indices=g.input(g.ints(0, 4, 3, 2), "dims"), axis=I(1), batch_dims=1))
    add("GatherV2", "dynamic", lambda g: raw.GatherV2(params=g.input(g.normal(3, 4), "dims"), indices=g.input(vec(1, 2), "dims"), axis=I(0)))
    for what, p, i in [("rows", (4, 3), (2, 1)), ("elements", (4, 3), (5, 2)), ("batch_of_rows", (4, 3, 2), (2, 2, 2)), ("deep", (2, 3, 2, 2), (3, 4)), ("one", (4, 3), (2,)), ("whole", (4, 3), (2, 0))]:
        add("GatherNd", what, lambda g: raw.GatherNd(params=g.input(g.normal(*p)), indices=g.input(g.ints(0, 2, *i))))
        if what != "whole":
            add("GatherNd", f"constant_{what}", lambda g: raw.GatherNd(params=g.input(g.normal(*p), "dims"), indices=g.ints(0, 2, *i, dtype=L)))
    for dtype in [I, bool]:
        add("GatherNd", np.dtype(dtype).name, lambda g: raw.GatherNd(params=g.input(g.of(dtype, 4, 3)), indices=g.input(g.ints(0, 3, 4, 2))))

    for what, i, u, shape in [("rows", [[1], [3]], (2, 2), (4, 2)), ("elements", [[0, 1], [2, 0]], (2,), (3, 2)), ("adds", [[1], [1], [0]], (3,), (3,)), ("deep", [[[0], [2]]], (1, 2, 2), (3, 2))]:
        for runtime in [False, True]:
            add("ScatterNd", what + ("_runtime" if runtime else ""), lambda g: raw.ScatterNd(
                indices=g.input(vec(*i)) if runtime else vec(*i), updates=g.input(g.normal(*u)), shape=vec(*shape)))
    add("ScatterNd", "int32", lambda g: raw.ScatterNd(indices=g.input(vec([1], [0])), updates=g.input(g.ints(1, 9, 2)), shape=vec(4)))
    add("ScatterNd", "int64_indices", lambda g: raw.ScatterNd(indices=g.input(vec([1], [0], dtype=L)), updates=g.input(g.normal(2)), shape=vec(4, dtype=L)))
    add("ScatterNd", "runtime_shape", lambda g: raw.ScatterNd(indices=g.input(vec([1], [0])), updates=g.input(g.normal(2)), shape=g.input(vec(4))))
    add("ScatterNd", "adds_int32", lambda g: raw.ScatterNd(indices=vec([1], [1], [1]), updates=g.input(g.ints(1, 9, 3)), shape=vec(3)))
    for op in ["TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "TensorScatterMax", "TensorScatterMin"]:
        f = getattr(raw, op)
        add(op, "elements", lambda g: f(tensor=g.input(g.normal(5)), indices=g.input(vec([1], [4])), updates=g.input(g.normal(2))))
        add(op, "rows", lambda g: f(tensor=g.input(g.normal(4, 3)), indices=vec([2], [0]), updates=g.input(g.normal(2, 3))))
        add(op, "pairs", lambda g: f(tensor=g.input(g.normal(3, 3), "dims"), indices=g.input(vec([0, 1], [2, 2], dtype=L)), updates=g.input(g.normal(2))))
        add(op, "int32", lambda g: f(tensor=g.input(g.ints(-9, 9, 5)), indices=g.input(vec([0], [3])), updates=g.input(g.ints(-9, 9, 2))))
        if op != "TensorScatterUpdate":
            add(op, "repeated", lambda g: f(tensor=g.input(g.normal(4)), indices=g.input(vec([1], [1], [2])), updates=g.input(g.normal(3))))
    add("ScatterNdNonAliasingAdd", "rows", lambda g: raw.ScatterNdNonAliasingAdd(input=g.input(g.normal(4, 2)), indices=vec([1], [3]), updates=g.input(g.normal(2, 2))))
    for op in ["InplaceUpdate", "InplaceAdd", "InplaceSub"]:
        add(op, "rows", lambda g: getattr(raw, op)(x=raw.Relu(features=g.input(g.normal(4, 2))), i=vec(1, 3), v=g.input(g.normal(2, 2))))
    add("TensorStridedSliceUpdate", "rows", lambda g: raw.TensorStridedSliceUpdate(
        input=g.input(g.normal(4, 3)), begin=vec(1, 0), end=vec(3, 2), strides=vec(1, 1), value=g.input(g.normal(2, 2))))

    add("Reverse", "second", lambda g: raw.Reverse(tensor=g.input(g.normal(2, 3)), dims=np.array([False, True])))
    add("Reverse", "all", lambda g: raw.Reverse(tensor=g.input(g.normal(2, 3, 2)), dims=np.array([True] * 3)))
    for what, axis in [("first", (0,)), ("last", (-1,)), ("two", (0, 2)), ("none", ())]:
        add("ReverseV2", what, lambda g: raw.ReverseV2(tensor=g.input(g.normal(3, 2, 4)), axis=np.array(axis, I)))
    add("ReverseV2", "dynamic", lambda g: raw.ReverseV2(tensor=g.input(g.normal(3, 2), "dims"), axis=vec(0)))
    for dtype in [I, L, bool, np.uint8]:
        add("ReverseV2", np.dtype(dtype).name, lambda g: raw.ReverseV2(tensor=g.input(g.of(dtype, 5)), axis=vec(0)))
    for what, shape, seq, batch in [("time_second", (3, 5), 1, 0), ("time_first", (5, 3), 0, 1), ("with_features", (2, 4, 3), 1, 0), ("seq_third", (2, 3, 4), 2, 0)]:
        add("ReverseSequence", what, lambda g: raw.ReverseSequence(
            input=g.input(g.normal(*shape)), seq_lengths=g.input(g.ints(0, shape[seq] + 1, shape[batch])), seq_dim=seq, batch_dim=batch))
    add("ReverseSequence", "constant_lengths", lambda g: raw.ReverseSequence(input=g.input(g.normal(3, 4)), seq_lengths=vec(2, 4, 1), seq_dim=1))
    add("ReverseSequence", "int64_lengths", lambda g: raw.ReverseSequence(input=g.input(g.normal(3, 4), "dims"), seq_lengths=g.input(vec(2, 4, 1, dtype=L)), seq_dim=1))
    for what, shift, axis in [("one", (1,), (0,)), ("negative", (-2,), (1,)), ("two", (1, 2), (0, 1)), ("twice", (1, 1), (0, 0)), ("wraps", (7,), (0,))]:
        add("Roll", what, lambda g: raw.Roll(input=g.input(g.normal(3, 4)), shift=vec(*shift), axis=vec(*axis)))
    add("Roll", "scalar", lambda g: raw.Roll(input=g.input(g.normal(5)), shift=I(2), axis=I(0)))
    add("Roll", "int32_dynamic", lambda g: raw.Roll(input=g.input(g.ints(0, 9, 2, 5), "dims"), shift=vec(2), axis=vec(-1)))
    add("Roll", "runtime_shift", lambda g: raw.Roll(input=g.input(g.normal(5)), shift=g.input(I(2)), axis=I(0)))

    for what, shape in [("rank1", (6,)), ("rank2", (3, 4)), ("rank3", (2, 2, 3))]:
        add("Where", what, lambda g: raw.Where(condition=g.input(g.bools(*shape))))
    for dtype in [F32, I, np.uint8, L]:
        add("Where", np.dtype(dtype).name, lambda g: raw.Where(condition=g.input(g.of(dtype, 3, 3, low=-1, high=2) if dtype != F32 else np.array([[0, 1.5], [-2, 0]], F32))))
    add("Where", "none", lambda g: raw.Where(condition=g.input(np.zeros((2, 2), bool))))
    add("Where", "constant", lambda g: raw.AddV2(x=raw.Where(condition=g.bools(3, 3)), y=g.input(L(1))))

    def boolean_mask(g):
        x, m = g.input(g.normal(4, 3)), g.input(np.array([True, False, True, True]))
        return raw.GatherV2(params=x, indices=raw.Squeeze(input=raw.Where(condition=m), axis=[1]), axis=I(0))
    add("Where", "boolean_mask", boolean_mask)

    repeats = np.array([4, 2, 4, 7, 2, 2, 9], I)
    for dtype in [I, L, F32]:
        name = np.dtype(dtype).name
        add("Unique", name, lambda g: list(raw.Unique(x=g.input(repeats.astype(dtype)))))
        add("UniqueWithCounts", name, lambda g: list(raw.UniqueWithCounts(x=g.input(repeats.astype(dtype)))))
        add("UniqueV2", name, lambda g: list(raw.UniqueV2(x=g.input(repeats.astype(dtype)), axis=np.zeros(0, I))))
    add("Unique", "int64_index", lambda g: list(raw.Unique(x=g.input(repeats), out_idx=L)))
    add("Unique", "values_only", lambda g: raw.Unique(x=g.input(g.ints(0, 4, 9)))[0])
    add("UniqueV2", "rows", lambda g: list(raw.UniqueV2(x=g.input(vec([1, 2], [3, 4], [1, 2])), axis=vec(0))))
    add("UniqueV2", "columns", lambda g: list(raw.UniqueV2(x=g.input(vec([1, 3, 1], [2, 4, 2])), axis=vec(1))))
    add("UniqueWithCountsV2", "vector", lambda g: list(raw.UniqueWithCountsV2(x=g.input(repeats), axis=vec(0))))
    for dtype in [I, L]:
        add("InvertPermutation", f"constant_{np.dtype(dtype).name}", lambda g: raw.AddV2(x=raw.InvertPermutation(x=vec(2, 0, 3, 1, dtype=dtype)), y=g.input(dtype(1))))
        add("InvertPermutation", f"runtime_{np.dtype(dtype).name}", lambda g: raw.InvertPermutation(x=g.input(vec(2, 0, 3, 1, dtype=dtype))))
    for op in ["DynamicStitch", "ParallelDynamicStitch"]:
        f = getattr(raw, op)
        add(op, "constant_indices", lambda g: f(indices=[vec(0, 2), vec(1, 3, 4)], data=[g.input(g.normal(2, 3)), g.input(g.normal(3, 3))]))
        add(op, "runtime_indices", lambda g: f(indices=[g.input(vec(0, 2)), g.input(vec(3, 1))], data=[g.input(g.normal(2)), g.input(g.normal(2))]))
        add(op, "scalar_and_matrix", lambda g: f(indices=[I(1), vec([0, 2], [3, 4])], data=[g.input(g.normal(2)), g.input(g.normal(2, 2, 2))]))
    add("DynamicStitch", "later_wins", lambda g: raw.DynamicStitch(indices=[vec(0, 1), vec(1, 2)], data=[g.input(g.normal(2)), g.input(g.normal(2))]))
    add("DynamicPartition", "constant", lambda g: list(raw.DynamicPartition(data=g.input(g.normal(5, 2)), partitions=vec(0, 1, 0, 2, 1), num_partitions=3)))
    add("DynamicPartition", "runtime", lambda g: list(raw.DynamicPartition(data=g.input(g.normal(5)), partitions=g.input(vec(0, 1, 0, 1, 1)), num_partitions=2)))
    add("ListDiff", "runtime", lambda g: list(raw.ListDiff(x=g.input(vec(1, 2, 3, 4, 5, 6)), y=g.input(vec(1, 3, 5)))))
    add("ListDiff", "constant", lambda g: raw.AddV2(x=raw.ListDiff(x=vec(0, 1, 2, 3), y=vec(1, 3))[0], y=g.input(I(10))))
    add("UnravelIndex", "vector", lambda g: raw.UnravelIndex(indices=g.input(vec(22, 5, 7)), dims=vec(7, 6)))
    add("UnravelIndex", "scalar", lambda g: raw.UnravelIndex(indices=g.input(I(22)), dims=vec(3, 4, 2)))
    for op in ["LowerBound", "UpperBound"]:
        add(op, "rows", lambda g: getattr(raw, op)(sorted_inputs=g.input(np.array([[1, 3, 3, 9], [0, 2, 4, 6]], F32)), values=g.input(np.array([[3, 0, 10], [2, 5, -1]], F32))))
        add(op, "int64_out", lambda g: getattr(raw, op)(sorted_inputs=np.array([[1, 3, 5]], I), values=g.input(vec([3, 4])), out_type=L))
    for dtype in [F32, I, np.float64, L]:
        add("Bucketize", np.dtype(dtype).name, lambda g: raw.Bucketize(input=g.input(np.array([[-5, 10000], [150, 10], [5, 100]], dtype)), boundaries=[0, 10, 100]))
    for binary in [False, True]:
        add("DenseBincount", f"vector{'_binary' if binary else ''}", lambda g: raw.DenseBincount(
            input=g.input(vec(1, 3, 1, 0)), size=I(5), weights=np.zeros(0, F32), binary_output=binary))
    add("DenseBincount", "rows", lambda g: raw.DenseBincount(input=g.input(vec([1, 3, 1], [0, 2, 2])), size=I(4), weights=np.zeros((0,), F32)))
    add("DenseBincount", "weights", lambda g: raw.DenseBincount(input=g.input(vec(1, 3, 1)), size=I(4), weights=g.input(g.normal(3))))
    add("Bincount", "counts", lambda g: raw.Bincount(arr=g.input(vec(1, 3, 1, 0)), size=I(5), weights=np.zeros(0, I)))
    add("Bincount", "weights", lambda g: raw.Bincount(arr=g.input(vec(1, 3, 1, 7)), size=I(4), weights=g.input(g.normal(4))))
    add("HistogramFixedWidth", "five_bins", lambda g: raw.HistogramFixedWidth(values=g.input(np.array([-1, 0, 1.5, 2, 5, 15], F32)), value_range=np.array([0, 5], F32), nbins=I(5)))
