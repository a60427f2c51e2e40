"""The peer of `jetline detect`: the same five detector families with ONNX Runtime, numpy and OpenCV, written the way
one writes such a program. Pictures of a folder in, COCO results as JSON out.

usage: detect_peer.py FAMILY MODEL FOLDER OUT.json [--threads 2] [--score S] [--nms I] [--limit N]

Decoding follows the papers and the authors' programs named in docs/heads.md.
"""
import argparse
import json
import os
import sys

import cv2
import numpy as np
import onnxruntime

# score and NMS thresholds as the authors use them
THRESHOLDS = {"fastestdet": (0.25, 0.45), "yolox": (0.3, 0.45), "nanodet": (0.35, 0.6), "ultraface": (0.7, 0.3),
              "yunet": (0.9, 0.3)}


def grid(width, height, strides):
    """Cells of all strides, row by row: x, y, stride as float32 columns."""
    rows = []
    for s in strides:
        w, h = -(-width // s), -(-height // s)
        x, y = np.meshgrid(np.arange(w), np.arange(h))
        rows.append(np.stack([x.ravel(), y.ravel(), np.full(w * h, s)], 1))
    return np.concatenate(rows).astype(np.float32)


def chw(image):
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32))


class FastestDet:
    def __init__(self, width, height, outputs):
        self.size = (width, height)

    def pre(self, image):
        self.scale = (self.size[0] / image.shape[1], self.size[1] / image.shape[0], 0, 0)
        return chw(cv2.resize(image, self.size)) * np.float32(1 / 255)

    def post(self, outputs, threshold):
        v = outputs[0][0]
        h, w = v.shape[1:]
        best = v[5:].argmax(0)
        top = v[5:].max(0)
        score = v[0] ** 0.6 * top ** 0.4
        y, x = np.nonzero(score > threshold)
        p = v[:, y, x]
        cx = (np.tanh(p[1]) + x) / w * self.size[0]
        cy = (np.tanh(p[2]) + y) / h * self.size[1]
        bw = self.size[0] / (1 + np.exp(-p[3]))
        bh = self.size[1] / (1 + np.exp(-p[4]))
        return np.stack([cx - bw / 2, cy - bh / 2, bw, bh], 1), score[y, x], best[y, x]


class Yolox:
    def __init__(self, width, height, outputs):
        self.size = (width, height)
        self.cells = grid(width, height, (8, 16, 32))

    def pre(self, image):
        r = min(self.size[0] / image.shape[1], self.size[1] / image.shape[0])
        w, h = int(image.shape[1] * r), int(image.shape[0] * r)
        padded = np.full((self.size[1], self.size[0], 3), 114, np.uint8)
        padded[:h, :w] = cv2.resize(image, (w, h))
        self.scale = (w / image.shape[1], h / image.shape[0], 0, 0)
        return chw(padded)

    def post(self, outputs, threshold):
        v = outputs[0][0]
        keep = v[:, 4] > threshold  # class scores are at most 1
        v, cells = v[keep], self.cells[keep]
        best = v[:, 5:].argmax(1)
        score = v[:, 4] * v[np.arange(len(v)), 5 + best]
        keep = score > threshold
        v, cells, best, score = v[keep], cells[keep], best[keep], score[keep]
        centre = (v[:, :2] + cells[:, :2]) * cells[:, 2:]
        size = np.exp(v[:, 2:4]) * cells[:, 2:]
        return np.concatenate([centre - size / 2, size], 1), score, best


class NanoDet:
    def __init__(self, width, height, outputs):
        self.size = (width, height)
        self.cells = grid(width, height, (8, 16, 32))
        names = [o.name for o in outputs]
        self.scores = [names.index("cls_pred_stride_%d" % s) for s in (8, 16, 32)]
        self.sides = [names.index("dis_pred_stride_%d" % s) for s in (8, 16, 32)]
        self.mean = np.array([103.53, 116.28, 123.675], np.float32)
        self.scale_of = np.float32(1) / np.array([57.375, 57.12, 58.395], np.float32)

    def pre(self, image):
        r = min(self.size[0] / image.shape[1], self.size[1] / image.shape[0])
        w, h = round(image.shape[1] * r), round(image.shape[0] * r)
        x, y = (self.size[0] - w) // 2, (self.size[1] - h) // 2
        padded = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        padded[y:y + h, x:x + w] = cv2.resize(image, (w, h))
        self.scale = (w / image.shape[1], h / image.shape[0], x, y)
        return chw((padded - self.mean) * self.scale_of)

    def post(self, outputs, threshold):
        scores = np.concatenate([outputs[i][0] for i in self.scores])
        sides = np.concatenate([outputs[i][0] for i in self.sides])
        top = scores.max(1)
        keep = top > threshold
        best, top, sides, cells = scores[keep].argmax(1), top[keep], sides[keep], self.cells[keep]
        d = sides.reshape(-1, 4, 8)
        d = np.exp(d - d.max(2, keepdims=True))
        d = (d @ np.arange(8, dtype=np.float32)) / d.sum(2) * cells[:, 2:]
        centre = (cells[:, :2] + 0.5) * cells[:, 2:]
        return np.concatenate([centre - d[:, :2], d[:, :2] + d[:, 2:]], 1), top, best


