#!/usr/bin/env python3
"""A converted detector against TensorFlow on pictures of many sizes: raw_* outputs of the SavedModel run by TensorFlow
and of its raw ONNX form (`jetline convert --form raw`) run by ONNX Runtime and, to set it apart from what the CPU engine
adds on such a picture, by `jetline infer`; one picture of noise and edges a size.
Sizes are chosen so that most ratios to the network's are not neat. Prints one JSON object: per size and output the
largest difference of each and the output's own range. A model without raw_* outputs (CenterNet) is compared by its scores.

  bench/detector_sizes.py --jetline build/release/bin/jetline --python VENV/bin/python SAVED_MODEL [--sizes 500x333,…]

VENV: TensorFlow 2.15.1, ONNX Runtime and numpy below 2.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

REFERENCE = """
import sys, numpy as np, tensorflow as tf
model, scratch = tf.saved_model.load(sys.argv[1]), sys.argv[2]
call = model.signatures["serving_default"]
name = list(call.structured_input_signature[1])[0]
for size in sys.argv[3].split(","):
    w, h = map(int, size.split("x"))
    random = np.random.default_rng(w * 10007 + h)
    y, x = np.mgrid[0:h, 0:w]
    base = np.stack([x * 255 // max(w - 1, 1), y * 255 // max(h - 1, 1), (x // 17 + y // 23) % 2 * 200], -1)
    image = np.clip(base + random.integers(-40, 40, (h, w, 3)), 0, 255).astype(np.uint8)[None]
    out = call(**{name: tf.constant(image)})
    np.savez(f"{scratch}/in_{size}.npz", **{name: image})
    raw = [k for k in out if k.startswith("raw_")] or ["detection_scores"]
    np.savez(f"{scratch}/want_{size}.npz", **{k: out[k].numpy() for k in raw})
"""
COMPARE = """
import sys, json, numpy as np, onnxruntime as ort
folder, sizes, result = sys.argv[1], sys.argv[2].split(","), {}
session = ort.InferenceSession(folder + "/raw.onnx", providers=["CPUExecutionProvider"])
names = [o.name for o in session.get_outputs()]
for size in sizes:
    fed, want = dict(np.load(f"{folder}/in_{size}.npz")), np.load(f"{folder}/want_{size}.npz")
    ours, infer = dict(zip(names, session.run(None, fed))), np.load(f"{folder}/got_{size}.npz")
    result[size] = {k: {"onnxruntime": float(np.abs(want[k] - ours[k]).max()),
                        "infer": float(np.abs(want[k] - infer[k]).max()), "range": float(np.ptp(want[k]))}
                    for k in want.files}
print(json.dumps(result))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("saved_model")
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--sizes", default="320x320,640x480,500x333,333x500,317x211,1279x717,97x131,320x319,1000x61")
    o = parser.parse_args()
    result = {"model": os.path.basename(os.path.normpath(o.saved_model)), "sizes": {}}
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([o.python, "-c", REFERENCE, o.saved_model, scratch, o.sizes], check=True,
                       stderr=subprocess.DEVNULL)
        onnx = os.path.join(scratch, "raw.onnx")
        subprocess.run([o.jetline, "convert", o.saved_model, "--form", "raw", "--quiet", "-o", onnx], check=True,
                       stdout=subprocess.DEVNULL)
        for size in o.sizes.split(","):
            out = os.path.join(scratch, f"got_{size}.npz")
            subprocess.run([o.jetline, "infer", onnx, "--in", os.path.join(scratch, f"in_{size}.npz"), "-o", out,
                            "--quiet"], check=True, stdout=subprocess.DEVNULL)
        text = subprocess.run([o.python, "-c", COMPARE, scratch, o.sizes], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
        result["sizes"] = json.loads(text)
    result["largest"] = max(v["onnxruntime"] for r in result["sizes"].values() for v in r.values())
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
