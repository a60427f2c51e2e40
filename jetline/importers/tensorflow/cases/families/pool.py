"""Pooling."""
import numpy as np

from builder import raw

from families.conv import FORMS, hw


def make(add):
    for name, (padding, s, d, k, size) in FORMS.items():
        if d != 1:
            continue
        add("MaxPool", name, lambda g: raw.MaxPool(input=g.input(g.normal(2, *size, 3)), ksize=hw(k), strides=hw(s),
                                                   padding=padding))
        add("AvgPool", name, lambda g: raw.AvgPool(value=g.input(g.normal(2, *size, 3)), ksize=hw(k), strides=hw(s),
                                                   padding=padding))
    add("MaxPool", "negative_same", lambda g: raw.MaxPool(input=g.input(g.uniform(-9, -1, 1, 5, 5, 2)), ksize=hw(3),
                                                          strides=hw(2), padding="SAME"))
    add("MaxPool", "explicit", lambda g: raw.MaxPool(input=g.input(g.normal(1, 6, 6, 2)), ksize=hw(3), strides=hw(2),
                                                     padding="EXPLICIT", explicit_paddings=[0, 0, 1, 0, 1, 2, 0, 0]))
    add("MaxPool", "half", lambda g: raw.MaxPool(input=g.input(g.normal(1, 4, 4, 2, dtype=np.float16)), ksize=hw(2),
                                                 strides=hw(2), padding="VALID"))
    add("MaxPool", "double", lambda g: raw.MaxPool(input=g.input(g.normal(1, 4, 4, 2, dtype=np.float64)), ksize=hw(2),
                                                   strides=hw(2), padding="VALID"))
    add("MaxPool", "int32", lambda g: raw.MaxPool(input=g.input(g.ints(-9, 9, 1, 4, 4, 2)), ksize=hw(2),
                                                  strides=hw(2), padding="VALID"))
    add("AvgPool", "double", lambda g: raw.AvgPool(value=g.input(g.normal(1, 4, 4, 2, dtype=np.float64)), ksize=hw(2),
                                                   strides=hw(2), padding="VALID"))
    add("AvgPool", "half", lambda g: raw.AvgPool(value=g.input(g.normal(1, 4, 4, 2, dtype=np.float16)), ksize=hw(2),
                                                 strides=hw(2), padding="SAME"))
    for shape, what in [([None, 6, 5, 2], "batch"), ([None, None, None, 2], "size"), ([None] * 4, "all")]:
        for padding in ["SAME", "VALID"]:
            for op, key in [("MaxPool", "input"), ("AvgPool", "value")]:
                add(op, f"dynamic_{what}_{padding.lower()}", lambda g: getattr(raw, op)(
                    **{key: g.input(g.normal(2, 6, 5, 2), shape)}, ksize=hw(3), strides=hw(2), padding=padding))
    add("MaxPool", "whole", lambda g: raw.MaxPool(input=g.input(g.normal(1, 4, 3, 2)), ksize=hw((4, 3)),
                                                  strides=hw((4, 3)), padding="VALID"))
    add("AvgPool", "whole", lambda g: raw.AvgPool(value=g.input(g.normal(1, 4, 3, 2)), ksize=hw((4, 3)), strides=hw(1),
                                                  padding="VALID"))
    # Numbers from NHWC: there are no CPU kernels for NCHW.
    def nchw(g, op, key, padding, native):
        x = g.input(g.normal(2, 3, 6, 5))
        if native:
            return getattr(raw, op)(**{key: x}, ksize=[1, 1, 3, 3], strides=[1, 1, 2, 2], padding=padding,
                                    data_format="NCHW")
        y = getattr(raw, op)(**{key: raw.Transpose(x=x, perm=np.array([0, 2, 3, 1], np.int32))}, ksize=hw(3),
                             strides=hw(2), padding=padding)
        return raw.Transpose(x=y, perm=np.array([0, 3, 1, 2], np.int32))
    for op, key in [("MaxPool", "input"), ("AvgPool", "value")]:
        for padding in ["SAME", "VALID"]:
            add(op, f"nchw_{padding.lower()}", lambda g: nchw(g, op, key, padding, True),
                reference=lambda g: nchw(g, op, key, padding, False))
    i32 = lambda v: np.array(v, np.int32)
    add("MaxPoolV2", "same", lambda g: raw.MaxPoolV2(input=g.input(g.normal(1, 5, 5, 2)), ksize=i32(hw(3)),
                                                     strides=i32(hw(2)), padding="SAME"))
    add("MaxPoolV2", "valid", lambda g: raw.MaxPoolV2(input=g.input(g.normal(2, 5, 6, 2)), ksize=i32(hw((2, 3))),
                                                      strides=i32(hw((1, 2))), padding="VALID"))
    for batch in [False, True]:
        for padding in ["SAME", "VALID"]:
            add("MaxPoolWithArgmax", f"{padding.lower()}{'_in_batch' if batch else ''}",
                lambda g: list(raw.MaxPoolWithArgmax(
                    input=g.input(g.distinct(2, 5, 4, 3)), ksize=hw(2), strides=hw(2), padding=padding,
                    include_batch_in_index=batch)))
    add("MaxPoolWithArgmax", "overlapping", lambda g: list(raw.MaxPoolWithArgmax(
        input=g.input(g.distinct(1, 6, 6, 2)), ksize=hw(3), strides=hw(1), padding="SAME")))
    add("MaxPoolWithArgmax", "int32_index", lambda g: list(raw.MaxPoolWithArgmax(
        input=g.input(g.distinct(1, 4, 4, 1)), ksize=hw(2), strides=hw(2), padding="VALID", Targmax=np.int32)))
    for op in ["MaxPool3D", "AvgPool3D"]:
        f = getattr(raw, op)
        for padding, k, s in [("SAME", 2, 1), ("SAME", 3, 2), ("VALID", 2, 2), ("VALID", 3, 1)]:
            add(op, f"{padding.lower()}_k{k}_s{s}", lambda g: f(
                input=g.input(g.normal(1, 4, 5, 3, 2)), ksize=[1, k, k, k, 1], strides=[1, s, s, s, 1],
                padding=padding))
        add(op, "dynamic_batch", lambda g: f(input=g.input(g.normal(2, 4, 4, 3, 2), [None, 4, 4, 3, 2]),
                                             ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME"))
    for what, k in [("fractional", [1, 1.44, 1.73, 1])]:
        add("FractionalMaxPool", what, lambda g: raw.FractionalMaxPool(
            value=g.input(g.normal(1, 6, 6, 1)), pooling_ratio=k)[0], refuse="tf.unsupported-op")
        add("FractionalAvgPool", what, lambda g: raw.FractionalAvgPool(
            value=g.input(g.normal(1, 6, 6, 1)), pooling_ratio=k)[0], refuse="tf.unsupported-op")
