"""Runs a converted model on the stored inputs beside its SavedModel and compares with TensorFlow's stored outputs.

    compare_detections.py MODEL.onnx FOLDER      (inputs.npz and outputs.npz in FOLDER)

raw_* and outputs that are no detections: largest difference at most 1e-3. Detections are compared as sets: the same
class, IoU of at least 0.98, score within 2e-3; those within 2e-3 of the last score given, or of a box that overlaps
them, may be absent on either side; at least 95 % must be found. Exits with 1 when something is over.
"""
import sys

import numpy as np
import onnx
import onnxruntime as ort


def iou(a, b):
    top, left = np.maximum(a[0], b[:, 0]), np.maximum(a[1], b[:, 1])
    bottom, right = np.minimum(a[2], b[:, 2]), np.minimum(a[3], b[:, 3])
    both = np.maximum(bottom - top, 0) * np.maximum(right - left, 0)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) - both
    return np.where(area > 0, both / np.maximum(area, 1e-12), np.all(np.abs(a - b) < 1e-3, axis=1))


def found(of, among):
    """Share of the detections `of` that stand `among` the others, leaving out those that may be absent."""
    hits = judged = 0
    cut = of["scores"].min()
    for i, (box, score, kind) in enumerate(zip(of["boxes"], of["scores"], of["classes"])):
        alike = (among["classes"] == kind) & (np.abs(among["scores"] - score) <= 2e-3) & (iou(box, among["boxes"]) >= 0.98)
        near_cut = score - cut <= 2e-3
        rivals = (of["classes"] == kind) & (np.abs(of["scores"] - score) <= 2e-3) & (iou(box, of["boxes"]) > 0.3)
        rivals[i] = False
        if alike.any():
            hits += 1
        elif near_cut or rivals.any():
            continue
        judged += 1
    return hits / max(judged, 1)


def main():
    model, folder = sys.argv[1:]
    onnx.checker.check_model(model)
    inputs, expected = np.load(folder + "/inputs.npz"), np.load(folder + "/outputs.npz")
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options)
    names = [o.name for o in session.get_outputs()]
    got = dict(zip(names, session.run(names, {k: inputs[k] for k in inputs.files})))
    bad = []
    if set(names) != set(expected.files):
        bad.append(f"outputs {names} for {expected.files}")
    detections = "detection_boxes" in expected.files
    for name in expected.files:
        if name not in got or (detections and not name.startswith("raw_") and name != "num_detections"):
            continue
        worst = float(np.abs(got[name].astype(np.float64) - expected[name]).max()) if got[name].shape == expected[name].shape else np.inf
        print(f"{folder.split('/')[-1]} {name}: largest difference {worst:.2e}")
        if not worst <= 1e-3:
            bad.append(name)
    if detections and not bad:
        def rows(x):
            n = int(x["num_detections"][0])
            return {"boxes": x["detection_boxes"][0][:n], "scores": x["detection_scores"][0][:n],
                    "classes": x["detection_classes"][0][:n]}
        share = min(found(rows(expected), rows(got)), found(rows(got), rows(expected)))
        print(f"{folder.split('/')[-1]} detections: {100 * share:.1f} % found")
        if share < 0.95:
            bad.append("detections")
    if bad:
        print("over:", ", ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
