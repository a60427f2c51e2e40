"""Non-maximum suppression: random boxes, scores without ties."""
import numpy as np

from builder import raw

F32, I = np.float32, np.int32


def boxes(g, n, *lead):
    corner = g.uniform(0, 0.6, *lead, n, 2)
    return np.concatenate([corner, corner + g.uniform(0.1, 0.4, *lead, n, 2)], -1)


def scores(g, n):
    return ((g.rng.permutation(n) + 1) / (n + 1)).astype(F32)


def make(add):
    for n, k, iou in [(6, 3, 0.5), (12, 10, 0.3), (5, 8, 0.6), (20, 6, 0.1)]:
        what = f"{n}_boxes_{k}_kept"
        add("NonMaxSuppression", what, lambda g: raw.NonMaxSuppression(
            boxes=g.input(boxes(g, n)), scores=g.input(scores(g, n)), max_output_size=I(k), iou_threshold=iou))
        add("NonMaxSuppressionV2", what, lambda g: raw.NonMaxSuppressionV2(
            boxes=g.input(boxes(g, n)), scores=g.input(scores(g, n)), max_output_size=I(k), iou_threshold=F32(iou)))
        add("NonMaxSuppressionV3", what, lambda g: raw.NonMaxSuppressionV3(
            boxes=g.input(boxes(g, n)), scores=g.input(scores(g, n)), max_output_size=I(k), iou_threshold=F32(iou), score_threshold=F32(0.3)))
        for pad in [False, True]:
            add("NonMaxSuppressionV4", what + ("_padded" if pad else ""), lambda g: list(raw.NonMaxSuppressionV4(
                boxes=g.input(boxes(g, n)), scores=g.input(scores(g, n)), max_output_size=I(k), iou_threshold=F32(iou),
                score_threshold=F32(0.2), pad_to_max_output_size=pad)))
            add("NonMaxSuppressionV5", what + ("_padded" if pad else ""), lambda g: list(raw.NonMaxSuppressionV5(
                boxes=g.input(boxes(g, n)), scores=g.input(scores(g, n)), max_output_size=I(k), iou_threshold=F32(iou),
                score_threshold=F32(0.2), soft_nms_sigma=F32(0), pad_to_max_output_size=pad)))
    add("NonMaxSuppressionV5", "soft", lambda g: list(raw.NonMaxSuppressionV5(
        boxes=g.input(boxes(g, 8)), scores=g.input(scores(g, 8)), max_output_size=I(5), iou_threshold=F32(1.0),
        score_threshold=F32(0.1), soft_nms_sigma=F32(0.5), pad_to_max_output_size=True)))
    add("NonMaxSuppressionV3", "dynamic", lambda g: raw.NonMaxSuppressionV3(
        boxes=g.input(boxes(g, 7), [None, 4]), scores=g.input(scores(g, 7), [None]), max_output_size=I(4), iou_threshold=F32(0.4), score_threshold=F32(0)))
    add("NonMaxSuppressionV3", "swapped_corners", lambda g: raw.NonMaxSuppressionV3(
        boxes=g.input(boxes(g, 7)[:, [2, 3, 0, 1]]), scores=g.input(scores(g, 7)), max_output_size=I(4), iou_threshold=F32(0.3), score_threshold=F32(0)))
    add("NonMaxSuppressionV3", "runtime_limits", lambda g: raw.NonMaxSuppressionV3(
        boxes=g.input(boxes(g, 7)), scores=g.input(scores(g, 7)), max_output_size=g.input(I(3)), iou_threshold=g.input(F32(0.4)), score_threshold=g.input(F32(0.2))))
    add("NonMaxSuppressionV3", "negative_scores", lambda g: raw.NonMaxSuppressionV3(
        boxes=g.input(boxes(g, 7)), scores=g.input(scores(g, 7) - F32(0.5)), max_output_size=I(7), iou_threshold=F32(0.9), score_threshold=F32(-np.inf)))
    add("NonMaxSuppressionV3", "nothing_left", lambda g: raw.NonMaxSuppressionV3(
        boxes=g.input(boxes(g, 4)), scores=g.input(scores(g, 4)), max_output_size=I(4), iou_threshold=F32(0.5), score_threshold=F32(2)))

    def gathered(g):
        b, s = g.input(boxes(g, 8)), g.input(scores(g, 8))
        at = raw.NonMaxSuppressionV3(boxes=b, scores=s, max_output_size=I(4), iou_threshold=F32(0.4), score_threshold=F32(0.1))
        return [raw.GatherV2(params=b, indices=at, axis=I(0)), raw.GatherV2(params=s, indices=at, axis=I(0))]
    add("NonMaxSuppressionV3", "boxes_gathered", gathered)
    add("NonMaxSuppressionWithOverlaps", "matrix", lambda g: raw.NonMaxSuppressionWithOverlaps(
        overlaps=g.input(np.maximum(*(lambda m: (m, m.T))(g.uniform(0, 1, 6, 6)))), scores=g.input(scores(g, 6)),
        max_output_size=I(4), overlap_threshold=F32(0.6), score_threshold=F32(0.1)))
    for q in [1, 3]:
        for per_class in [False, True]:
            for clip in [True, False]:
                add("CombinedNonMaxSuppression", f"q{q}{'_padded' if per_class else ''}{'' if clip else '_unclipped'}", lambda g: list(raw.CombinedNonMaxSuppression(
                    boxes=g.input(np.moveaxis(np.stack([boxes(g, 6, 2) * F32(1.3) for _ in range(q)]), 0, 2)),
                    scores=g.input(((g.rng.permutation(36) + 1) / 37).astype(F32).reshape(2, 6, 3)),
                    max_output_size_per_class=I(3), max_total_size=I(7), iou_threshold=F32(0.4), score_threshold=F32(0.2),
                    pad_per_class=per_class, clip_boxes=clip)))
    add("CombinedNonMaxSuppression", "one_image_one_class", lambda g: list(raw.CombinedNonMaxSuppression(
        boxes=g.input(boxes(g, 9, 1)[:, :, None]), scores=g.input(scores(g, 9).reshape(1, 9, 1)), max_output_size_per_class=I(4),
        max_total_size=I(4), iou_threshold=F32(0.3), score_threshold=F32(0.1))))
    add("CombinedNonMaxSuppression", "dynamic_batch", lambda g: list(raw.CombinedNonMaxSuppression(
        boxes=g.input(boxes(g, 5, 2)[:, :, None], [None, 5, 1, 4]), scores=g.input(((g.rng.permutation(20) + 1) / 21).astype(F32).reshape(2, 5, 2), [None, 5, 2]),
        max_output_size_per_class=I(4), max_total_size=I(6), iou_threshold=F32(0.5), score_threshold=F32(0.1))))
