"""Judges converted models: onnx's checker takes them, and ONNX Runtime computes what it did for the original.

  compare_models.py LIST

LIST: lines of ORIGINAL <tab> CONVERTED. Ends with 1 when a model fails. Originals that onnx's checker refuses or
ONNX Runtime does not run are left out, and so are operators that it lacks at an opset.
"""
import sys
import warnings

import numpy as np
import onnx
import onnxruntime as ort

NP = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_,
      10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64}
# A split into five of a shape of four stands in a branch that is never taken; ONNX Runtime sizes it all the same.
NEVER_TAKEN = "Can't merge shape info"
cache = {}


def run(path, feeds):
    o = ort.SessionOptions()
    o.log_severity_level = 4
    o.intra_op_num_threads = 1
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])
    return s.run(None, {i.name: feeds[i.name] for i in s.get_inputs()})


def original(path):
    if path not in cache:
        try:
            onnx.checker.check_model(path)
            m = onnx.load(path)
            r = np.random.RandomState(1)
            feeds = {}
            for i in m.graph.input:
                t = i.type.tensor_type
                d = [x.dim_value or 2 for x in t.shape.dim]
                v = r.uniform(0.1, 2, d) if t.elem_type in (1, 10, 11) else r.randint(0, 2, d)
                feeds[i.name] = np.asarray(v).astype(NP[t.elem_type])
            cache[path] = (feeds, run(path, feeds))
        except Exception as e:
            cache[path] = (None, str(e))
    return cache[path]


def differ(want, got):
    for x, y in zip(want, got):
        x, y = np.asarray(x), np.asarray(y)
        tolerance = 5e-3 if x.dtype == np.float16 else 1e-5
        if x.dtype != y.dtype or x.shape != y.shape:
            return f"{x.dtype}{x.shape} became {y.dtype}{y.shape}"
        if x.dtype.kind in "fiub" and x.size:
            f, g = x.astype(np.float64), y.astype(np.float64)
            finite = np.abs(f[np.isfinite(f)])
            top = max(1.0, finite.max() if finite.size else 1.0)
            if not np.allclose(f, g, rtol=0, atol=tolerance * top, equal_nan=True):
                return f"differs by {np.nanmax(np.abs(f - g))}"
    return ""


def main(path):
    warnings.simplefilter("ignore")
    ort.set_default_logger_severity(4)
    ran = checked = 0
    bad = []
    with open(path) as f:
        pairs = [line.rstrip("\n").split("\t") for line in f]
    for a, b in pairs:
        feeds, want = original(a)
        try:
            onnx.checker.check_model(b)
            checked += 1
        except Exception as e:
            try:
                onnx.checker.check_model(a)
            except Exception:
                continue
            bad.append(f"{b}: checker: {str(e)[:300]}")
            continue
        if feeds is None:
            continue
        try:
            got = run(b, feeds)
        except Exception as e:
            if "NOT_IMPLEMENTED" not in str(e) and NEVER_TAKEN not in str(e):
                bad.append(f"{b}: {str(e)[:300]}")
            continue
        ran += 1
        why = differ(want, got)
        if why:
            bad.append(f"{b}: {why}")
    print(f"{checked} models pass the checker, {ran} give the same in ONNX Runtime")
    print("\n".join(bad[:60]))
    return 1 if bad or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
