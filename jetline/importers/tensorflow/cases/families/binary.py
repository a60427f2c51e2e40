"""Elementwise operators of two and more inputs, with broadcasting."""
import numpy as np

from builder import raw

F32, F64, F16 = np.float32, np.float64, np.float16
I = np.int32
SHAPES = {"same": ((2, 3), (2, 3)), "scalar": ((2, 3), ()), "row": ((2, 3), (3,)), "column": ((2, 3), (2, 1)),
          "both_ways": ((2, 1, 4), (3, 1)), "rank5": ((1, 2, 1, 3, 1), (2, 1, 2, 1, 2))}
# Operator -> range of the second argument (the first is -4 to 4 unless listed below).
FLOAT = {"Add": (-4, 4), "AddV2": (-4, 4), "Sub": (-4, 4), "Mul": (-4, 4), "Div": (0.5, 4), "RealDiv": (0.5, 4),
         "FloorDiv": (0.5, 3), "FloorMod": (0.5, 3), "Mod": (0.5, 3), "TruncateDiv": None, "TruncateMod": (0.5, 3),
         "Pow": (-2, 3), "SquaredDifference": (-4, 4), "Maximum": (-4, 4), "Minimum": (-4, 4), "Atan2": (-4, 4),
         "DivNoNan": (-2, 2), "MulNoNan": (-2, 2), "Xdivy": (0.5, 4), "Xlogy": (0.5, 4), "Xlog1py": (0.5, 4),
         "Greater": (-4, 4), "GreaterEqual": (-4, 4), "Less": (-4, 4), "LessEqual": (-4, 4), "Equal": (-4, 4),
         "NotEqual": (-4, 4), "ApproximateEqual": (-4, 4)}
FIRST = {"Pow": (0.2, 3)}
COMPARE = {"Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"}
INTEGER = ["Add", "AddV2", "Sub", "Mul", "Div", "FloorDiv", "FloorMod", "TruncateDiv", "Maximum", "Minimum", "Pow",
           "SquaredDifference", "Mod", "TruncateMod", *sorted(COMPARE)]


