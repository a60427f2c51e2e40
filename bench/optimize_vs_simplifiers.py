#!/usr/bin/env python3
"""jetline optimize against onnxsim and onnxslim: nodes left, time, and whether the outputs stay the same.

usage: optimize_vs_simplifiers.py --jetline build/dev/bin/jetline [--repeat 3] MODEL_OR_FOLDER...

Needs a Python with onnx, onnxruntime, onnxsim and onnxslim (PyPI). Every tool runs as a whole process of its
own, in turn, `--repeat` times; the median counts. Constant nodes are not counted: jetline stores them as
initialisers, the others partly so. Outputs are compared by ONNX Runtime with its own optimisations off, on
random inputs, relative to the largest number of the original's output.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort


def find_models(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, files in os.walk(path):
            for name in sorted(files):
                if name.endswith(".onnx"):
                    yield os.path.join(folder, name)


def graphs(graph):
    yield graph
    for node in graph.node:
        for a in node.attribute:
            if a.type == onnx.AttributeProto.GRAPH:
                yield from graphs(a.g)
            for g in a.graphs:
                yield from graphs(g)


def count(path):
    model = onnx.load(path, load_external_data=False)
    return sum(n.op_type != "Constant" for g in graphs(model.graph) for n in g.node)


def run(path, feeds):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return [o.name for o in session.get_outputs()], session.run(None, feeds)


def make_feeds(path):
    quiet = ort.SessionOptions()
    quiet.log_severity_level = 3
    session = ort.InferenceSession(path, quiet, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(1)
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
             "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(bool)": bool}
    feeds = {}
    for i in session.get_inputs():
        shape = []
        for k, d in enumerate(i.shape):
            shape.append(d if isinstance(d, int) and d > 0 else 1 if k == 0 else 3 if k == 1 and len(i.shape) == 4 and
                         i.shape[3] != 3 else 320)
        dtype = types[i.type]
        if np.issubdtype(dtype, np.floating):
            feeds[i.name] = rng.random(shape).astype(dtype)
        else:
            feeds[i.name] = rng.integers(0, 2 if dtype is bool else 200, shape).astype(dtype)
    return feeds


def difference(a, b):
    worst = 0.0
    for x, y in zip(a, b):
        if isinstance(x, list) or x.dtype.kind in "OSU":
            continue
        if x.shape != y.shape:
            return float("inf")
        if x.size == 0:
            continue
        x, y = x.astype(np.float64), y.astype(np.float64)
        both = np.isnan(x) & np.isnan(y)
        gap = np.where(both | (x == y), 0, np.abs(x - y))
        finite = np.abs(x[np.isfinite(x)])
        worst = max(worst, float(np.max(gap)) / max(1e-6, float(finite.max()) if finite.size else 0))
    return worst


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return time.perf_counter() - start, done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    here = os.path.dirname(sys.executable)
    tools = {
        "jetline": lambda i, o: [args.jetline, "optimize", i, "-o", o, "--force", "--quiet"],
        "onnxsim": lambda i, o: [sys.executable, "-m", "onnxsim", i, o],
        "onnxslim": lambda i, o: [os.path.join(here, "onnxslim"), i, o],
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in find_models(args.paths):
            row = {"model": os.path.basename(model), "nodes": count(model)}
            try:
                feeds = make_feeds(model)
                names, reference = run(model, feeds)
            except Exception as e:  # a model that the reference cannot run is still counted
                feeds, row["note"] = None, str(e).splitlines()[0][:120]
            times = {name: [] for name in tools}
            for _ in range(args.repeat):
                for name, command in tools.items():
                    out = os.path.join(folder, name + ".onnx")
                    if os.path.exists(out):
                        os.remove(out)
                    seconds, done = timed(command(model, out))
                    times[name].append(seconds)
                    row[name] = {"nodes": None, "error": done.stdout[-300:]}
                    if os.path.exists(out):
                        row[name] = {"nodes": count(out)}
            for name in tools:
                row[name]["seconds"] = statistics.median(times[name])
                out = os.path.join(folder, name + ".onnx")
                if feeds is not None and row[name]["nodes"] is not None:
                    try:
                        got_names, got = run(out, feeds)
                        row[name]["difference"] = difference(reference, got) if got_names == names else float("inf")
                    except Exception as e:
                        row[name]["difference"], row[name]["error"] = float("inf"), str(e)[:200]
            rows.append(row)
            if not args.json:
                print(f"{row['model'][:40]:40} {row['nodes']:6}", end="")
                for name in tools:
                    r = row[name]
                    print(f"  {name} {r['nodes']} nodes {r['seconds']:.3f} s diff {r.get('difference', float('nan')):.2g}",
                          end="")
                print("  " + row.get("note", ""), flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    good = 0
    for row in rows:
        others = [row[n]["nodes"] for n in ("onnxsim", "onnxslim") if row[n]["nodes"] is not None]
        ours = row["jetline"]["nodes"]
        good += ours is not None and all(ours <= o for o in others)
    print(f"{good} of {len(rows)} models: no more nodes than either")
    for name in ("onnxsim", "onnxslim"):
        ratios = [r[name]["seconds"] / r["jetline"]["seconds"] for r in rows]
        print(f"{name}: {statistics.median(ratios):.0f} times slower (median), {min(ratios):.0f} at least")


if __name__ == "__main__":
    main()
