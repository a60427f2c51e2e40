#!/usr/bin/env python3
"""A plain PyTorch loop for comparison with `jetline train`.

Same network, loss, data, number of pictures seen, optimiser and schedule; mirror images as the only augmentation;
written on its own with autograd and plain tensors, so that it also checks jetline's hand-written gradient. Trains,
evaluates on the held-out pictures, prints one JSON object with AP and AP50 (pycocotools' rules are in this file's
`average_precision`; crowds are not handled, the sets used here have none).

  /usr/bin/python3 bench/train_peer.py --coco train.json val.json --images TRAIN_DIR VAL_DIR --steps 2000 --size 320x320

Needs PyTorch and Pillow (OpenCV too where it is there); `jetline data convert` makes COCO files of any data set.
"""
import argparse
import json
import math
import os
import platform
import random
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image


class Unit(nn.Module):
    def __init__(self, cin, cout, k=3, stride=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, stride, k // 2, bias=False)
        self.norm = nn.BatchNorm2d(cout)
        self.relu = relu

    def forward(self, x, shortcut=None):
        x = self.norm(self.conv(x))
        if shortcut is not None:
            x = x + shortcut
        return F.relu(x) if self.relu else x


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = Unit(c, c), Unit(c, c)
        nn.init.zeros_(self.b.norm.weight)

    def forward(self, x):
        return self.b(self.a(x), x)


class Net(nn.Module):
    """The network `default` of jetline/train/network.cpp."""
    strides = (4, 8, 16)

    def __init__(self, classes, w=(16, 32, 48, 96, 128), head4=32, head=48):
        super().__init__()
        self.classes = classes
        self.s4 = nn.Sequential(Unit(3, w[0], 3, 2), Unit(w[0], w[1], 3, 2))
        self.s8 = nn.Sequential(Unit(w[1], w[2], 3, 2), Block(w[2]))
        self.s16 = nn.Sequential(Unit(w[2], w[3], 3, 2), Block(w[3]))
        self.s32 = nn.Sequential(Unit(w[3], w[4], 3, 2), Block(w[4]))
        self.l32, self.l16, self.l8 = Unit(w[4], head, 1), Unit(w[3], head, 1), Unit(w[2], head, 1)
        self.l4, self.n8 = Unit(w[1], head4, 1), Unit(head, head4, 1)
        self.hidden = nn.ModuleList([Unit(head4, head4), Unit(head, head), Unit(head, head)])
        self.out = nn.ModuleList([nn.Conv2d(c, 4 + classes, 1) for c in (head4, head, head)])
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        for o in self.out:
            nn.init.normal_(o.weight, 0, 0.01)
            with torch.no_grad():
                o.bias.copy_(torch.tensor([0, 0, math.log(4), math.log(4)] + [-math.log(99)] * classes))

    def forward(self, x):
        c4 = self.s4(x)
        c8 = self.s8(c4)
        c16 = self.s16(c8)
        c32 = self.s32(c16)

        def up(top, side):
            return F.interpolate(top, scale_factor=2)[:, :, :side.shape[2], :side.shape[3]] + side

        p16 = up(self.l32(c32), self.l16(c16))
        p8 = up(p16, self.l8(c8))
        p4 = up(self.n8(p8), self.l4(c4))
        maps = [o(h(p)) for o, h, p in zip(self.out, self.hidden, (p4, p8, p16))]
        return torch.cat([m.permute(0, 2, 3, 1).flatten(1, 2) for m in maps], 1)


def anchors(width, height):
    rows = []
    for s in Net.strides:
        y, x = torch.meshgrid(torch.arange(height // s), torch.arange(width // s), indexing="ij")
        rows.append(torch.stack([(x.flatten() + 0.5) * s, (y.flatten() + 0.5) * s, torch.full((x.numel(),), float(s))], 1))
    return torch.cat(rows)


def decode(p, a):
    c = a[:, :2] + p[..., :2] * a[:, 2:]
    h = torch.exp(p[..., 2:4].clamp(max=8)) * a[:, 2:] / 2
    return torch.cat([c - h, c + h], -1)


def pair_iou(a, b):
    lo, hi = torch.max(a[..., :2], b[..., :2]), torch.min(a[..., 2:], b[..., 2:])
    inter = (hi - lo).clamp(min=0).prod(-1)
    area = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return inter / (area - inter).clamp(min=1e-9)


def diou_loss(p, t):
    lo, hi = torch.min(p[:, :2], t[:, :2]), torch.max(p[:, 2:], t[:, 2:])
    d = (p[:, :2] + p[:, 2:] - t[:, :2] - t[:, 2:]) / 2
    return 1 - pair_iou(p, t) + (d * d).sum(-1) / ((hi - lo) ** 2).sum(-1)


@torch.no_grad()
def assign(boxes, logits, a, truth, labels, top_k=10):
    """Task-aligned assignment: returns positions, truth indices and target scores."""
    n = len(truth)
    owner = torch.full((len(a),), -1, dtype=torch.long)
    owner_iou, owner_metric = torch.zeros(len(a)), torch.zeros(len(a))
    for g in range(n):
        size, centre = truth[g, 2:] - truth[g, :2], (truth[g, 2:] + truth[g, :2]) / 2
        near = ((a[:, :2] - centre).abs() < torch.max(size / 2, a[:, 2:])).all(1).nonzero().flatten()
        if len(near) == 0:
            continue
        overlap = pair_iou(boxes[near], truth[g]).clamp(min=0.01)
        metric = logits[near, labels[g]].sigmoid() * overlap ** 6
        best = metric.topk(min(top_k, len(near))).indices
        for i, o, m in zip(near[best].tolist(), overlap[best].tolist(), metric[best].tolist()):
            if owner[i] < 0 or o > owner_iou[i]:
                owner[i], owner_iou[i], owner_metric[i] = g, o, m
    taken = (owner >= 0).nonzero().flatten()
    target = torch.zeros(len(taken))
    for g in range(n):
        mine = owner[taken] == g
        if mine.any():
            metric = owner_metric[taken][mine]
            target[mine] = metric / metric.max() * owner_iou[taken][mine].max()
    return taken, owner[taken], target


def loss_of(p, a, truths):
    boxes, logits = decode(p, a), p[..., 4:]
    targets = torch.zeros_like(logits)
    box_loss, total = p.new_zeros(()), 0.0
    for b, (truth, labels) in enumerate(truths):
        if len(truth) == 0:
            continue
        taken, which, target = assign(boxes[b].detach(), logits[b].detach(), a, truth, labels)
        targets[b, taken, labels[which]] = target
        box_loss = box_loss + (diou_loss(boxes[b, taken], truth[which]) * target).sum()
        total += float(target.sum())
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    score_loss = ((logits.sigmoid() - targets).abs() ** 2 * entropy).sum()
    return (score_loss + 2 * box_loss) / max(total, 1.0)


def letterbox(path, width, height):
    image = Image.open(path).convert("RGB")
    r = min(width / image.width, height / image.height)
    w, h = max(1, round(image.width * r)), max(1, round(image.height * r))
    x, y = (width - w) // 2, (height - h) // 2
    canvas = np.full((height, width, 3), 114, np.uint8)
    try:
        import cv2
        canvas[y:y + h, x:x + w] = cv2.resize(np.asarray(image), (w, h), interpolation=cv2.INTER_LINEAR)
    except ImportError:
        canvas[y:y + h, x:x + w] = np.asarray(image.resize((w, h), Image.BILINEAR, reducing_gap=None))
    return canvas, (w / image.width, h / image.height, x, y)


def load(coco, images, width, height, classes=None):
    with open(coco) as f:
        data = json.load(f)
    ids = sorted(c["id"] for c in data["categories"]) if classes is None else classes
    index = {c: i for i, c in enumerate(ids)}
    boxes = {i["id"]: [] for i in data["images"]}
    for a in data["annotations"]:
        x, y, w, h = a["bbox"]
        boxes[a["image_id"]].append([x, y, x + w, y + h, index[a["category_id"]]])
    out = []
    for i in data["images"]:
        pixels, (sx, sy, ox, oy) = letterbox(os.path.join(images, i["file_name"]), width, height)
        rows = np.array(boxes[i["id"]], np.float32).reshape(-1, 5)
        truth = torch.tensor(rows[:, :4] * [sx, sy, sx, sy] + [ox, oy, ox, oy], dtype=torch.float32)
        out.append((pixels, truth, torch.tensor(rows[:, 4], dtype=torch.long)))
    return out, ids


def tensor_of(pixels):
    return torch.from_numpy((np.stack(pixels).astype(np.float32) - 127.5) / 64).permute(0, 3, 1, 2)


def nms(boxes, scores, limit=0.6, keep_most=100):
    order, keep = scores.argsort(descending=True), []
    while len(order) and len(keep) < keep_most:
        keep.append(int(order[0]))
        order = order[1:][pair_iou(boxes[order[1:]], boxes[order[0]]) <= limit]
    return keep


def average_precision(found, data, classes, threshold):
    """101-point interpolation; found: (image, class, score, box) of every detection."""
    values = []
    for c in range(classes):
        truths = [t[l == c] for _, t, l in data]
        count = sum(len(t) for t in truths)
        if count == 0:
            continue
        used, hits = [torch.zeros(len(t), dtype=torch.bool) for t in truths], []
        for image, _, _, box in sorted((f for f in found if f[1] == c), key=lambda f: -f[2]):
            overlap = pair_iou(truths[image], box) if len(truths[image]) else torch.zeros(0)
            overlap = overlap.masked_fill(used[image], -1)
            hit = len(overlap) > 0 and float(overlap.max()) >= threshold
            if hit:
                used[image][int(overlap.argmax())] = True
            hits.append(hit)
        tp = np.cumsum(hits) if hits else np.zeros(0)
        recall, precision = tp / count, tp / np.arange(1, len(tp) + 1)
        for i in range(len(precision) - 1, 0, -1):
            precision[i - 1] = max(precision[i - 1], precision[i])
        at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
        values.append(float(np.mean([precision[i] if i < len(precision) else 0 for i in at])))
    return float(np.mean(values)) if values else -1


@torch.no_grad()
def evaluate(net, data, a, classes):
    net.eval()
    found = []
    for i, (pixels, _, _) in enumerate(data):
        p = net(tensor_of([pixels]))[0]
        boxes, scores = decode(p, a), p[:, 4:].sigmoid()
        for c in range(classes):
            good = (scores[:, c] > 0.01).nonzero().flatten()
            for k in nms(boxes[good], scores[good, c]):
                found.append((i, c, float(scores[good[k], c]), boxes[good[k]]))
    net.train()
    return [average_precision(found, data, classes, 0.5 + 0.05 * k) for k in range(10)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coco", nargs=2, required=True, metavar=("TRAIN", "VAL"))
    parser.add_argument("--images", nargs=2, required=True, metavar=("TRAIN", "VAL"), help="image folders")
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    random.seed(o.seed)
    width, height = map(int, o.size.split("x"))
    train, ids = load(o.coco[0], o.images[0], width, height)
    val, _ = load(o.coco[1], o.images[1], width, height, ids)
    net = Net(len(ids)).to(memory_format=torch.channels_last)
    a = anchors(width, height)
    weights = [p for p in net.parameters() if p.dim() == 4]
    others = [p for p in net.parameters() if p.dim() != 4]
    adam = torch.optim.AdamW([{"params": weights, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}], lr=o.lr)
    warmup = min(100, o.steps // 5)
    start, order, seen = time.time(), [], 0.0
    for step in range(o.steps):
        lr = (o.lr * (step + 1) / (warmup + 1) if step < warmup else
              o.lr * (0.01 + 0.495 * (1 + math.cos(math.pi * (step - warmup) / max(o.steps - warmup, 1)))))
        for group in adam.param_groups:
            group["lr"] = lr
        pixels, truths = [], []
        for _ in range(o.batch):
            if not order:
                order = random.sample(range(len(train)), len(train))
            image, truth, labels = train[order.pop()]
            if random.random() < 0.5:
                image, truth = image[:, ::-1], torch.stack([width - truth[:, 2], truth[:, 1], width - truth[:, 0], truth[:, 3]], 1)
            pixels.append(image)
            truths.append((truth, labels))
        loss = loss_of(net(tensor_of(pixels).contiguous(memory_format=torch.channels_last)), a, truths)
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        adam.step()
        seen += float(loss)
    seconds = time.time() - start
    ap = evaluate(net, val, a, len(ids))
    print(json.dumps({"AP": sum(ap) / 10, "AP50": ap[0], "steps": o.steps, "seconds": seconds, "mean_loss": seen / o.steps,
                      "parameters": sum(p.numel() for p in net.parameters()),
                      "conditions": {"torch": torch.__version__, "threads": o.threads, "size": o.size, "batch": o.batch,
                                     "images": len(train), "validation_images": len(val), "machine": platform.processor()}}, indent=2))


if __name__ == "__main__":
    main()
