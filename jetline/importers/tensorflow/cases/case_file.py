"""The container of one-operator cases, without TensorFlow: written by make_cases.py, read by run_cases.py and, in
C++, by cases.h.

    jetline-cases 1\n
    then for each case: u32 length of the header, the header, u32 length of the GraphDef, the GraphDef, the files, and
    the elements of the inputs and outputs, in the order of the header, row-major. All little-endian, nothing aligned.

The header is text, one "key value" a line:

    name Conv2D/same_stride2
    ops Const Conv2D Placeholder          operators in the graph and its functions
    kind compare                          or refuse, or random
    tolerance 1e-05                       largest difference allowed, relative to the largest expected value;
                                          0: the same bits (a NaN is a NaN). With compare.
    refuse tf.unsupported-op              expected id. With refuse.
    bounds -8 8 -0.3 0.3                  smallest and largest value, smallest and largest mean. With random.
    file variables/variables.index 123    of a SavedModel, with its bytes; the GraphDef is empty then
    opset 13                              what the importer is asked for
    input x:0 float32 2,3                 tensor name, NumPy type, dimensions ("-" for a scalar)
    output Conv2D:0 float32 2,3
"""
import dataclasses
import struct

import numpy as np

MAGIC = b"jetline-cases 1\n"


@dataclasses.dataclass
class Case:
    name: str  # "Op/what"
    ops: list
    kind: str = "compare"
    tolerance: float = 0.0
    refuse: str = ""
    bounds: tuple = ()
    opset: int = 13
    graph: bytes = b""
    inputs: list = dataclasses.field(default_factory=list)   # (tensor name, array)
    outputs: list = dataclasses.field(default_factory=list)  # (tensor name, array); None with refuse
    files: list = dataclasses.field(default_factory=list)    # (path, bytes)


def numpy_type(name):
    if name == "bfloat16":
        import ml_dtypes
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def _tensor_line(key, name, array):
    dims = ",".join(str(d) for d in array.shape) or "-"
    return f"{key} {name} {array.dtype.name} {dims}"


def dump(cases):
    parts = [MAGIC]
    for c in cases:
        lines = [f"name {c.name}", "ops " + " ".join(c.ops), f"kind {c.kind}", f"opset {c.opset}"]
        if c.kind == "compare":
            lines.append(f"tolerance {c.tolerance:g}")
        if c.kind == "refuse":
            lines.append(f"refuse {c.refuse}")
        if c.kind == "random":
            lines.append("bounds " + " ".join(f"{b:g}" for b in c.bounds))
        lines += [f"file {path} {len(content)}" for path, content in c.files]
        lines += [_tensor_line("input", n, a) for n, a in c.inputs]
        if c.kind == "refuse":
            lines += [f"output {n} none -" for n, _ in c.outputs]
            arrays = [a for _, a in c.inputs]
        else:
            lines += [_tensor_line("output", n, a) for n, a in c.outputs]
            arrays = [a for _, a in c.inputs + c.outputs]
        header = "".join(line + "\n" for line in lines).encode()
        parts += [struct.pack("<I", len(header)), header, struct.pack("<I", len(c.graph)), c.graph]
        parts += [content for _, content in c.files]
        parts += [np.ascontiguousarray(a).tobytes() for a in arrays]
    return b"".join(parts)


def load(data):
    if not data.startswith(MAGIC):
        raise ValueError("not a file of cases")
    at = len(MAGIC)

    def take(n):
        nonlocal at
        if at + n > len(data):
            raise ValueError("the file of cases ends early")
        piece = data[at:at + n]
        at += n
        return piece

    cases = []
    while at < len(data):
        header = take(struct.unpack("<I", take(4))[0]).decode()
        c = Case(name="", ops=[], graph=take(struct.unpack("<I", take(4))[0]))
        for line in header.splitlines():
            key, value = line.split(" ", 1)
            if key in ("input", "output"):
                name, type_name, dims = value.split(" ")
                array = None
                if type_name != "none":
                    shape = () if dims == "-" else tuple(int(d) for d in dims.split(","))
                    dtype = numpy_type(type_name)
                    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
                    array = np.frombuffer(take(size), dtype).reshape(shape)
                (c.inputs if key == "input" else c.outputs).append((name, array))
            elif key == "file":
                path, size = value.split(" ")
                c.files.append((path, take(int(size))))
            elif key == "ops":
                c.ops = value.split(" ")
            elif key == "bounds":
                c.bounds = tuple(float(v) for v in value.split(" "))
            elif key == "tolerance":
                c.tolerance = float(value)
            elif key == "opset":
                c.opset = int(value)
            else:
                setattr(c, key, value)
        cases.append(c)
    return cases