class UltraFace:
    """The simplified export: boxes are raw offsets to anchors."""

    def __init__(self, width, height, outputs):
        self.size = (width, height)
        names = [o.name for o in outputs]
        self.scores, self.boxes = names.index("scores"), names.index("boxes")
        anchors = []
        for s, sizes in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
            cells_x, cells_y = -(-width // s), -(-height // s)
            for y in range(cells_y):
                for x in range(cells_x):
                    for size in sizes:
                        anchors.append([(x + 0.5) / cells_x, (y + 0.5) / cells_y, size / width, size / height])
        self.anchors = np.clip(np.array(anchors, np.float32), 0, 1)

    def pre(self, image):
        self.scale = (self.size[0] / image.shape[1], self.size[1] / image.shape[0], 0, 0)
        rgb = cv2.cvtColor(cv2.resize(image, self.size), cv2.COLOR_BGR2RGB)
        return (chw(rgb) - np.float32(127)) * np.float32(1 / 128)

    def post(self, outputs, threshold):
        score = outputs[self.scores][0, :, 1]
        keep = score > threshold
        v, a = outputs[self.boxes][0][keep], self.anchors[keep]
        centre = v[:, :2] * np.float32(0.1) * a[:, 2:] + a[:, :2]
        size = np.exp(v[:, 2:] * np.float32(0.2)) * a[:, 2:]
        box = np.concatenate([centre - size / 2, size], 1)
        return box * np.array(self.size * 2, np.float32), score[keep], np.zeros(int(keep.sum()), int)


class YuNet:
    def __init__(self, width, height, outputs):
        self.size = (width, height)
        self.cells = grid(width, height, (8, 16, 32))
        names = [o.name for o in outputs]
        self.of = {k: [names.index("%s_%d" % (k, s)) for s in (8, 16, 32)] for k in ("cls", "obj", "bbox", "kps")}

    def pre(self, image):
        r = min(self.size[0] / image.shape[1], self.size[1] / image.shape[0])
        w, h = int(image.shape[1] * r), int(image.shape[0] * r)
        padded = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        padded[:h, :w] = cv2.resize(image, (w, h))
        self.scale = (w / image.shape[1], h / image.shape[0], 0, 0)
        return chw(padded)

    def post(self, outputs, threshold):
        join = lambda kind: np.concatenate([outputs[i][0] for i in self.of[kind]])
        score = np.sqrt(np.clip(join("cls")[:, 0], 0, 1) * np.clip(join("obj")[:, 0], 0, 1))
        keep = score > threshold
        v, kps, cells = join("bbox")[keep], join("kps")[keep], self.cells[keep]
        centre = (v[:, :2] + cells[:, :2]) * cells[:, 2:]
        size = np.exp(v[:, 2:]) * cells[:, 2:]
        self.landmarks = (kps.reshape(-1, 5, 2) + cells[:, None, :2]) * cells[:, None, 2:]
        return np.concatenate([centre - size / 2, size], 1), score[keep], np.zeros(int(keep.sum()), int)


FAMILIES = {"fastestdet": FastestDet, "yolox": Yolox, "nanodet": NanoDet, "ultraface": UltraFace, "yunet": YuNet}
# Category ids of COCO's 80 classes, for models of 80 classes.
COCO_IDS = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]
COCO_FAMILIES = ("fastestdet", "yolox", "nanodet")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("family", choices=sorted(FAMILIES))
    p.add_argument("model")
    p.add_argument("folder")
    p.add_argument("out")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--score", type=float)
    p.add_argument("--nms", type=float)
    p.add_argument("--max", type=int, default=300)
    p.add_argument("--limit", type=int, default=0)
    a = p.parse_args()
    threshold, overlap = THRESHOLDS[a.family]
    threshold = a.score if a.score is not None else threshold
    overlap = a.nms if a.nms is not None else overlap

    cv2.setNumThreads(a.threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(a.model, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    head = FAMILIES[a.family](inputs[0].shape[3], inputs[0].shape[2], session.get_outputs())

    results = []
    names = sorted(n for n in os.listdir(a.folder) if n.lower().endswith((".jpg", ".jpeg", ".png")))
    for position, name in enumerate(names[:a.limit or None], 1):
        image = cv2.imread(os.path.join(a.folder, name))
        if image is None:
            print("skipped " + name, file=sys.stderr)
            continue
        outputs = session.run(None, {inputs[0].name: head.pre(image)})
        boxes, scores, classes = head.post(outputs, threshold)
        if len(boxes) == 0:
            continue
        keep = cv2.dnn.NMSBoxesBatched(boxes.astype(np.float64).tolist(), scores.tolist(), classes.tolist(), 0.0,
                                       overlap)
        keep = sorted(np.array(keep).ravel().tolist(), key=lambda i: (-scores[i], i))[:a.max]
        sx, sy, ox, oy = head.scale
        h, w = image.shape[:2]
        for i in keep:
            x1, y1 = (boxes[i, 0] - ox) / sx, (boxes[i, 1] - oy) / sy
            x2, y2 = x1 + boxes[i, 2] / sx, y1 + boxes[i, 3] / sy
            x1, x2 = min(max(x1, 0), w), min(max(x2, 0), w)
            y1, y2 = min(max(y1, 0), h), min(max(y2, 0), h)
            c = int(classes[i])
            r = {"image_id": position, "category_id": COCO_IDS[c] if a.family in COCO_FAMILIES else c + 1,
                 "bbox": [round(float(v), 3) for v in (x1, y1, x2 - x1, y2 - y1)],
                 "score": round(float(scores[i]), 6), "file_name": name}
            if a.family == "yunet":
                r["landmarks"] = [round(float(v), 3) for x, y in head.landmarks[i]
                                  for v in ((x - ox) / sx, (y - oy) / sy)]
            results.append(r)
    with open(a.out, "w") as f:
        json.dump(results, f)


if __name__ == "__main__":
    main()