def make(add):
    for op, second in FLOAT.items():
        f = getattr(raw, op)
        if second:
            first = FIRST.get(op, (-4, 4))
            shapes = SHAPES if op in ("Add", "AddV2", "Mul", "Sub", "Maximum", "Less") else {
                k: SHAPES[k] for k in (["same"] if op == "ApproximateEqual" else ["same", "scalar", "both_ways"])}
            for what, (a, b) in shapes.items():
                add(op, f"float_{what}", lambda g: f(x=g.input(g.uniform(*first, *a)), y=g.input(g.uniform(*second, *b))))
            add(op, "constant", lambda g: f(x=g.input(g.uniform(*first, 4), "dims"), y=g.uniform(*second, 4)))
            if op in ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Pow", "Maximum", "Minimum", "Less", "FloorDiv", "FloorMod",
                      "SquaredDifference", "Equal", "DivNoNan"):
                add(op, "double", lambda g: f(x=g.input(g.uniform(*first, 5, dtype=F64)),
                                              y=g.input(g.uniform(*second, 5, dtype=F64))))
            if op in ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "Greater"):
                add(op, "half", lambda g: f(x=g.input(g.uniform(*first, 5, dtype=F16)),
                                            y=g.input(g.uniform(*second, 5, dtype=F16))))
        if op in INTEGER:
            low = 0 if op == "Pow" else -9

            def divisor(g, shape, dtype):  # no zeros
                n = g.ints(1, 5, *shape, dtype=dtype)
                return n if op == "Pow" or np.dtype(dtype).kind == "u" else n * np.where(g.bools(*shape), -1, 1).astype(dtype)
            add(op, "int32", lambda g: f(x=g.input(g.ints(low, 10, 3, 4)), y=g.input(divisor(g, (3, 4), I))))
            add(op, "int64", lambda g: f(x=g.input(g.ints(low, 10, 3, 4, dtype=np.int64)),
                                         y=g.input(divisor(g, (4,), np.int64))))
    for op in ["Add", "AddV2", "Sub", "Mul", "FloorDiv", "Div", "TruncateDiv"]:
        add(op, "uint8", lambda g: getattr(raw, op)(x=g.input(g.ints(20, 40, 6, dtype=np.uint8)),
                                                    y=g.input(g.ints(1, 6, 6, dtype=np.uint8))))
    for op in ["AddV2", "Mul", "FloorMod", "Equal"]:
        for dtype in [np.int8, np.int16]:
            if op == "FloorMod":
                continue
            add(op, np.dtype(dtype).name, lambda g: getattr(raw, op)(x=g.input(g.ints(-9, 9, 6, dtype=dtype)),
                                                                     y=g.input(g.ints(1, 6, 6, dtype=dtype))))
    add("AddV2", "uint8_wraps", lambda g: raw.AddV2(x=g.input(np.array([250, 3], np.uint8)),
                                                    y=g.input(np.array([10, 4], np.uint8))))
    add("Mul", "unknown_rank", lambda g: raw.Mul(x=g.input(g.normal(2, 3), None), y=g.input(g.normal(3), None)))
    add("AddV2", "empty", lambda g: raw.AddV2(x=g.input(g.normal(0, 3)), y=g.input(g.normal(3))))
    signs = np.array([7, -7, 7, -7, 6, -6], I), np.array([3, 3, -3, -3, 3, 3], I)
    for op in ["FloorDiv", "FloorMod", "TruncateDiv", "Mod", "TruncateMod"]:
        for dtype in [I, np.int64] + ([F32] if op != "TruncateDiv" else []):
            add(op, f"signs_{np.dtype(dtype).name}", lambda g: getattr(raw, op)(
                x=g.input(signs[0].astype(dtype)), y=g.input(signs[1].astype(dtype))))
    add("FloorMod", "uint8", lambda g: raw.FloorMod(x=g.input(g.ints(0, 99, 5, dtype=np.uint16)),
                                                    y=g.input(g.ints(1, 9, 5, dtype=np.uint16))))
    zeros = np.array([1, 0, -2, 0], F32), np.array([0, 0, 2, 3], F32)
    add("DivNoNan", "zeros", lambda g: raw.DivNoNan(x=g.input(zeros[0]), y=g.input(zeros[1])))
    add("MulNoNan", "infinite_times_zero", lambda g: raw.MulNoNan(
        x=g.input(np.array([np.inf, np.nan, 2], F32)), y=g.input(np.array([0, 0, 3], F32))))
    for op in ["Xlogy", "Xdivy", "Xlog1py"]:
        add(op, "zeros", lambda g: getattr(raw, op)(x=g.input(np.array([0, 0, 2, 1], F32)),
                                                    y=g.input(np.array([0, 3, 2, 1], F32))))
    add("RealDiv", "by_zero", lambda g: raw.RealDiv(x=g.input(np.array([1, -1, 0], F32)),
                                                    y=g.input(np.array([0, 0, 0], F32))))
    add("Atan2", "quadrants", lambda g: raw.Atan2(
        y=g.input(np.array([0, 0, 1, -1, 1, -1, 1, -1, 0], F32)), x=g.input(np.array([1, -1, 0, 0, 1, -1, -1, 1, 0], F32))))
    add("Pow", "integer_exponents", lambda g: raw.Pow(x=g.input(np.array([-2, -3, 2, 0], F32)),
                                                      y=g.input(np.array([3, 2, -1, 0], F32))))
    add("ApproximateEqual", "tolerance", lambda g: raw.ApproximateEqual(
        x=g.input(np.array([1, 1.05, 1.2], F32)), y=g.input(np.array([1, 1, 1], F32)), tolerance=0.1))
    for op in ["Equal", "NotEqual"]:
        f = getattr(raw, op)
        add(op, "bool", lambda g: f(x=g.input(g.bools(6)), y=g.input(g.bools(6))))
        add(op, "uint8", lambda g: f(x=g.input(g.ints(0, 3, 9, dtype=np.uint8)), y=g.input(g.ints(0, 3, 9, dtype=np.uint8))))
        add(op, "nan", lambda g: f(x=g.input(np.array([np.nan, 1], F32)), y=g.input(np.array([np.nan, 1], F32))))
        add(op, "incompatible", lambda g: f(x=g.input(g.normal(2)), y=g.normal(3), incompatible_shape_error=False))
    for op in ["LogicalAnd", "LogicalOr"]:
        for what, (a, b) in list(SHAPES.items())[:5]:
            add(op, what, lambda g: getattr(raw, op)(x=g.input(g.bools(*a)), y=g.input(g.bools(*b))))
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"]:
        for dtype in [np.uint8, np.int32, np.int64, np.uint32]:
            high = 5 if "Shift" in op else 60
            add(op, np.dtype(dtype).name, lambda g: getattr(raw, op)(
                x=g.input(g.ints(0, 60, 3, 3, dtype=dtype)), y=g.input(g.ints(0, high, 3, dtype=dtype))))
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "RightShift"]:
        add(op, "negative", lambda g: getattr(raw, op)(x=g.input(g.ints(-60, 60, 8)), y=g.input(g.ints(0, 6, 8))))
    for n in [1, 2, 4]:
        add("AddN", f"of_{n}", lambda g: raw.AddN(inputs=[g.input(g.normal(2, 3)) for _ in range(n)]))
        add("AccumulateNV2", f"of_{n}", lambda g: raw.AccumulateNV2(
            inputs=[g.input(g.normal(2, 3)) for _ in range(n)], shape=[2, 3]))
    add("AddN", "int32", lambda g: raw.AddN(inputs=[g.input(g.ints(0, 9, 4)) for _ in range(3)]))
    for dtype in [F32, I, np.int64, F64]:
        add("ClipByValue", np.dtype(dtype).name, lambda g: raw.ClipByValue(
            t=g.input(g.of(dtype, 3, 4, low=-9, high=10)), clip_value_min=dtype(-3), clip_value_max=dtype(4)))
    add("ClipByValue", "tensors", lambda g: raw.ClipByValue(
        t=g.input(g.normal(2, 3)), clip_value_min=g.input(g.uniform(-1, 0, 2, 3)), clip_value_max=g.input(g.uniform(0, 1, 2, 3))))
    for op, (a, b) in {"Igamma": ((0.3, 4), (0.2, 6)), "Igammac": ((0.3, 4), (0.2, 6))}.items():
        add(op, "float", lambda g: getattr(raw, op)(a=g.input(g.uniform(*a, 6)), x=g.input(g.uniform(*b, 6))), tolerance=1e-4)
    add("NextAfter", "float", lambda g: raw.NextAfter(x1=g.input(g.normal(4)), x2=g.input(g.normal(4))))
    add("Cross", "rank2", lambda g: raw.Cross(a=g.input(g.normal(4, 3)), b=g.input(g.normal(4, 3))))
    add("Cross", "rank1_int", lambda g: raw.Cross(a=g.input(g.ints(-5, 6, 3)), b=g.input(g.ints(-5, 6, 3))))
    add("Cross", "rank3_dynamic", lambda g: raw.Cross(a=g.input(g.normal(2, 2, 3), [None, None, 3]), b=g.normal(2, 2, 3)))

    for what, c, a in [("same", (2, 3), (2, 3)), ("vector_of_rows", (2,), (2, 3)), ("scalar", (), (2, 3)),
                       ("rows_of_rank4", (2,), (2, 1, 2, 2))]:
        add("Select", what, lambda g: raw.Select(condition=g.input(g.bools(*c)), x=g.input(g.normal(*a)), y=g.input(g.normal(*a))))
    for what, c, a, b in [("same", (2, 3), (2, 3), (2, 3)), ("broadcast", (3,), (2, 1), (2, 3)), ("scalar", (), (2,), ()),
                          ("condition_larger", (2, 3), (3,), ())]:
        add("SelectV2", what, lambda g: raw.SelectV2(condition=g.input(g.bools(*c)), t=g.input(g.normal(*a)), e=g.input(g.normal(*b))))
    for op, (x, y) in {"Select": ("x", "y"), "SelectV2": ("t", "e")}.items():
        for dtype in [I, np.int64, bool, F64, np.uint8]:
            add(op, np.dtype(dtype).name, lambda g: getattr(raw, op)(
                condition=g.input(g.bools(5)), **{x: g.input(g.of(dtype, 5)), y: g.input(g.of(dtype, 5))}))
        add(op, "dynamic", lambda g: getattr(raw, op)(
            condition=g.input(g.bools(2, 3), "dims"), **{x: g.input(g.normal(2, 3), "dims"), y: g.input(g.normal(2, 3), "dims")}))
    # Pieces of activations that Keras and others write out.
    x = lambda g: g.input(g.uniform(-6, 6, 2, 5))
    add("Mul", "hard_swish", lambda g: (lambda t: raw.Mul(x=t, y=raw.Mul(x=raw.Relu6(features=raw.AddV2(x=t, y=F32(3))),
                                                                         y=F32(1 / 6))))(x(g)))
    add("Mul", "swish", lambda g: (lambda t: raw.Mul(x=t, y=raw.Sigmoid(x=t)))(x(g)))
    add("Mul", "gelu", lambda g: (lambda t: raw.Mul(x=raw.Mul(x=F32(0.5), y=t), y=raw.AddV2(
        x=F32(1), y=raw.Erf(x=raw.Mul(x=t, y=F32(0.70710678))))))(x(g)))
    add("Mul", "mish", lambda g: (lambda t: raw.Mul(x=t, y=raw.Tanh(x=raw.Softplus(features=t))))(x(g)))
