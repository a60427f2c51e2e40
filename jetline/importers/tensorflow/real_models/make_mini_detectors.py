"""Makes mini_detectors.cases: detectors of a few thousand weights with the structure of the Object Detection API's
exports (a map_fn that resizes and normalises each picture, shared heads, decoded boxes, suppression class by class), as
SavedModels with TensorFlow's outputs for one picture of the network's size. Run by hand where TensorFlow is installed
(made with 2.15.1), never by the tests:

    python make_mini_detectors.py
"""
import os
import sys
import tempfile

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases"))
import case_file  # noqa: E402


def fixed(image, height, width):
    return tf.compat.v1.image.resize_images(image, [height, width])


def padded(image, height, width):
    """keep_aspect_ratio_resizer with padding, half-pixel centres; height == width."""
    shape = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = float(height) / tf.reduce_max(shape)
    size = tf.cast(tf.round(shape * scale), tf.int32)
    small = tf.image.resize(image, size)
    return tf.image.pad_to_bounding_box(small, 0, 0, height, width)


class Mini(tf.Module):
    def __init__(self, height, width, classes, background, resizer, centernet=False, normalise_first=False):
        super().__init__()
        rng = np.random.default_rng(3)
        self.height, self.width, self.classes, self.background = height, width, classes, background
        self.resizer, self.centernet, self.normalise_first = resizer, centernet, normalise_first
        columns = classes + (1 if background else 0)

        def weight(*shape):
            return tf.Variable(rng.normal(0, 0.4, shape).astype(np.float32))
        self.stem, self.deep = weight(3, 3, 3, 8), weight(3, 3, 8, 8)
        self.scale, self.offset = weight(8), weight(8)
        self.box_head, self.class_head = weight(3, 3, 8, 2 * 4), weight(3, 3, 8, 2 * columns)
        self.heat, self.size = weight(1, 1, 8, classes), weight(1, 1, 8, 2)

    def preprocess(self, image):
        image = tf.cast(image, tf.float32)
        if self.normalise_first:
            return self.resizer(image * (2.0 / 255) - 1, self.height, self.width)
        return self.resizer(image, self.height, self.width) * (2.0 / 255) - 1

    def features(self, images):
        x = tf.map_fn(self.preprocess, images, fn_output_signature=tf.float32)
        x = tf.ensure_shape(x, [1, self.height, self.width, 3])
        x = tf.nn.relu6(tf.nn.conv2d(x, self.stem, 2, "SAME"))
        x = tf.compat.v1.nn.fused_batch_norm(x, self.scale, self.offset, tf.zeros(8), tf.ones(8), is_training=False)[0]
        return [x, tf.nn.relu6(tf.nn.conv2d(x, self.deep, 2, "SAME"))]

    def ssd(self, images):
        boxes, scores, anchors = [], [], []
        for level in self.features(images):
            h, w = level.shape[1:3]
            boxes.append(tf.reshape(tf.nn.conv2d(level, self.box_head, 1, "SAME"), [1, -1, 4]))
            scores.append(tf.reshape(tf.nn.conv2d(level, self.class_head, 1, "SAME"),
                                     [1, -1, self.classes + (1 if self.background else 0)]))
            y, x = tf.meshgrid((tf.range(h, dtype=tf.float32) + 0.5) / h, (tf.range(w, dtype=tf.float32) + 0.5) / w,
                               indexing="ij")
            for side in (1.0, 2.0):
                anchors.append(tf.stack([y, x, tf.fill([h, w], side / h), tf.fill([h, w], side / w)], -1))
            anchors[-2:] = [tf.reshape(tf.stack(anchors[-2:], 2), [-1, 4])]
        codes, anchors = tf.concat(boxes, 1)[0], tf.concat(anchors, 0)
        ty, tx, th, tw = tf.unstack(tf.transpose(codes))
        ay, ax, ah, aw = tf.unstack(tf.transpose(anchors))
        y, x = ty / 10 * ah + ay, tx / 10 * aw + ax
        h, w = tf.exp(th / 5) * ah, tf.exp(tw / 5) * aw
        decoded = tf.transpose(tf.stack([y - h / 2, x - w / 2, y + h / 2, x + w / 2]))
        score = tf.sigmoid(tf.concat(scores, 1))
        kept_boxes, kept_scores, kept_classes = [], [], []
        for c in range(self.classes):
            of_class = score[0, :, c + (1 if self.background else 0)]
            chosen, chosen_scores = tf.image.non_max_suppression_with_scores(decoded, of_class, 10, 0.5, 1e-8)
            kept_boxes.append(tf.gather(decoded, chosen))
            kept_scores.append(chosen_scores)
            kept_classes.append(tf.fill(tf.shape(chosen), float(c + 1)))
        all_scores = tf.concat(kept_scores, 0)
        top = tf.math.top_k(all_scores, tf.minimum(10, tf.size(all_scores)))
        return {"detection_boxes": tf.gather(tf.concat(kept_boxes, 0), top.indices)[None],
                "detection_scores": top.values[None],
                "detection_classes": tf.gather(tf.concat(kept_classes, 0), top.indices)[None],
                "num_detections": tf.cast(tf.size(top.values), tf.float32)[None],
                "raw_detection_boxes": decoded[None], "raw_detection_scores": score}

    def points(self, images):
        level = self.features(images)[1]
        h, w = level.shape[1:3]
        heat = tf.sigmoid(tf.nn.conv2d(level, self.heat, 1, "SAME"))
        peak = tf.nn.max_pool2d(heat, 3, 1, "SAME")
        heat = heat * tf.cast(tf.abs(heat - peak) < 1e-6, tf.float32)
        size = tf.reshape(tf.abs(tf.nn.conv2d(level, self.size, 1, "SAME")), [-1, 2])
        values, where = tf.math.top_k(tf.reshape(heat, [1, -1]), 5)
        cell, kind = where[0] // self.classes, where[0] % self.classes
        y, x = tf.cast(cell // w, tf.float32), tf.cast(cell % w, tf.float32)
        half = tf.gather_nd(size, cell[:, None]) / 2
        boxes = tf.stack([y - half[:, 0], x - half[:, 1], y + half[:, 0], x + half[:, 1]], 1) / float(h)
        return {"detection_boxes": tf.clip_by_value(boxes, 0, 1)[None], "detection_scores": values,
                "detection_classes": tf.cast(kind + 1, tf.float32)[None], "num_detections": tf.fill([1], 5.0)}


def main():
    kinds = {"stretched": dict(height=32, width=48, classes=3, background=True, resizer=fixed),
             "padded": dict(height=32, width=32, classes=2, background=False, resizer=padded),
             "padded_after": dict(height=32, width=32, classes=2, background=False, resizer=padded, normalise_first=True),
             "points": dict(height=32, width=32, classes=2, background=False, resizer=padded, centernet=True)}
    cases = []
    for name, options in kinds.items():
        mini = Mini(**options)
        call = tf.function(mini.points if mini.centernet else mini.ssd,
                           input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8, name="input_tensor")])
        picture = np.random.default_rng(5).integers(0, 256, (1, mini.height, mini.width, 3), dtype=np.uint8)
        with tempfile.TemporaryDirectory() as folder:
            tf.saved_model.save(mini, folder, signatures={"serving_default": call.get_concrete_function()})
            outputs = {k: v.numpy() for k, v in call(tf.constant(picture)).items()}
            files = []
            for base, _, names in os.walk(folder):
                for n in names:
                    path = os.path.join(base, n)
                    if n != "fingerprint.pb":
                        with open(path, "rb") as f:
                            files.append((os.path.relpath(path, folder), f.read()))
        cases.append(case_file.Case(name=name, ops=["detector"], tolerance=1e-4, inputs=[("input_tensor", picture)],
                                    outputs=sorted(outputs.items()), files=sorted(files)))
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mini_detectors", "mini_detectors.cases")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    data = case_file.dump(cases)
    with open(out, "wb") as f:
        f.write(data)
    print(len(cases), "detectors,", len(data), "bytes")


if __name__ == "__main__":
    main()
