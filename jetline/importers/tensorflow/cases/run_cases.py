"""Runs converted cases with ONNX Runtime and compares them with what TensorFlow computed. For cases_test.cpp.

    run_cases.py DATA MODELS

DATA holds the .cases files, MODELS an index: lines of case, file, inputs ("onnx name=tensor name" joined by ";") and
the outputs' ONNX names joined by ";", with tabs between. Prints for each line: case, ok or fail, largest difference
relative to the largest expected value, what happened.
"""
import glob
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort

sys.path.insert(0, os.path.dirname(sys.argv[0]) or ".")
import case_file


def compare(expected, got, tolerance):
    """(largest difference, what is wrong or "")."""
    if got.dtype != expected.dtype:
        return 0.0, f"type {got.dtype} for {expected.dtype}"
    if got.shape != expected.shape:
        return 0.0, f"shape {list(got.shape)} for {list(expected.shape)}"
    if expected.dtype == bool or expected.dtype.kind in "iu":
        bad = np.flatnonzero(expected.ravel() != got.ravel())
        if bad.size:
            return float("inf"), f"{bad.size} of {expected.size} differ: {got.ravel()[bad[0]]} for " \
                                 f"{expected.ravel()[bad[0]]} at {bad[0]}"
        return 0.0, ""
    e, g = expected.astype(np.float64).ravel(), got.astype(np.float64).ravel()
    finite = np.isfinite(e)
    same = (e == g) | (np.isnan(e) & np.isnan(g))
    if not same[~finite].all():
        at = np.flatnonzero(~finite & ~same)[0]
        return float("inf"), f"{g[at]} for {e[at]} at {at}"
    e, g = e[finite], g[finite]
    if not e.size:
        return 0.0, ""
    scale = np.abs(e).max() or 1.0
    d = np.abs(e - g) / scale
    if not (d <= tolerance).all():
        at = int(np.argmax(np.where(np.isnan(d), np.inf, d)))
        return float(d[at]), f"{g[at]} for {e[at]} at {at}"
    return float(d.max()), ""


def within(expected, got, bounds):
    """Random numbers: type, shape and range."""
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return f"{got.dtype}{list(got.shape)} for {expected.dtype}{list(expected.shape)}"
    low, high, mean_low, mean_high = bounds
    g = got.astype(np.float64)
    if not (low <= g.min() and g.max() <= high and mean_low <= g.mean() <= mean_high):
        return f"range {g.min()} to {g.max()}, mean {g.mean()}"
    if got.size > 4 and g.min() == g.max():
        return "all numbers are equal"
    return ""


def run(case, path, inputs, outputs):
    model = onnx.load(path)
    checked = onnx.ModelProto()
    checked.CopyFrom(model)
    # A rank that nobody knows is missing, or written as a scalar, which the runtime takes as any rank. The checker
    # accepts neither with its inference of shapes on: it may look at the rest.
    for value, (_, array) in [*zip(checked.graph.input, case.inputs), *zip(checked.graph.output, case.outputs)]:
        if array.ndim and not value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim.extend(onnx.TensorShapeProto.Dimension() for _ in array.shape)
        value.type.tensor_type.shape.SetInParent()
    onnx.checker.check_model(checked, full_check=True)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    arrays = dict(case.inputs)
    feeds = {onnx_name: arrays[tensor] for onnx_name, tensor in inputs}
    worst = 0.0
    for (_, expected), got in zip(case.outputs, session.run(outputs, feeds), strict=True):
        got = np.asarray(got)
        if case.kind == "random":
            text = within(expected, got, case.bounds)
        else:
            difference, text = compare(expected, got, case.tolerance)
            worst = max(worst, difference)
        if text:
            return worst, text
    return worst, ""


def main():
    cases = {}
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.cases"))):
        with open(path, "rb") as f:
            cases.update({c.name: c for c in case_file.load(f.read())})
    with open(os.path.join(sys.argv[2], "index"), encoding="utf-8") as f:
        for line in f.read().splitlines():
            name, file, inputs, outputs = line.split("\t")
            pairs = [i.split("=", 1) for i in inputs.split(";") if i]
            try:
                worst, text = run(cases[name], os.path.join(sys.argv[2], file), pairs, outputs.split(";"))
            except Exception as e:  # whatever the runtime dislikes is a result
                worst, text = 0.0, " ".join(str(e).split())[:300]
            print(f"{name}\t{'fail' if text else 'ok'}\t{worst:.3g}\t{text}", flush=True)


main()
