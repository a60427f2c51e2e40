"""Quantisation that is simulated in floating point, and quantised types."""
import numpy as np

from builder import raw, tf

F32, I = np.float32, np.int32


def make(add):
    ranges = {"usual": (-6, 6), "zero_to_six": (0, 6), "shifted": (0.5, 3), "below": (-4, -1), "odd": (-1.3, 2.7)}
    for what, (low, high) in ranges.items():
        for bits, narrow in [(8, False), (8, True), (4, False)]:
            name = f"{what}_{bits}bits{'_narrow' if narrow else ''}"
            add("FakeQuantWithMinMaxArgs", name, lambda g: raw.FakeQuantWithMinMaxArgs(
                inputs=g.input(g.uniform(-8, 8, 3, 5)), min=low, max=high, num_bits=bits, narrow_range=narrow))
            add("FakeQuantWithMinMaxVars", name, lambda g: raw.FakeQuantWithMinMaxVars(
                inputs=g.input(g.uniform(-8, 8, 3, 5)), min=F32(low), max=F32(high), num_bits=bits, narrow_range=narrow))
    add("FakeQuantWithMinMaxVars", "runtime_range", lambda g: raw.FakeQuantWithMinMaxVars(
        inputs=g.input(g.uniform(-8, 8, 3, 5)), min=g.input(F32(-2)), max=g.input(F32(5))))
    for bits, narrow in [(8, False), (8, True), (6, False)]:
        add("FakeQuantWithMinMaxVarsPerChannel", f"{bits}bits{'_narrow' if narrow else ''}", lambda g: raw.FakeQuantWithMinMaxVarsPerChannel(
            inputs=g.input(g.uniform(-8, 8, 2, 3, 4)), min=np.array([-6, -1, 0, -3.3], F32), max=np.array([6, 2, 4, 1.1], F32), num_bits=bits, narrow_range=narrow))
    add("FakeQuantWithMinMaxVarsPerChannel", "vector", lambda g: raw.FakeQuantWithMinMaxVarsPerChannel(
        inputs=g.input(g.uniform(-8, 8, 4)), min=np.array([-6, -1, 0, -3.3], F32), max=np.array([6, 2, 4, 1.1], F32)))
    for signed in [True, False]:
        for bits in [8, 5]:
            low, high = (-3.0, 2.5) if signed else (0.0, 4.0)
            name = f"{'signed' if signed else 'unsigned'}_{bits}bits"
            add("QuantizeAndDequantizeV2", name, lambda g: raw.QuantizeAndDequantizeV2(
                input=g.input(g.uniform(-5, 5, 3, 4)), input_min=F32(low), input_max=F32(high), signed_input=signed, num_bits=bits, range_given=True))
            add("QuantizeAndDequantizeV3", name, lambda g: raw.QuantizeAndDequantizeV3(
                input=g.input(g.uniform(-5, 5, 3, 4)), input_min=F32(low), input_max=F32(high), num_bits=I(bits), signed_input=signed, range_given=True))
            add("QuantizeAndDequantizeV4", name, lambda g: raw.QuantizeAndDequantizeV4(
                input=g.input(g.uniform(-5, 5, 3, 4)), input_min=F32(low), input_max=F32(high), signed_input=signed, num_bits=bits, range_given=True))
    for op in ["QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4"]:
        f = getattr(raw, op)
        add(op, "narrow", lambda g: f(input=g.input(g.uniform(-5, 5, 3, 4)), input_min=F32(-3), input_max=F32(3), range_given=True, narrow_range=True))
        add(op, "half_up", lambda g: f(input=g.input(g.uniform(-5, 5, 3, 4)), input_min=F32(-3), input_max=F32(3), range_given=True, round_mode="HALF_UP"))
        add(op, "range_found", lambda g: f(input=g.input(g.uniform(-5, 4, 3, 4)), input_min=F32(0), input_max=F32(0), range_given=False))
        add(op, "per_axis", lambda g: f(input=g.input(g.uniform(-5, 5, 4, 3)), input_min=np.array([-1, -2, -3], F32), input_max=np.array([1, 3, 2], F32), range_given=True, axis=1))
    add("QuantizeAndDequantizeV3", "range_found", lambda g: raw.QuantizeAndDequantizeV3(
        input=g.input(g.uniform(-5, 4, 3, 4)), input_min=F32(0), input_max=F32(0), num_bits=I(8), range_given=False))
    add("QuantizeAndDequantize", "signed", lambda g: g.old_op(
        "QuantizeAndDequantize", [g.input(g.uniform(-5, 5, 3, 4))], 21, T=tf.float32, signed_input=True, num_bits=8, range_given=True, input_min=-3.0, input_max=3.0)[0])

    def round_trip(g, dtype, low, high, mode):
        q, a, b = raw.QuantizeV2(input=g.input(g.uniform(-5, 5, 3, 4)), min_range=F32(low), max_range=F32(high), T=dtype, mode=mode)
        return raw.Dequantize(input=q, min_range=a, max_range=b, mode=mode)
    for what, dtype, low, high in [("quint8", tf.quint8, 0.0, 4.0), ("qint8", tf.qint8, -3.0, 3.0)]:
        for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
            add("QuantizeV2", f"{what}_{mode.lower()}", lambda g: round_trip(g, dtype, low, high, mode))
            add("Dequantize", f"{what}_{mode.lower()}", lambda g: raw.Dequantize(
                input=raw.Bitcast(input=g.input(g.ints(0, 120, 3, 4, dtype=np.uint8 if what == "quint8" else np.int8)), type=dtype),
                min_range=F32(low), max_range=F32(high), mode=mode))
