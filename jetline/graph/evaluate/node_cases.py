"""Writes the node tests that the onnx package defines (onnx.backend.test.case.node) into one file; or, given the
folder of a backend test package (with node/test_*/model.onnx and test_data_set_0), those.

  node_cases.py OUT [FOLDER]

Records, all numbers little-endian: name (u32 length, bytes), rtol and atol (f64), the model (u64 length, bytes
of an ONNX file), and the data of one set (the same): an ONNX file whose initialisers are named "i0", "o0" for
tensors, "i0.2" for the elements of a sequence, and whose metadata gives the kind of each input and output
that is no tensor: {"i0": "sequence"}, {"i0": "optional"}, {"i0": "none"}; a value that is not modelled is
"other". Opsets after LAST_OPSET, which the newest onnx declares for every model, are written as LAST_OPSET.
"""
import os
import struct
import sys
import warnings

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

LAST_OPSET = 24  # the last that jetline reads


def lower_opset(model):
    for holder in [model] + list(model.functions):
        for o in holder.opset_import:
            if o.domain in ("", "ai.onnx") and o.version > LAST_OPSET:
                o.version = LAST_OPSET


def tensor(value, name, declared):
    if isinstance(value, onnx.TensorProto):
        t = onnx.TensorProto()
        t.CopyFrom(value)
        t.name = name
        return t
    value = np.asarray(value)
    t = numpy_helper.from_array(value, name)
    if declared and declared != t.data_type and t.data_type in (onnx.TensorProto.UINT8, onnx.TensorProto.UINT16):
        t.data_type = declared
    return t


def add(value, name, declared, tensors, kinds):
    """declared: the TypeProto of the model's input or output."""
    kind = declared.WhichOneof("value") if declared is not None else None
    if kind == "optional_type":
        kinds[name] = "none" if value is None else "optional"
        if value is not None:
            add(value, name + ".0", declared.optional_type.elem_type, tensors, kinds)
    elif kind == "sequence_type":
        kinds[name] = "sequence"
        for i, v in enumerate(value):
            add(v, f"{name}.{i}", declared.sequence_type.elem_type, tensors, kinds)
    elif kind in ("tensor_type", None):
        if value is None:
            kinds[name] = "none"
        else:
            tensors.append(tensor(value, name, declared.tensor_type.elem_type if kind else 0))
    else:
        kinds[name] = "other"


def blob(data):
    return struct.pack("<Q", len(data)) + data


def stored(path, declared):
    """One recorded value of a folder: numpy, list or None by the declared kind."""
    kind = declared.WhichOneof("value")
    with open(path, "rb") as f:
        data = f.read()
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return onnx.TensorProto.FromString(data) if kind == "tensor_type" else None


class FolderCase:
    rtol = atol = None

    def __init__(self, name, folder):
        self.name = name
        self.model = onnx.load(os.path.join(folder, "model.onnx"))
        data = os.path.join(folder, "test_data_set_0")

        def values(kind, infos):
            paths = (os.path.join(data, f"{kind}_{i}.pb") for i in range(len(infos)))
            return [stored(p, v.type) if os.path.exists(p) else None for p, v in zip(paths, infos)]

        initialized = {t.name for t in self.model.graph.initializer}
        free = [v for v in self.model.graph.input if v.name not in initialized]
        given = dict(zip((v.name for v in free), values("input", free)))
        inputs = [given.get(v.name) for v in self.model.graph.input]
        self.data_sets = [(inputs, values("output", self.model.graph.output))]


def folder_cases(root):
    for group in sorted(os.listdir(root)):
        for name in sorted(os.listdir(os.path.join(root, group))):
            folder = os.path.join(root, group, name)
            if os.path.isdir(os.path.join(folder, "test_data_set_0")) and os.path.exists(os.path.join(folder, "model.onnx")):
                yield FolderCase(name, folder)


def main(path, root=None):
    warnings.simplefilter("ignore")
    count = 0
    with open(path, "wb") as f:
        for case in folder_cases(root) if root else collect_testcases(None):
            if case.model is None or not case.data_sets:
                continue
            lower_opset(case.model)
            case.model.ir_version = min(case.model.ir_version, 11)
            for inputs, outputs in case.data_sets[:1]:
                tensors, kinds = [], {}
                graph = case.model.graph
                for prefix, values, infos in (("i", inputs, graph.input), ("o", outputs, graph.output)):
                    for i, v in enumerate(values):
                        add(v, f"{prefix}{i}", infos[i].type if i < len(infos) else None, tensors, kinds)
                data = helper.make_model(helper.make_graph([], "data", [], [], tensors),
                                         opset_imports=[helper.make_opsetid("", LAST_OPSET)])
                data.ir_version = 10
                for name, kind in kinds.items():
                    data.metadata_props.add(key=name, value=kind)
                name = case.name.encode()
                f.write(struct.pack("<I", len(name)) + name + struct.pack("<dd", case.rtol or 1e-3, case.atol or 1e-7))
                f.write(blob(case.model.SerializeToString()) + blob(data.SerializeToString()))
                count += 1
    print(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
