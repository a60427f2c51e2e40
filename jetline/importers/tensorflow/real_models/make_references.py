"""Makes references.cases: what TensorFlow computes with every signature of the SavedModels in a folder, on small random
inputs. Run by hand where TensorFlow is installed (made with 2.15.1), never by the tests:

    python make_references.py FOLDER

A case is named PATH@TAGS@SIGNATURE; inputs and outputs have the names of the signature. Signatures that TensorFlow
cannot run alone (string inputs, uninitialised variables) are printed and left out.
"""
import glob
import os
import sys
import zlib

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases"))
import case_file  # noqa: E402

MAX_BYTES = 400_000  # of the inputs and outputs of one case


def feed(info, static, rng, tf):
    dtype = tf.dtypes.as_dtype(info.dtype)
    # Old exporters left the shape out of the signature; the graph has it.
    dims = [3] if static.rank is None else [-1 if d is None else d for d in static.as_list()]
    shape = [d if d >= 0 else (1 if i == 0 else 3) for i, d in enumerate(dims)]
    np_type = dtype.as_numpy_dtype
    if dtype.is_floating:
        return rng.uniform(-1, 1, shape).astype(np_type)
    if dtype.is_bool:
        return rng.integers(0, 2, shape).astype(bool)
    return rng.integers(0, 4, shape).astype(np_type)


def main():
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2
    v1 = tf.compat.v1
    v1.disable_eager_execution()
    root = sys.argv[1]
    cases = []
    for path in sorted(glob.glob(os.path.join(root, "**", "saved_model.pb"), recursive=True)):
        folder = os.path.dirname(path)
        proto = saved_model_pb2.SavedModel()
        with open(path, "rb") as f:
            proto.ParseFromString(f.read())
        for meta in proto.meta_graphs:
            tags = list(meta.meta_info_def.tags)
            for key, signature in sorted(meta.signature_def.items()):
                name = "@".join([os.path.relpath(folder, root), ",".join(tags), key])
                if key.startswith("__saved_model"):
                    continue
                try:
                    with tf.Graph().as_default(), v1.Session(
                            config=v1.ConfigProto(allow_soft_placement=True)) as session:
                        v1.saved_model.load(session, tags, folder)
                        rng = np.random.default_rng(zlib.crc32(name.encode()))
                        inputs = [(k, feed(i, session.graph.get_tensor_by_name(i.name).shape, rng, tf)) for k, i in sorted(signature.inputs.items())]
                        feeds = {signature.inputs[k].name: v for k, v in inputs}
                        fetches = sorted(signature.outputs.items())
                        values = session.run([i.name for _, i in fetches], feeds)
                except Exception as e:  # whatever TensorFlow objects to
                    print("left out", name, type(e).__name__, str(e).split("\n")[0][:120])
                    continue
                outputs = [(k, np.asarray(v)) for (k, _), v in zip(fetches, values)]
                if not outputs or any(v.dtype.kind in "OSU" for _, v in outputs):
                    print("left out", name, "no outputs, or strings")
                    continue
                if sum(v.nbytes for _, v in inputs + outputs) > MAX_BYTES:
                    print("left out", name, "too large")
                    continue
                cases.append(case_file.Case(name=name, ops=[key], tolerance=1e-4, inputs=inputs, outputs=outputs))
    data = case_file.dump(cases)
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "references.cases")
    with open(out, "wb") as f:
        f.write(data)
    print(len(cases), "signatures,", len(data), "bytes")


if __name__ == "__main__":
    main()
