"""Colours, crops and patches of images."""
import numpy as np

from builder import raw

F32, I = np.float32, np.int32


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    for op in ["RGBToHSV", "HSVToRGB"]:
        f = getattr(raw, op)
        add(op, "image", lambda g: f(images=g.input(g.uniform(0, 1, 3, 4, 3))))
        add(op, "batch_dynamic", lambda g: f(images=g.input(g.uniform(0, 1, 2, 3, 2, 3), [None, None, None, 3])))
        add(op, "corners", lambda g: f(images=g.input(np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5], [1, 1, 0]], F32))))
    for factor in [0.5, 2.0]:
        add("AdjustContrastv2", f"factor_{str(factor).replace('.', '_')}", lambda g: raw.AdjustContrastv2(images=g.input(g.uniform(0, 1, 4, 3, 3)), contrast_factor=F32(factor)))
        add("AdjustSaturation", f"factor_{str(factor).replace('.', '_')}", lambda g: raw.AdjustSaturation(images=g.input(g.uniform(0, 1, 4, 3, 3)), scale=F32(factor)))
    for delta in [0.1, -0.3]:
        add("AdjustHue", f"delta_{str(delta).replace('.', '_').replace('-', 'm')}", lambda g: raw.AdjustHue(images=g.input(g.uniform(0, 1, 4, 3, 3)), delta=F32(delta)))
    for op, key in [("AdjustContrastv2", "contrast_factor"), ("AdjustSaturation", "scale"), ("AdjustHue", "delta")]:
        add(op, "batch_runtime", lambda g: getattr(raw, op)(images=g.input(g.uniform(0, 1, 2, 3, 3, 3), [None, None, None, 3]), **{key: g.input(F32(0.3))}))

    boxes = np.array([[0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], [-0.2, 0.3, 0.6, 1.3], [0.9, 0.8, 0.2, 0.1]], F32)
    for method in ["bilinear", "nearest"]:
        for what, size in [("small", (2, 3)), ("one", (1, 1)), ("large", (6, 5))]:
            add("CropAndResize", f"{method}_{what}", lambda g: raw.CropAndResize(
                image=g.input(g.uniform(0, 1, 2, 5, 6, 2)), boxes=g.input(boxes), box_ind=g.input(vec(0, 1, 0, 1)), crop_size=vec(*size), method=method))
        add("CropAndResize", f"{method}_extrapolation", lambda g: raw.CropAndResize(
            image=g.input(g.uniform(0, 1, 1, 5, 6, 2)), boxes=g.input(boxes), box_ind=vec(0, 0, 0, 0), crop_size=vec(4, 4), method=method, extrapolation_value=-3.0))
    add("CropAndResize", "dynamic", lambda g: raw.CropAndResize(
        image=g.input(g.uniform(0, 1, 2, 5, 6, 3), [None, None, None, 3]), boxes=g.input(boxes, [None, 4]), box_ind=g.input(vec(0, 1, 0, 1), [None]), crop_size=vec(3, 3)))
    add("CropAndResize", "uint8", lambda g: raw.CropAndResize(
        image=g.input(g.ints(0, 256, 1, 5, 5, 3, dtype=np.uint8)), boxes=g.input(boxes[:2]), box_ind=vec(0, 0), crop_size=vec(3, 3)))
    for what, size, k, s, r, pad in [("same", (5, 6), 3, 1, 1, "SAME"), ("valid_stride2", (6, 7), 3, 2, 1, "VALID"), ("rate2", (7, 7), 2, 1, 2, "VALID"), ("blocks", (4, 6), 2, 2, 1, "VALID"), ("same_stride2", (5, 5), 2, 2, 1, "SAME")]:
        add("ExtractImagePatches", what, lambda g: raw.ExtractImagePatches(
            images=g.input(g.normal(2, *size, 2)), ksizes=[1, k, k, 1], strides=[1, s, s, 1], rates=[1, r, r, 1], padding=pad))
    add("ExtractVolumePatches", "valid", lambda g: raw.ExtractVolumePatches(
        input=g.input(g.normal(1, 4, 4, 4, 1)), ksizes=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID"))
    shift = np.array([[1, 0, 1, 0, 1, -1, 0, 0]], F32)
    turn = np.array([[0.8, -0.3, 0.7, 0.2, 0.9, 0.4, 0, 0]], F32)
    bend = np.array([[0.9, 0.1, 0.2, -0.1, 1.1, 0.3, 0.02, 0.01]], F32)
    for what, t in [("shift", shift), ("turn", turn), ("projective", bend)]:
        for mode in ["NEAREST", "BILINEAR"]:
            if mode == "NEAREST" and what != "shift":
                t = t + F32(0.013)  # away from half-way points
            add("ImageProjectiveTransformV2", f"{what}_{mode.lower()}", lambda g: raw.ImageProjectiveTransformV2(
                images=g.input(g.uniform(0, 1, 1, 5, 6, 2)), transforms=t, output_shape=vec(5, 6), interpolation=mode))
    for fill in ["CONSTANT", "REFLECT", "WRAP", "NEAREST"]:
        add("ImageProjectiveTransformV3", fill.lower(), lambda g: raw.ImageProjectiveTransformV3(
            images=g.input(g.uniform(0, 1, 2, 4, 5, 1)), transforms=g.input(np.repeat(turn, 2, 0)), output_shape=vec(4, 5), interpolation="BILINEAR", fill_mode=fill, fill_value=F32(0.5)))
    add("ExtractGlimpse", "centred", lambda g: raw.ExtractGlimpse(
        input=g.input(g.uniform(0, 1, 1, 6, 6, 1)), size=vec(3, 3), offsets=np.zeros((1, 2), F32), uniform_noise=False))
