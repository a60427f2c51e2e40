"""Resizing of images: TensorFlow's own sampling rules, to the last digits."""
import numpy as np

from builder import raw

F32 = np.float32
TO = {"up2": ((4, 5), (8, 10)), "up3": ((3, 4), (9, 12)), "down2": ((8, 6), (4, 3)), "odd_up": ((5, 7), (8, 9)),
      "odd_down": ((9, 7), (5, 4)), "mixed": ((5, 8), (7, 3)), "same": ((4, 5), (4, 5)), "to_one": ((4, 6), (1, 1)),
      "from_one": ((1, 1), (3, 4)), "ratio_1_25": ((10, 10), (8, 8)), "row": ((1, 7), (1, 10))}
MODES = {"legacy": {}, "align_corners": {"align_corners": True}, "half_pixel": {"half_pixel_centers": True}}


def make(add):
    for op in ["ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic"]:
        f = getattr(raw, op)
        for mode, kw in MODES.items():
            for what, (a, b) in TO.items():
                if op == "ResizeBicubic" and what in ("from_one", "to_one", "row", "up3"):
                    continue
                add(op, f"{mode}_{what}", lambda g: f(images=g.input(g.uniform(0, 1, 1, *a, 2)),
                                                      size=np.array(b, np.int32), **kw))
            add(op, f"{mode}_batch", lambda g: f(images=g.input(g.uniform(0, 255, 3, 4, 4, 1)),
                                                 size=np.array([6, 7], np.int32), **kw))
            add(op, f"{mode}_dynamic", lambda g: f(images=g.input(g.uniform(0, 1, 1, 5, 4, 3), [None, None, None, 3]),
                                                   size=np.array([7, 8], np.int32), **kw))
        add(op, "uint8", lambda g: f(images=g.input(g.ints(0, 256, 1, 4, 5, 3, dtype=np.uint8)),
                                     size=np.array([6, 3], np.int32), half_pixel_centers=True))
        add(op, "int32", lambda g: f(images=g.input(g.ints(0, 256, 1, 4, 5, 3)), size=np.array([6, 3], np.int32)))
        add(op, "half", lambda g: f(images=g.input(g.uniform(0, 1, 1, 4, 4, 1, dtype=np.float16)),
                                    size=np.array([8, 8], np.int32), half_pixel_centers=True))

        def doubled(g):  # as UpSampling2D
            x = g.input(g.uniform(0, 1, 1, 3, 4, 2), [None, None, None, 2])
            size = raw.StridedSlice(input=raw.Shape(input=x), begin=np.array([1], np.int32), end=np.array([3], np.int32),
                                    strides=np.array([1], np.int32))
            return f(images=x, size=raw.Mul(x=size, y=np.array([2, 2], np.int32)), half_pixel_centers=True)
        add(op, "doubled_size", doubled)
        add(op, "runtime_size", lambda g: f(images=g.input(g.uniform(0, 1, 1, 3, 4, 2)),
                                            size=g.input(np.array([5, 6], np.int32)), half_pixel_centers=True))
    add("ResizeNearestNeighbor", "align_and_half", lambda g: raw.ResizeNearestNeighbor(
        images=g.input(g.uniform(0, 1, 1, 4, 4, 1)), size=np.array([7, 6], np.int32), half_pixel_centers=True))
    for what, (a, b) in TO.items():
        add("ResizeArea", what, lambda g: raw.ResizeArea(images=g.input(g.uniform(0, 1, 1, *a, 2)),
                                                         size=np.array(b, np.int32)))
    add("ResizeArea", "align_corners", lambda g: raw.ResizeArea(
        images=g.input(g.uniform(0, 1, 1, 5, 7, 2)), size=np.array([3, 4], np.int32), align_corners=True))
    add("ResizeArea", "uint8", lambda g: raw.ResizeArea(
        images=g.input(g.ints(0, 256, 1, 6, 6, 3, dtype=np.uint8)), size=np.array([4, 3], np.int32)))
    for kernel in ["triangle", "lanczos3", "gaussian"]:
        for antialias in [True, False]:
            add("ScaleAndTranslate", f"{kernel}{'_antialias' if antialias else ''}", lambda g: raw.ScaleAndTranslate(
                images=g.input(g.uniform(0, 1, 1, 8, 6, 2)), size=np.array([5, 9], np.int32),
                scale=np.array([5 / 8, 1.5], F32), translation=np.array([0, 0.25], F32), kernel_type=kernel,
                antialias=antialias))
