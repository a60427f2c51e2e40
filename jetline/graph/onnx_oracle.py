"""Oracle for ONNX files, used by oracle_test.cpp: onnx writes and checks models, ONNX Runtime runs them.

  onnx_oracle.py make DIR      writes models of many kinds, made with onnx's own helpers
  onnx_oracle.py check LIST    each line of LIST: ORIGINAL <tab> SAVED <tab> INFERRED <tab> MACS
      SAVED must pass onnx.checker where ORIGINAL does and give the same outputs in ONNX Runtime, bit for bit;
      shapes written in INFERRED must not contradict onnx's own shape inference; MACS ("-": not exact) must be
      what onnx's shapes give. Exit 1 with one line a failure.
"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper, shape_inference


def model(nodes, inputs, outputs, tensors=(), opset=13, ir=8, functions=(), extra=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(tensors))
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, v) for d, v in extra]
    m = helper.make_model(graph, opset_imports=opsets, producer_name="oracle", functions=list(functions))
    m.ir_version = ir
    return m


def info(name, shape, t=T.FLOAT):
    return helper.make_tensor_value_info(name, t, shape)


def make(folder):
    rng = np.random.default_rng(1)
    w = numpy_helper.from_array(rng.normal(size=(4, 3, 3, 3)).astype(np.float32), "w")
    x, y = info("x", ["n", 3, 8, 8]), info("y", [None] * 4)
    conv = helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2])
    models = {}
    for opset, ir in ((7, 3), (9, 4), (11, 6), (13, 7), (17, 8), (21, 10), (23, 11)):
        relu = helper.make_node("LeakyRelu", ["c"], ["y"], alpha=0.1)
        inputs = [x] + ([info("w", [4, 3, 3, 3])] if ir < 4 else [])
        models[f"conv_opset{opset}_ir{ir}"] = model([conv, relu], inputs, [y], [w], opset, ir)
    typed = [
        helper.make_tensor("f", T.FLOAT, [3], [1, 2, 3]),
        helper.make_tensor("h", T.FLOAT16, [3], [1, -2, 0.5]),
        helper.make_tensor("b", T.BOOL, [3], [1, 0, 1]),
        helper.make_tensor("u8", T.UINT8, [3], [0, 7, 255]),
        helper.make_tensor("i8", T.INT8, [3], [-128, 0, 127]),
        helper.make_tensor("i32", T.INT32, [3], [-5, 0, 2**31 - 1]),
        helper.make_tensor("i64", T.INT64, [3], [-5, 0, 2**63 - 1]),
        helper.make_tensor("u32", T.UINT32, [3], [0, 5, 2**32 - 1]),
        helper.make_tensor("u64", T.UINT64, [3], [0, 5, 2**64 - 1]),
        helper.make_tensor("d", T.DOUBLE, [3], [1e300, -1, 0]),
        helper.make_tensor("s", T.STRING, [2], [b"one", b"two"]),
    ]
    outs = [info("o_" + t.name, list(t.dims), t.data_type) for t in typed]
    models["typed_fields"] = model([helper.make_node("Identity", [t.name], ["o_" + t.name]) for t in typed],
                                   [], outs, typed)
    then = helper.make_graph([helper.make_node("Add", ["x", "x"], ["a"])], "t", [], [info("a", ["n", 3])])
    other = helper.make_graph([helper.make_node("Mul", ["x", "x"], ["m"])], "e", [], [info("m", ["n", 3])])
    models["branches"] = model([helper.make_node("If", ["flag"], ["y"], then_branch=then, else_branch=other)],
                               [info("x", ["n", 3]), info("flag", [], T.BOOL)], [info("y", ["n", 3])])
    body = helper.make_graph([helper.make_node("Add", ["s_in", "x"], ["s_out"]),
                              helper.make_node("Identity", ["c_in"], ["c_out"])], "body",
                             [info("i", [], T.INT64), info("c_in", [], T.BOOL), info("s_in", [2])],
                             [info("c_out", [], T.BOOL), info("s_out", [2])])
    models["loop"] = model([helper.make_node("Loop", ["trips", "", "x"], ["y"], body=body)], [info("x", [2])], [info("y", [2])],
                           [helper.make_tensor("trips", T.INT64, [], [3])])
    f = helper.make_function("my", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
                             [helper.make_opsetid("", 17)])
    models["function"] = model([helper.make_node("Twice", ["x"], ["y"], domain="my")], [info("x", [2])],
                               [info("y", [2])], opset=17, functions=[f], extra=[("my", 1)])
    i64 = lambda name, v: helper.make_tensor(name, T.INT64, [len(v)], v)
    models["shapes"] = model([
        helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "zero"], ["n"], axis=0),
        helper.make_node("Concat", ["n", "rest"], ["target"], axis=0), helper.make_node("Reshape", ["x", "target"], ["r"]),
        helper.make_node("Slice", ["r", "one", "end", "one"], ["c"]),
        helper.make_node("Transpose", ["c"], ["tr"], perm=[1, 0]), helper.make_node("ReduceMax", ["tr"], ["m"], keepdims=0, axes=[0]),
        helper.make_node("Unsqueeze", ["m", "one"], ["u"]), helper.make_node("Pad", ["u", "pads"], ["p"]),
        helper.make_node("Split", ["p", "parts"], ["p1", "p2"], axis=1), helper.make_node("Concat", ["p2", "p1"], ["y"], axis=-1),
    ], [info("x", ["n", 3, 8, 8])], [info("y", [None] * 2)], [i64("zero", [0]), i64("rest", [-1]), i64("one", [1]), i64("end", [-5]),
                                          i64("pads", [0, 1, 0, 2]), i64("parts", [3, 1])])
    models["pools"] = model([
        helper.make_node("MaxPool", ["x"], ["a", "idx"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        helper.make_node("ConvTranspose", ["a", "wt"], ["b"], strides=[2, 2], output_padding=[1, 1]),
        helper.make_node("Resize", ["b", "", "scales"], ["c"], mode="linear"),
        helper.make_node("AveragePool", ["c"], ["d"], kernel_shape=[2, 3], auto_pad="SAME_LOWER", strides=[1, 2]),
        helper.make_node("DepthToSpace", ["d"], ["y"], blocksize=2),
    ], [info("x", ["n", 3, 9, 8])], [y, info("idx", [None] * 4, T.INT64)],
        [numpy_helper.from_array(rng.normal(size=(3, 4, 3, 3)).astype(np.float32), "wt"),
         helper.make_tensor("scales", T.FLOAT, [4], [1, 1, 1.5, 2])])
    for name, m in models.items():
        onnx.checker.check_model(m)
        onnx.save(m, os.path.join(folder, name + ".onnx"))
    apart = model([conv, helper.make_node("Relu", ["c"], ["y"])], [x], [y], [w])
    onnx.save(apart, os.path.join(folder, "external.onnx"), save_as_external_data=True, location="weights.bin",
              size_threshold=16)


def passes_checker(path):
    try:
        onnx.checker.check_model(path)
        return ""
    except Exception as e:
        return str(e).splitlines()[0] if str(e) else type(e).__name__


def session(path):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def feeds(s):
    rng = np.random.default_rng(0)
    out = {}
    sizes = {}
    for i in s.get_inputs():
        shape = [d if isinstance(d, int) and d > 0 else sizes.setdefault(d, 64 if d in ("height", "width") else 2)
                 for d in i.shape]
        kind = i.type
        if kind == "tensor(float)":
            out[i.name] = rng.normal(size=shape).astype(np.float32)
        elif kind == "tensor(bool)":
            out[i.name] = np.ones(shape, bool)
        elif kind == "tensor(int64)":
            out[i.name] = np.ones(shape, np.int64)
        else:
            return None
    return out


def same_outputs(a, b):
    """'' when equal, None when ORIGINAL itself does not run here."""
    try:
        sa = session(a)
        f = feeds(sa)
        ra = sa.run(None, f) if f is not None else None
    except Exception:
        return None
    if ra is None:
        return None
    rb = session(b).run(None, f)
    for o, p, q in zip(sa.get_outputs(), ra, rb):
        p, q = np.asarray(p), np.asarray(q)
        equal = p.dtype == q.dtype and p.shape == q.shape and (
            np.array_equal(p, q, equal_nan=True) if p.dtype.kind == "f" else np.array_equal(p, q))
        if not equal:
            return f"output {o.name} differs"
    return ""


def shapes(m):
    out = {}
    for v in list(m.graph.value_info) + list(m.graph.output):
        t = v.type.tensor_type
        if v.type.HasField("tensor_type") and t.HasField("shape"):
            out[v.name] = (t.elem_type, [d.dim_value if d.HasField("dim_value") else None for d in t.shape.dim])
    return out


def shape_conflicts(original, inferred):
    bare = onnx.load(original)
    del bare.graph.value_info[:]
    theirs = shapes(shape_inference.infer_shapes(bare, data_prop=True))
    ours = shapes(onnx.load(inferred, load_external_data=False))
    bad, known = [], 0
    for name, (kind, dims) in ours.items():
        if name not in theirs:
            continue
        tk, td = theirs[name]
        clash = (kind and tk and kind != tk) or len(dims) != len(td) or any(
            a is not None and b is not None and a != b for a, b in zip(dims, td))
        known += not any(d is None for d in dims)
        if clash:
            bad.append(f"{name}: ours {kind} {dims}, onnx {tk} {td}")
    return bad, known, len(theirs)


def count_macs(path):
    """Multiply-accumulates from onnx's shapes; None where a shape is missing or a node is of another kind."""
    m = shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    dims = {name: d for name, (_, d) in shapes(m).items()}
    for t in m.graph.initializer:
        dims[t.name] = list(t.dims)
    for i in m.graph.input:
        dims.setdefault(i.name, [d.dim_value or None for d in i.type.tensor_type.shape.dim])
    total = 0
    for n in m.graph.node:
        if n.domain or any(a.type == onnx.AttributeProto.GRAPH for a in n.attribute):
            return None
        if n.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
            continue
        a, b, y = (dims.get(k) for k in (n.input[0], n.input[1], n.output[0]))
        if not (a and b and y) or None in a + b + y:
            return None
        size = lambda d: int(np.prod(d, dtype=object))
        if n.op_type == "Conv":
            total += size(y) * size(b[1:])
        elif n.op_type == "ConvTranspose":
            total += size(a) * size(b[1:])
        elif n.op_type == "MatMul":
            total += size(y) * a[-1]
        else:
            transposed = [x.i for x in n.attribute if x.name == "transA"]
            total += size(y) * a[0 if transposed and transposed[0] else 1]
    return total


def check(listing):
    failures = ran = known = of = counted = 0
    lines = [line.rstrip("\n").split("\t") for line in open(listing, encoding="utf-8")]
    for original, saved, inferred, macs in lines:
        problems = []
        why = passes_checker(saved)
        if why and not passes_checker(original):
            problems.append("checker: " + why)
        same = same_outputs(original, saved)
        ran += same is not None
        if same:
            problems.append(same)
        bad, k, n = shape_conflicts(original, inferred)
        known, of = known + k, of + n
        problems += bad
        theirs = count_macs(original) if macs != "-" else None
        if theirs is not None:
            counted += 1
            if theirs != int(macs):
                problems.append(f"{macs} MACs, by onnx's shapes {theirs}")
        for p in problems:
            print(f"{original}: {p}")
        failures += bool(problems)
    print(f"{len(lines)} models, {failures} failed, {ran} ran in ONNX Runtime; "
          f"{known} shapes fully known of {of} that onnx infers; "
          f"{counted} MAC counts agree or are named above")
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        sys.exit(check(sys.argv[2]))
