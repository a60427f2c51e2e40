"""Reductions, running sums, and where the largest is."""
import numpy as np

from builder import raw, tf

F32, I = np.float32, np.int32


def axes(*a):
    return np.array(a, I)


def make(add):
    for op in ["Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"]:
        f = getattr(raw, op)
        for what, a, keep in [("last", axes(-1), False), ("first_kept", axes(0), True), ("two", axes(0, 2), False),
                              ("all", axes(0, 1, 2), False), ("all_kept", axes(0, 1, 2), True),
                              ("none", np.zeros(0, I), False), ("scalar_axis", I(1), False)]:
            add(op, what, lambda g: f(input=g.input(g.uniform(0.5, 1.5, 2, 3, 4) * np.where(g.bools(2, 3, 4), 1, -1).astype(F32)),
                                      axis=a, keep_dims=keep))
        add(op, "dynamic", lambda g: f(input=g.input(g.normal(2, 3, 4), "dims"), axis=axes(1)))
        add(op, "unknown_rank", lambda g: f(input=g.input(g.normal(2, 3), None), axis=axes(1), keep_dims=True))
        add(op, "rank5", lambda g: f(input=g.input(g.normal(1, 2, 2, 2, 3)), axis=axes(1, 3), keep_dims=True))
        add(op, "int64_axis", lambda g: f(input=g.input(g.normal(2, 3)), axis=np.array([1], np.int64)))
        add(op, "double", lambda g: f(input=g.input(g.normal(2, 3, dtype=np.float64)), axis=axes(1)))
        if op not in ("EuclideanNorm", "Prod"):
            add(op, "half", lambda g: f(input=g.input(g.normal(2, 3, dtype=np.float16)), axis=axes(1)))
        if op != "EuclideanNorm":
            for dtype in [I, np.int64]:
                add(op, np.dtype(dtype).name, lambda g: f(input=g.input(g.ints(-5, 6, 3, 4, dtype=dtype)), axis=axes(0)))
        if op in ("Max", "Min"):
            add(op, "uint8", lambda g: f(input=g.input(g.ints(0, 256, 3, 4, dtype=np.uint8)), axis=axes(1)))
        if op in ("Sum", "Max"):
            # As exporters write "all axes": a Range over the Rank.
            add(op, "range_of_rank", lambda g: (lambda x: f(input=x, axis=raw.Range(
                start=I(0), limit=raw.Rank(input=x), delta=I(1))))(g.input(g.normal(2, 3))))
        if op in ("Sum", "Prod"):
            add(op, "empty", lambda g: f(input=g.input(g.normal(0, 3)), axis=axes(0)))
    add("Mean", "spatial", lambda g: raw.Mean(input=g.input(g.normal(2, 3, 3, 4)), axis=axes(1, 2)))
    add("Mean", "spatial_kept_dynamic", lambda g: raw.Mean(input=g.input(g.normal(2, 3, 3, 4), [None, None, None, 4]),
                                                           axis=axes(1, 2), keep_dims=True))
    for op in ["All", "Any"]:
        f = getattr(raw, op)
        for what, a, keep in [("last", axes(-1), False), ("first_kept", axes(0), True), ("all", axes(0, 1), False),
                              ("none", np.zeros(0, I), False)]:
            add(op, what, lambda g: f(input=g.input(g.bools(4, 2)), axis=a, keep_dims=keep))
        add(op, "dynamic", lambda g: f(input=g.input(g.bools(3, 2), "dims"), axis=axes(1)))

    def log_sum_exp(g):
        x = g.input(g.normal(3, 4) * 5)
        m = raw.StopGradient(input=raw.Max(input=x, axis=axes(1), keep_dims=True))
        s = raw.Log(x=raw.Sum(input=raw.Exp(x=raw.Sub(x=x, y=m)), axis=axes(1)))
        return raw.AddV2(x=s, y=raw.Squeeze(input=m, axis=[1]))
    add("Sum", "log_sum_exp", log_sum_exp)

    for op in ["ArgMax", "ArgMin"]:
        f = getattr(raw, op)
        for axis in [0, 1, -1]:
            add(op, f"axis{axis}".replace("-", "m"), lambda g: f(input=g.input(g.distinct(3, 4, 2)), dimension=I(axis)))
        add(op, "int32_out", lambda g: f(input=g.input(g.distinct(3, 4)), dimension=I(1), output_type=I))
        add(op, "first_of_equal", lambda g: f(input=g.input(g.ints(0, 2, 3, 6).astype(F32)), dimension=I(1)))
        add(op, "dynamic", lambda g: f(input=g.input(g.distinct(3, 4), "dims"), dimension=I(0)))
        for dtype in [I, np.int64, np.uint8, np.float64, np.float16]:
            add(op, np.dtype(dtype).name, lambda g: f(input=g.input(g.of(dtype, 3, 5, low=0, high=100)), dimension=I(1)))
    add("ArgMax", "rank1", lambda g: raw.ArgMax(input=g.input(g.distinct(7)), dimension=I(0)))
    add("ArgMax", "bool", lambda g: raw.ArgMax(input=g.input(g.bools(3, 4)), dimension=I(1)))

    for op in ["Cumsum", "Cumprod", "CumulativeLogsumexp"]:
        f = getattr(raw, op)
        for exclusive in [False, True]:
            for reverse in [False, True]:
                what = ("exclusive" if exclusive else "inclusive") + ("_reverse" if reverse else "")
                add(op, what, lambda g: f(x=g.input(g.uniform(0.5, 2, 2, 4)), axis=I(1), exclusive=exclusive, reverse=reverse))
        add(op, "axis0", lambda g: f(x=g.input(g.uniform(0.5, 2, 3, 2, 2)), axis=I(0)))
        add(op, "negative_axis", lambda g: f(x=g.input(g.uniform(0.5, 2, 3, 2, 2)), axis=I(-2)))
        if op != "CumulativeLogsumexp":
            add(op, "int32", lambda g: f(x=g.input(g.ints(1, 4, 2, 5)), axis=I(1)))
            add(op, "int64", lambda g: f(x=g.input(g.ints(1, 4, 5, dtype=np.int64)), axis=I(0)))
            add(op, "double", lambda g: f(x=g.input(g.uniform(1, 2, 5, dtype=np.float64)), axis=I(0)))
        add(op, "dynamic", lambda g: f(x=g.input(g.uniform(0.5, 2, 2, 4), "dims"), axis=I(1)))
    add("SoftmaxCrossEntropyWithLogits", "rank2", lambda g: raw.SoftmaxCrossEntropyWithLogits(
        features=g.input(g.normal(3, 4)), labels=g.input(np.eye(4, dtype=F32)[:3]))[0])
    add("SparseSoftmaxCrossEntropyWithLogits", "rank2", lambda g: raw.SparseSoftmaxCrossEntropyWithLogits(
        features=g.input(g.normal(3, 4)), labels=g.input(np.array([2, 0, 3], I)))[0])

    for k in [1, 3]:
        add("TopKV2", f"k{k}", lambda g: list(raw.TopKV2(input=g.input(g.distinct(2, 6)), k=I(k))))
    add("TopKV2", "rank1", lambda g: list(raw.TopKV2(input=g.input(g.distinct(6)), k=I(4))))
    add("TopKV2", "rank3_dynamic", lambda g: list(raw.TopKV2(input=g.input(g.distinct(2, 2, 5), "dims"), k=I(2))))
    add("TopKV2", "equal_values", lambda g: list(raw.TopKV2(input=g.input(np.array([[1, 2, 2, 1, 2, 0]], F32)), k=I(4))))
    add("TopKV2", "all_k", lambda g: list(raw.TopKV2(input=g.input(g.distinct(5)), k=I(5))))
    add("TopKV2", "runtime_k", lambda g: list(raw.TopKV2(input=g.input(g.distinct(7)), k=g.input(I(3)))))
    add("TopKV2", "values_only", lambda g: raw.TopKV2(input=g.input(g.normal(3, 5)), k=I(2))[0])
    for dtype in [I, np.int64, np.float64, np.uint8]:
        add("TopKV2", np.dtype(dtype).name, lambda g: list(raw.TopKV2(
            input=g.input(g.rng.permutation(12).astype(dtype).reshape(2, 6)), k=I(3))))
    add("TopKV2", "least_of_k_and_size", lambda g: (lambda x: list(raw.TopKV2(input=x, k=raw.Minimum(
        x=I(4), y=raw.Size(input=x)))))(g.input(g.distinct(6))))
    # No kernel is left for the first version: the numbers come from the second.
    def top_k(g, old):
        x = g.input(g.distinct(3, 5))
        return list(g.old_op("TopK", [x], 6, T=tf.float32, k=2) if old else raw.TopKV2(input=x, k=I(2)))
    add("TopK", "k2", lambda g: top_k(g, True), reference=lambda g: top_k(g, False))
    for op in ["InTopK", "InTopKV2"]:
        add(op, "k2", lambda g: getattr(raw, op)(predictions=g.input(g.distinct(4, 5)), targets=g.input(g.ints(0, 5, 4)),
                                                 k=2 if op == "InTopK" else I(2)))
        add(op, "ties", lambda g: getattr(raw, op)(
            predictions=g.input(np.array([[1, 2, 2, 0], [3, 3, 3, 3]], F32)), targets=g.input(np.array([2, 3], I)),
            k=1 if op == "InTopK" else I(1)))
    add("NthElement", "third", lambda g: raw.NthElement(input=g.input(g.distinct(2, 6)), n=I(2)))
    add("NthElement", "reverse", lambda g: raw.NthElement(input=g.input(g.distinct(6)), n=I(1), reverse=True))
