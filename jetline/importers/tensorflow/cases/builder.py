"""How a family of cases is written: see any file of families/. Needs TensorFlow.

    def make(add):
        add("Relu", "rank4", lambda g: raw.Relu(features=g.input(g.normal(2, 3, 3, 1))))

The function builds a graph: g.input makes a Placeholder fed with the array, NumPy arrays given to an operator become
Const nodes, and what it returns are the outputs that TensorFlow computes. Numbers come from a generator seeded by the
case's name, so that a case does not change when others come or go.
"""
import os
import re
import tempfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import rewriter_config_pb2, saved_model_pb2
from tensorflow.python.framework import op_def_registry

import case_file

raw = tf.raw_ops
v1 = tf.compat.v1

# Rounding of the type, a few operations of it; relative to the largest expected value.
TOLERANCE = {"float32": 1e-5, "float64": 1e-5, "float16": 2e-3, "bfloat16": 1.6e-2}


class Graph:
    """What a case's function gets."""

    def __init__(self, name):
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.feeds = []
        self.initializers = []  # run before the case

    def input(self, array, shape="same", name=None):
        """A Placeholder fed with `array`. shape: "same", "dims" (rank known, dimensions not), None (nothing known) or
        a list with None for an open dimension."""
        array = np.asarray(array)
        if isinstance(shape, str):
            shape = list(array.shape) if shape == "same" else [None] * array.ndim
        p = v1.placeholder(array.dtype, shape, name=name or "xyzuvw"[min(len(self.feeds), 5)])
        self.feeds.append((p, array))
        return p

    def old_op(self, op, inputs, producer=8, **attrs):
        """An operator that only graphs up to a version of GraphDef may hold; its outputs."""
        old = v1.GraphDef()
        old.versions.producer = producer
        for i, t in enumerate(inputs):
            node = old.node.add(name=f"in{i}", op="Placeholder")
            node.attr["dtype"].type = t.dtype.as_datatype_enum
        node = old.node.add(name=op, op=op, input=[f"in{i}" for i in range(len(inputs))])
        for key, value in attrs.items():
            if isinstance(value, tf.DType):
                node.attr[key].type = value.as_datatype_enum
            elif isinstance(value, bool):
                node.attr[key].b = value
            elif isinstance(value, float):
                node.attr[key].f = value
            elif isinstance(value, int):
                node.attr[key].i = value
            elif isinstance(value, str):
                node.attr[key].s = value.encode()
            else:
                node.attr[key].list.i.extend(value)
        return tf.import_graph_def(old, {f"in{i}:0": t for i, t in enumerate(inputs)}, [op], name="")[0].outputs

    def normal(self, *shape, dtype=np.float32):
        return self.rng.standard_normal(shape).astype(dtype)

    def uniform(self, low, high, *shape, dtype=np.float32):
        return self.rng.uniform(low, high, shape).astype(dtype)

    def ints(self, low, high, *shape, dtype=np.int32):
        """low <= n < high."""
        return self.rng.integers(low, high, shape).astype(dtype)

    def bools(self, *shape):
        return self.rng.integers(0, 2, shape).astype(bool)

    def distinct(self, *shape, dtype=np.float32):
        """No two equal: for order and arg-max."""
        return (self.rng.permutation(int(np.prod(shape))).reshape(shape) - int(np.prod(shape)) // 2).astype(dtype)

    def of(self, dtype, *shape, low=-4, high=5):
        """Small numbers of any type."""
        dtype = np.dtype(dtype)
        if dtype == bool:
            return self.bools(*shape)
        if dtype.kind in "iu":
            return self.ints(max(low, 0) if dtype.kind == "u" else low, high, *shape, dtype=dtype)
        return self.uniform(low, high, *shape).astype(dtype)


def _flatten(result):
    if isinstance(result, (list, tuple)):
        return [t for r in result for t in _flatten(r)]
    return [result]


def _without_defaults(graph_def):
    """Exporters leave out attributes that have their default value, or do not: both must read alike."""
    bodies = [graph_def.node] + [f.node_def for f in graph_def.library.function]
    for node in (n for body in bodies for n in body):
        op = op_def_registry.get(node.op)
        for attr in op.attr if op else []:
            if attr.HasField("default_value") and attr.name in node.attr and node.attr[attr.name] == attr.default_value:
                del node.attr[attr.name]


def _rename_functions(graph_def):
    """Names of functions, and names made of them, hold numbers that depend on what was traced before."""
    number = lambda name: int(re.search(r"(\d+)$", name).group(1)) if re.search(r"\d$", name) else 0
    names = sorted((f.signature.name for f in graph_def.library.function), key=lambda n: (number(n), n))
    new = {n: f"{re.sub(r'[0-9]+$', '', n)}{i}" for i, n in enumerate(names)}
    text = text_format.MessageToString(graph_def)
    text = re.sub(r"\b(" + "|".join(sorted(names, key=len, reverse=True)) + r")(?![0-9])", lambda m: new[m.group(1)], text)
    text = re.sub(r"_[0-9]+(___redundant_placeholder)", r"\1", text)
    graph_def = text_format.Parse(text, v1.GraphDef())
    functions = sorted(graph_def.library.function, key=lambda f: f.signature.name)
    del graph_def.library.function[:]
    graph_def.library.function.extend(functions)
    return graph_def


def _session_config():
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.rewrite_options.constant_folding = rewriter_config_pb2.RewriterConfig.OFF
    config.graph_options.optimizer_options.opt_level = v1.OptimizerOptions.L0
    return config


def _run(name, build, compute):
    """(values or Nones, output tensors, Graph, GraphDef)."""
    g = Graph(name)
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(1)
        outputs = [t for t in _flatten(build(g)) if t is not None]
        arrays = [None] * len(outputs)
        if compute:
            with v1.Session(config=_session_config()) as session:
                session.run(g.initializers)
                arrays = session.run(outputs, {p: a for p, a in g.feeds})
        return arrays, outputs, g, graph.as_graph_def()


def _saved_case(name, op, build):
    g = Graph(name)
    with tf.Graph().as_default(), v1.Session(config=_session_config()) as session:
        outputs = _flatten(build(g))
        session.run(v1.global_variables_initializer())
        session.run(g.initializers)
        arrays = session.run(outputs, {p: a for p, a in g.feeds})
        info = v1.saved_model.build_tensor_info
        signature = v1.saved_model.build_signature_def(
            {p.op.name: info(p) for p, _ in g.feeds}, {f"output_{i}": info(t) for i, t in enumerate(outputs)}, "tensorflow/serving/predict")
        with tempfile.TemporaryDirectory() as folder:
            builder = v1.saved_model.Builder(folder + "/model")
            builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature}, strip_default_attrs=True,
                                                 main_op=tf.group(*g.initializers) if g.initializers else None)
            builder.save()
            files = []
            for path in ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]:
                if os.path.exists(f"{folder}/model/{path}"):
                    with open(f"{folder}/model/{path}", "rb") as f:
                        files.append((path, f.read()))
    model = saved_model_pb2.SavedModel.FromString(files[0][1])
    meta = model.meta_graphs[0]
    meta.meta_info_def.ClearField("stripped_op_list")  # TensorFlow's own description of its operators
    content = model.SerializeToString(deterministic=True)
    content = re.sub(rb"_temp_[0-9a-f]{32}/part", b"_temp_" + b"0" * 32 + b"/part", content)
    if re.search(rb"site-packages|\.py\b|/tmp", content):
        raise ValueError("the graph names files of this machine")
    ops = sorted({n.op for n in meta.graph_def.node})
    if op not in ops:
        raise ValueError(f"no {op} among {ops}")
    tolerance = max(TOLERANCE.get(a.dtype.name, 0.0) for a in arrays)
    return case_file.Case(name, ops, "compare", tolerance, files=[(files[0][0], content), *files[1:]],
                          inputs=[(p.name, a) for p, a in g.feeds], outputs=[(t.name, np.asarray(a)) for t, a in zip(outputs, arrays)])


