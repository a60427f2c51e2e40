"""Elementwise operators of one input."""
import numpy as np

from builder import raw

F32, F64, F16 = np.float32, np.float64, np.float16

# Operator -> range of arguments where the function is smooth and defined.
MATHS = {
    "Abs": (-3, 3), "Acos": (-0.99, 0.99), "Acosh": (1.01, 5), "Asin": (-0.99, 0.99), "Asinh": (-4, 4),
    "Atan": (-4, 4), "Atanh": (-0.95, 0.95), "Ceil": (-4, 4), "Cos": (-6, 6), "Cosh": (-3, 3), "Erf": (-3, 3),
    "Erfc": (-2, 2), "Exp": (-4, 3), "Expm1": (-2, 2), "Floor": (-4, 4), "Inv": (0.3, 4), "Log": (0.05, 9),
    "Log1p": (-0.9, 5), "Neg": (-3, 3), "Reciprocal": (0.3, 4), "Rint": (-5, 5), "Round": (-5, 5), "Rsqrt": (0.1, 9),
    "Sigmoid": (-6, 6), "Sign": (-2, 2), "Sin": (-6, 6), "Sinh": (-3, 3), "Sqrt": (0, 9), "Square": (-3, 3),
    "Tan": (-1.3, 1.3), "Tanh": (-3, 3), "Elu": (-4, 4), "Relu": (-3, 3), "Relu6": (-3, 9), "Selu": (-4, 4),
    "Softplus": (-20, 20), "Softsign": (-5, 5),
}
NN = {"Elu", "Relu", "Relu6", "Selu", "Softplus", "Softsign"}
INTEGER = {"Abs": True, "Neg": True, "Sign": True, "Square": True, "Relu": True, "Relu6": True, "Round": True}
DOUBLE_TOO = ["Abs", "Exp", "Log", "Sqrt", "Sigmoid", "Tanh", "Floor", "Ceil", "Rsqrt", "Square", "Relu", "Erf",
              "Cos", "Sin", "Round", "Rint", "Elu", "Atan", "Log1p", "Expm1", "Neg", "Sign", "Reciprocal", "Softplus"]
HALF_TOO = ["Abs", "Exp", "Sqrt", "Sigmoid", "Tanh", "Relu", "Relu6", "Neg", "Square", "Elu", "Rsqrt", "Log", "Floor"]
# Not among ONNX's operators: a rule has to make them of others.
SPECIAL = {"Lgamma": (0.2, 9), "Digamma": (0.3, 9), "Erfinv": (-0.95, 0.95), "Ndtri": (0.03, 0.97),
           "BesselI0": (-3, 3), "BesselI1": (-3, 3), "BesselI0e": (-3, 3), "BesselI1e": (-3, 3)}


def call(op, x):
    f = getattr(raw, op)
    return f(features=x) if op in NN or op == "LeakyRelu" else f(x=x)


