"""Gradients of element-wise functions, and operators that hand their input on."""
import numpy as np

from builder import raw

F32, F64, I, L = np.float32, np.float64, np.int32, np.int64
# Operator -> (names of its inputs, range of the function's result or argument)
OF_RESULT = {"SigmoidGrad": (0.05, 0.95), "TanhGrad": (-0.95, 0.95), "ReciprocalGrad": (0.3, 3), "InvGrad": (0.3, 3),
             "SqrtGrad": (0.2, 3), "RsqrtGrad": (0.2, 3)}
OF_FEATURES = {"ReluGrad": (-2, 2), "Relu6Grad": (-2, 8), "SoftplusGrad": (-4, 4), "SoftsignGrad": (-3, 3),
               "LeakyReluGrad": (-2, 2)}
OF_OUTPUTS = {"EluGrad": (-0.9, 3), "SeluGrad": (-1.5, 3)}


def make(add):
    for op, (low, high) in OF_RESULT.items():
        f = getattr(raw, op)
        for what, shape in [("float", "same"), ("dynamic", "dims")]:
            add(op, what, lambda g: f(y=g.input(g.uniform(low, high, 3, 4), shape), dy=g.input(g.normal(3, 4), shape)))
        add(op, "double", lambda g: f(y=g.input(g.uniform(low, high, 5, dtype=F64)), dy=g.normal(5, dtype=F64)))
    for op, (low, high) in OF_FEATURES.items():
        f = getattr(raw, op)
        for what, shape in [("float", "same"), ("dynamic", "dims")]:
            add(op, what, lambda g: f(gradients=g.input(g.normal(3, 4), shape), features=g.input(g.uniform(low, high, 3, 4), shape)))
    add("LeakyReluGrad", "alpha", lambda g: raw.LeakyReluGrad(gradients=g.input(g.normal(6)), features=g.input(g.normal(6)), alpha=0.3))
    for op, (low, high) in OF_OUTPUTS.items():
        f = getattr(raw, op)
        for what, shape in [("float", "same"), ("dynamic", "dims")]:
            add(op, what, lambda g: f(gradients=g.input(g.normal(3, 4), shape), outputs=g.input(g.uniform(low, high, 3, 4), shape)))
    add("BiasAddGrad", "last", lambda g: raw.BiasAddGrad(out_backprop=g.input(g.normal(2, 3, 3, 4))))
    add("BiasAddGrad", "channels_first", lambda g: raw.BiasAddGrad(out_backprop=g.input(g.normal(2, 4, 3, 3)), data_format="NCHW"))
    add("BiasAddGrad", "matrix_dynamic", lambda g: raw.BiasAddGrad(out_backprop=g.input(g.normal(5, 4), [None, 4])))

    add("DebugGradientIdentity", "float", lambda g: raw.DebugGradientIdentity(input=g.input(g.normal(3))))
    add("DeviceIndex", "cpu", lambda g: raw.DeviceIndex(device_names=["GPU", "CPU"]))
    add("BroadcastGradientArgs", "rows", lambda g: list(raw.BroadcastGradientArgs(s0=np.array([2, 1, 4], I), s1=np.array([3, 1], I))))