class Collector:
    """The `add` of a family."""

    def __init__(self):
        self.cases = []
        self.names = set()
        self.failures = []

    def __call__(self, op, what, build, tolerance=None, opset=13, refuse="", bounds=(), control_v2=True,
                 reference=None):
        """reference: another graph to take the expected numbers from, for what TensorFlow has no CPU kernel for.
        tolerance: None for the type's own (0 where integers come out), else relative to the largest value."""
        name = f"{op}/{what}"
        try:
            self.cases.append(self._make(name, op, build, tolerance, opset, refuse, bounds, control_v2, reference))
        except Exception as e:  # all failures of a run are told at once
            self.failures.append(f"{name}: {type(e).__name__}: {str(e)[:400]}")

    def saved(self, op, what, build):
        """The same as a SavedModel: build makes v1 variables or tables (their initialisers in g.initializers)."""
        name = f"{op}/{what}"
        try:
            self.cases.append(_saved_case(name, op, build))
        except Exception as e:
            self.failures.append(f"{name}: {type(e).__name__}: {str(e)[:400]}")

    def _make(self, name, op, build, tolerance, opset, refuse, bounds, control_v2, reference):
        if name in self.names or not re.fullmatch(r"[A-Za-z0-9_]+/[A-Za-z0-9_]+", name):
            raise ValueError("taken or ill-formed name")
        self.names.add(name)
        (v1.enable_control_flow_v2 if control_v2 else v1.disable_control_flow_v2)()
        arrays, outputs, g, graph_def = _run(name, build, not refuse and not reference)
        if reference:
            arrays = _run(name, reference, True)[0]
        if bounds:  # drawn anew each time: only type and shape are kept
            arrays = [np.zeros_like(a) for a in arrays]
        if graph_def.library.function:
            graph_def = _rename_functions(graph_def)
        if zlib.crc32(name.encode()) % 2:
            _without_defaults(graph_def)
        bodies = [graph_def.node] + [f.node_def for f in graph_def.library.function]
        ops = sorted({n.op for body in bodies for n in body})
        if op not in ops:
            raise ValueError(f"no {op} among {ops}")
        graph_bytes = graph_def.SerializeToString(deterministic=True)
        if re.search(rb"site-packages|\.py\b", graph_bytes):
            raise ValueError("the graph names files of this machine")
        outputs = [(t.name, None if a is None else np.asarray(a)) for t, a in zip(outputs, arrays)]
        inputs = [(p.name, a) for p, a in g.feeds if p.dtype != tf.string]
        if tolerance is None:
            tolerance = max([TOLERANCE.get(a.dtype.name, 0.0) for _, a in outputs if a is not None] or [0.0])
        kind = "refuse" if refuse else "random" if bounds else "compare"
        return case_file.Case(name, ops, kind, tolerance, refuse, bounds, opset, graph_bytes, inputs, outputs)