def make(add):
    for op, (low, high) in MATHS.items():
        add(op, "float", lambda g: call(op, g.input(g.uniform(low, high, 2, 3, 4))))
        add(op, "dynamic", lambda g: call(op, g.input(g.uniform(low, high, 5), "dims")))
        if op in DOUBLE_TOO:
            add(op, "double", lambda g: call(op, g.input(g.uniform(low, high, 3, 2, dtype=F64))))
        if op in HALF_TOO:
            add(op, "half", lambda g: call(op, g.input(g.uniform(low, high, 3, 2, dtype=F16))))
        if op in INTEGER:
            add(op, "int32", lambda g: call(op, g.input(g.ints(-9, 10, 2, 5))))
            add(op, "int64", lambda g: call(op, g.input(g.ints(-9, 10, 7, dtype=np.int64))))
    for op in ["Abs", "Sqrt", "Tanh", "Relu"]:
        low, high = MATHS[op]
        add(op, "scalar", lambda g: call(op, g.input(g.uniform(low, high))))
        add(op, "rank5", lambda g: call(op, g.input(g.uniform(low, high, 1, 2, 1, 3, 2))))
        add(op, "unknown_rank", lambda g: call(op, g.input(g.uniform(low, high, 2, 2), None)))
    add("Relu", "empty", lambda g: call("Relu", g.input(g.uniform(0, 1, 0, 3))))
    add("Abs", "int8", lambda g: call("Abs", g.input(g.ints(-100, 100, 6, dtype=np.int8))))
    add("Neg", "int16", lambda g: call("Neg", g.input(g.ints(-100, 100, 6, dtype=np.int16))))
    # Half-way cases go to the even neighbour in both.
    for op in ["Round", "Rint"]:
        add(op, "ties", lambda g: call(op, g.input(np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5], F32))))
    add("Sign", "zeros", lambda g: call("Sign", g.input(np.array([-0.0, 0.0, -3.0, 7.0], F32))))
    add("Sqrt", "nan", lambda g: call("Sqrt", g.input(np.array([-1.0, 0.0, 4.0], F32))))
    add("Log", "limits", lambda g: call("Log", g.input(np.array([0.0, 1.0, -1.0, np.inf], F32))))
    add("Exp", "overflow", lambda g: call("Exp", g.input(np.array([-200.0, 0.0, 200.0], F32))))
    add("Softplus", "large", lambda g: call("Softplus", g.input(np.array([-100.0, -30, 0, 30, 100.0], F32))))
    add("Sigmoid", "large", lambda g: call("Sigmoid", g.input(np.array([-100.0, -30, 0, 30, 100.0], F32))))
    for op, (low, high) in SPECIAL.items():
        add(op, "float", lambda g: call(op, g.input(g.uniform(low, high, 3, 4))), tolerance=1e-4)
        add(op, "vector", lambda g: call(op, g.input(g.uniform(low, high, 9), "dims")), tolerance=1e-4)
    add("Lgamma", "negative", lambda g: call("Lgamma", g.input(np.array([-0.5, -1.5, -2.3, 0.5], F32))), tolerance=1e-4)

    for alpha in [0.2, 0.01, 1.5]:
        add("LeakyRelu", f"alpha_{str(alpha).replace('.', '_')}",
            lambda g: raw.LeakyRelu(features=g.input(g.normal(3, 5)), alpha=alpha))
    add("LeakyRelu", "half", lambda g: raw.LeakyRelu(features=g.input(g.normal(6, dtype=F16))))
    add("LeakyRelu", "double", lambda g: raw.LeakyRelu(features=g.input(g.normal(6, dtype=F64)), alpha=0.3))

    for op in ["Softmax", "LogSoftmax"]:
        f = getattr(raw, op)
        add(op, "rank1", lambda g: f(logits=g.input(g.normal(6))))
        add(op, "rank2", lambda g: f(logits=g.input(g.normal(3, 4))))
        add(op, "rank4", lambda g: f(logits=g.input(g.normal(2, 2, 3, 4))))
        add(op, "dynamic", lambda g: f(logits=g.input(g.normal(3, 4), "dims")))
        add(op, "large", lambda g: f(logits=g.input(100 * g.normal(3, 4))))
        add(op, "double", lambda g: f(logits=g.input(g.normal(3, 4, dtype=F64))))
        add(op, "half", lambda g: f(logits=g.input(g.normal(3, 4, dtype=F16))))

    odd = np.array([[0, np.nan, np.inf], [-np.inf, 3, -0.0]], F32)
    for op in ["IsNan", "IsInf", "IsFinite"]:
        add(op, "float", lambda g: call(op, g.input(odd)))
        add(op, "double", lambda g: call(op, g.input(odd.astype(F64), "dims")))
        add(op, "half", lambda g: call(op, g.input(odd.astype(F16))))
    add("LogicalNot", "rank2", lambda g: raw.LogicalNot(x=g.input(g.bools(2, 3))))
    add("LogicalNot", "scalar", lambda g: raw.LogicalNot(x=g.input(np.array(True))))
    for dtype in [np.int32, np.int64, np.uint8, np.int8, np.int16]:
        name = np.dtype(dtype).name
        add("Invert", name, lambda g: raw.Invert(x=g.input(g.of(dtype, 7))))
    for dtype in [np.int32, np.uint8, np.int64]:
        add("PopulationCount", np.dtype(dtype).name,
            lambda g: raw.PopulationCount(x=g.input(g.of(dtype, 8, low=0, high=120))))
    for op in ["Identity", "Snapshot", "StopGradient", "PreventGradient", "DeepCopy"]:
        kwargs = {"Identity": "input", "Snapshot": "input", "StopGradient": "input", "PreventGradient": "input",
                  "DeepCopy": "x"}
        for dtype in [F32, np.int32, bool] if op == "Identity" else [F32]:
            add(op, np.dtype(dtype).name, lambda g: getattr(raw, op)(**{kwargs[op]: g.input(g.of(dtype, 2, 3))}))
    add("IdentityN", "three", lambda g: raw.IdentityN(
        input=[g.input(g.normal(2)), g.input(g.ints(0, 5, 3)), g.input(g.bools(1, 2))]))
    add("IdentityN", "one", lambda g: raw.IdentityN(input=[g.input(g.normal(2, 2), "dims")]))
    add("CheckNumerics", "float", lambda g: raw.CheckNumerics(tensor=g.input(g.normal(2, 3)), message="sound?"))
    add("CheckNumericsV2", "float", lambda g: raw.CheckNumericsV2(tensor=g.input(g.normal(2, 3)), message="sound?"))
    add("PlaceholderWithDefault", "constant", lambda g: raw.Relu(features=raw.PlaceholderWithDefault(
        input=np.array([-1, 2], F32), shape=[2])) + g.input(g.normal(2)))
    add("PlaceholderWithDefault", "computed", lambda g: raw.PlaceholderWithDefault(
        input=raw.Relu(features=g.input(g.normal(2, 3))), shape=[2, 3]))
    add("L2Loss", "rank2", lambda g: raw.L2Loss(t=g.input(g.normal(3, 4))))
    add("L2Loss", "scalar", lambda g: raw.L2Loss(t=g.input(g.normal())))
    add("L2Loss", "dynamic", lambda g: raw.L2Loss(t=g.input(g.normal(7), None)))
    add("EnsureShape", "same", lambda g: raw.EnsureShape(input=g.input(g.normal(2, 3), "dims"), shape=[2, None]))
    add("EnsureShape", "unknown_rank", lambda g: raw.EnsureShape(input=g.input(g.normal(2, 3), None), shape=[None, 3]))

    casts = [(F32, np.int32), (F32, np.int64), (F32, np.uint8), (F32, np.int8), (F32, bool), (F32, F64), (F32, F16),
             (np.int32, F32), (np.int32, np.int64), (np.int32, bool), (np.int32, np.uint8), (np.int32, np.int16),
             (np.int64, np.int32), (np.int64, F32), (np.int64, bool), (np.uint8, F32), (np.uint8, np.int32),
             (np.int8, F32), (np.int16, F32), (np.uint16, F32), (np.uint32, np.int64), (bool, F32), (bool, np.int32),
             (bool, np.int64), (bool, np.uint8), (F64, F32), (F64, np.int32), (F16, F32), (F16, np.int32),
             (np.uint8, F16), (np.int32, F64), (np.uint64, np.int64)]
    for a, b in casts:
        add("Cast", f"{np.dtype(a).name}_to_{np.dtype(b).name}",
            lambda g: raw.Cast(x=g.input(g.of(a, 2, 4, low=0 if np.dtype(b).kind == "u" else -4)), DstT=b))
    add("Cast", "truncates_toward_zero", lambda g: raw.Cast(x=g.input(np.array([-1.9, -0.5, 0.5, 1.9], F32)),
                                                           DstT=np.int32))
    add("Cast", "int_wraps", lambda g: raw.Cast(x=g.input(np.array([-1, 256, 300, 5], np.int32)), DstT=np.uint8))
    add("Cast", "nan_is_true", lambda g: raw.Cast(x=g.input(np.array([0, np.nan, 0.1], F32)), DstT=bool))
    add("Bitcast", "float_to_int", lambda g: raw.Bitcast(input=g.input(g.normal(3)), type=np.int32))
    add("Bitcast", "int_to_uint", lambda g: raw.Bitcast(input=g.input(g.ints(-5, 5, 3)), type=np.uint32))
    add("Bitcast", "same", lambda g: raw.Bitcast(input=g.input(g.ints(-5, 5, 3)), type=np.int32))
    add("Bitcast", "constant", lambda g: raw.Bitcast(input=g.normal(3), type=np.int32) + g.input(g.ints(0, 5, 3)))
