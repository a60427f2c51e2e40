"""Slice and StridedSlice with every mask."""
import numpy as np

from builder import raw

F32, I, L = np.float32, np.int32, np.int64


def vec(*a, dtype=I):
    return np.array(a, dtype)


# what -> (shape, begin, end, strides, masks)
FORMS = {
    "plain": ((5, 4), (1, 0), (4, 3), (1, 1), {}),
    "vector": ((7,), (2,), (5,), (1,), {}),
    "steps": ((7, 6), (0, 1), (7, 6), (2, 3), {}),
    "negative_ends": ((7, 6), (-5, 0), (-1, -2), (1, 1), {}),
    "past_the_end": ((4, 3), (1, 0), (100, 100), (1, 1), {}),
    "before_the_start": ((5,), (-100,), (3,), (1,), {}),
    "empty": ((5,), (3,), (2,), (1,), {}),
    "fewer_indices": ((4, 3, 2), (1,), (3,), (1,), {}),
    "begin_mask": ((5, 4), (3, 2), (4, 4), (1, 1), {"begin_mask": 1}),
    "end_mask": ((5, 4), (1, 1), (2, 2), (1, 1), {"end_mask": 2}),
    "both_masks": ((5, 4), (9, 1), (9, 3), (1, 1), {"begin_mask": 1, "end_mask": 1}),
    "reverse": ((5,), (0,), (0,), (-1,), {"begin_mask": 1, "end_mask": 1}),
    "reverse_second": ((3, 5), (0, 0), (0, 0), (1, -1), {"begin_mask": 3, "end_mask": 3}),
    "negative_stride": ((8,), (6,), (1,), (-2,), {}),
    "negative_stride_negative_ends": ((8,), (-1,), (-6,), (-2,), {}),
    "negative_stride_begin_mask": ((8,), (0,), (2,), (-3,), {"begin_mask": 1}),
    "negative_stride_end_mask": ((8,), (5,), (0,), (-2,), {"end_mask": 1}),
    "negative_stride_past_the_end": ((4,), (100,), (-100,), (-1,), {}),
    "shrink_first": ((4, 3), (2, 0), (3, 2), (1, 1), {"shrink_axis_mask": 1}),
    "shrink_last": ((4, 3), (1, 1), (3, 2), (1, 1), {"shrink_axis_mask": 2}),
    "shrink_all": ((4, 3), (1, 2), (2, 3), (1, 1), {"shrink_axis_mask": 3}),
    "shrink_negative": ((4, 3), (-1, 0), (0, 3), (1, 1), {"shrink_axis_mask": 1}),
    "shrink_negative_first_of_two": ((4, 3), (-2, -1), (-1, 0), (1, 1), {"shrink_axis_mask": 3}),
    "shrink_ignores_masks": ((4, 3), (2, 0), (3, 0), (1, 1), {"shrink_axis_mask": 1, "begin_mask": 2, "end_mask": 3}),
    "new_axis_first": ((4, 3), (0, 1, 0), (0, 3, 2), (1, 1, 1), {"new_axis_mask": 1}),
    "new_axis_last": ((4, 3), (1, 0, 0), (3, 2, 0), (1, 1, 1), {"new_axis_mask": 4}),
    "new_axis_middle": ((4, 3), (1, 7, 0), (3, 7, 2), (1, 1, 1), {"new_axis_mask": 2}),
    "new_axis_twice": ((4,), (0, 1, 0), (0, 3, 0), (1, 1, 1), {"new_axis_mask": 5}),
    "new_axis_of_scalar": ((), (0,), (0,), (1,), {"new_axis_mask": 1}),
    "new_axis_negative_stride": ((4, 3), (0, 3, 2), (0, 0, 0), (1, -2, -1), {"new_axis_mask": 1, "end_mask": 4}),
    "new_axis_and_shrink": ((4, 3), (0, 2, 0), (0, 3, 2), (1, 1, 1), {"new_axis_mask": 1, "shrink_axis_mask": 2}),
    "new_axis_wins_over_shrink": ((4, 3), (1, 1), (2, 2), (1, 1), {"new_axis_mask": 1, "shrink_axis_mask": 1}),
    "ellipsis_first": ((2, 3, 4), (0, 1), (0, 3), (1, 1), {"ellipsis_mask": 1}),
    "ellipsis_last": ((2, 3, 4), (1, 0), (2, 0), (1, 1), {"ellipsis_mask": 2}),
    "ellipsis_middle": ((2, 3, 2, 4), (0, 0, 1), (1, 0, 3), (1, 1, 1), {"ellipsis_mask": 2}),
    "ellipsis_shrink_last": ((2, 3, 4), (0, 2), (0, 3), (1, 1), {"ellipsis_mask": 1, "shrink_axis_mask": 2}),
    "ellipsis_new_axis": ((2, 3), (0, 0), (0, 0), (1, 1), {"ellipsis_mask": 1, "new_axis_mask": 2}),
    "ellipsis_of_nothing": ((2, 3), (1, 0, 0), (2, 0, 2), (1, 1, 1), {"ellipsis_mask": 2}),
    "ellipsis_new_axis_shrink_negative_stride": ((3, 4, 5), (0, 2, 0, 4), (0, 3, 0, 0), (1, 1, 1, -2),
                                                 {"ellipsis_mask": 1, "new_axis_mask": 4, "shrink_axis_mask": 2}),
    "rank5": ((2, 3, 2, 3, 2), (0, 1, 0, 0, 1), (2, 3, 1, 3, 2), (1, 1, 1, 2, 1), {"shrink_axis_mask": 16}),
}
DYNAMIC = ["plain", "steps", "negative_ends", "past_the_end", "both_masks", "reverse_second", "shrink_negative",
           "new_axis_middle", "new_axis_negative_stride", "ellipsis_last", "ellipsis_middle", "ellipsis_shrink_last",
           "negative_stride_begin_mask", "ellipsis_new_axis_shrink_negative_stride"]


def make(add):
    def strided(g, form, shape="same", dtype=F32, index=I, runtime=()):
        size, begin, end, strides, masks = form
        parts = {"begin": vec(*begin, dtype=index), "end": vec(*end, dtype=index), "strides": vec(*strides, dtype=index)}
        x = g.input(g.of(dtype, *size), shape)
        for key in runtime:
            parts[key] = g.input(parts[key])
        return raw.StridedSlice(input=x, **parts, **masks)
    for what, form in FORMS.items():
        add("StridedSlice", what, lambda g: strided(g, form))
    for what in DYNAMIC:
        add("StridedSlice", f"dynamic_{what}", lambda g: strided(g, FORMS[what], "dims"))
    for dtype in [I, L, bool, np.uint8, np.float64, np.float16]:
        add("StridedSlice", np.dtype(dtype).name, lambda g: strided(g, FORMS["steps"], dtype=dtype))
    add("StridedSlice", "int64_indices", lambda g: strided(g, FORMS["shrink_last"], index=L))
    for what in ["plain", "shrink_first", "both_masks", "vector", "ellipsis_middle", "new_axis_middle"]:
        add("StridedSlice", f"runtime_ends_{what}", lambda g: strided(g, FORMS[what], runtime=("begin", "end")))
    add("StridedSlice", "runtime_end_negative_stride", lambda g: strided(g, FORMS["negative_stride"], runtime=("end",)))
    add("StridedSlice", "unknown_rank", lambda g: strided(g, FORMS["shrink_first"], None))

    # The size of an image out of its shape, as every exporter writes it.
    def element_of_shape(g):
        x = g.input(g.normal(2, 3, 4), "dims")
        h = raw.StridedSlice(input=raw.Shape(input=x), begin=vec(1), end=vec(2), strides=vec(1), shrink_axis_mask=1)
        return raw.StridedSlice(input=x, begin=raw.Pack(values=[I(0), raw.Sub(x=h, y=I(2)), I(0)], axis=0),
                                end=raw.Pack(values=[I(0), h, I(0)], axis=0), strides=vec(1, 1, 1), begin_mask=5, end_mask=5)
    add("StridedSlice", "ends_from_shape", element_of_shape)

    for what, shape, begin, size in [("vector", (6,), (2,), (3,)), ("matrix", (4, 5), (1, 2), (2, 3)), ("rest", (4, 5), (1, 2), (-1, -1)),
                                     ("rest_of_one", (4, 5, 2), (0, 3, 0), (4, -1, 1)), ("whole", (2, 3), (0, 0), (2, 3)), ("empty", (4,), (2,), (0,))]:
        add("Slice", what, lambda g: raw.Slice(input=g.input(g.normal(*shape)), begin=vec(*begin), size=vec(*size)))
        add("Slice", f"dynamic_{what}", lambda g: raw.Slice(input=g.input(g.normal(*shape), "dims"), begin=vec(*begin, dtype=L), size=vec(*size, dtype=L)))
    for dtype in [I, L, bool, np.uint8]:
        add("Slice", np.dtype(dtype).name, lambda g: raw.Slice(input=g.input(g.of(dtype, 3, 4)), begin=vec(1, 0), size=vec(1, 2)))
    add("Slice", "runtime_begin", lambda g: raw.Slice(input=g.input(g.normal(4, 5)), begin=g.input(vec(1, 2)), size=vec(2, 2)))
    add("Slice", "runtime_size", lambda g: raw.Slice(input=g.input(g.normal(4, 5)), begin=vec(1, 2), size=g.input(vec(2, -1))))
    add("Slice", "runtime_both", lambda g: raw.Slice(input=g.input(g.normal(4, 5), "dims"), begin=g.input(vec(1, 2)), size=g.input(vec(-1, 2))))
