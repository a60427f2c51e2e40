"""Figures of pycocotools for the tests of jetline's metrics.

  coco_oracle.py judge TRUTH.json RESULTS.json   prints {"stats": [12], "per_class": [AP ...]}
  coco_oracle.py make SEED FOLDER [SCALE]        writes random truth.json and results.json (crowds, areas unlike the
                                                 box, equal scores, over 100 detections, empty classes and images)
  coco_oracle.py many SEED COUNT FOLDER          the same and the figures, in one process
  coco_oracle.py store                           writes the small cases beside this file, with their figures
"""
import contextlib
import io
import json
import os
import random
import sys


def judge(truth, results):
    import numpy as np
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO(truth)
        e = COCOeval(gt, gt.loadRes(results), "bbox")
        e.evaluate()
        e.accumulate()
        e.summarize()
    per = []
    for k in range(len(e.params.catIds)):
        p = e.eval["precision"][:, :, k, 0, -1]
        p = p[p > -1]
        per.append(float(np.mean(p)) if p.size else -1.0)
    return {"stats": [float(v) for v in e.stats], "per_class": per}


def make(seed, scale=1.0):
    r = random.Random(seed)
    classes = r.randint(1, 6)
    decimals = r.choice([0, 1, 2, 12])
    num = lambda v: round(v, decimals) if decimals else float(int(v))
    categories = [{"id": 2 * c + r.choice([1, 2]), "name": "c%d" % c} for c in range(classes)]
    images, annotations, results = [], [], []
    ids = r.sample(range(1, 100000), max(2, int(r.randint(4, 25) * scale)))
    empty_class = r.choice([None, categories[0]["id"]])
    for image_id in ids:
        w, h = r.randint(50, 640), r.randint(50, 480)
        images.append({"id": image_id, "file_name": "%d.jpg" % image_id, "width": w, "height": h})
        crowded = r.random() < 0.1 * scale
        for _ in range(0 if r.random() < 0.2 else r.randint(0, 12 if scale >= 1 else 4)):
            c = r.choice(categories)["id"]
            size = r.choice([20, 60, 400])
            bw, bh = num(r.uniform(2, size)), num(r.uniform(2, size))
            x, y = num(r.uniform(0, w)), num(r.uniform(0, h))
            area = bw * bh * (1 if r.random() < 0.5 else r.uniform(0.3, 1))
            if c != empty_class:
                annotations.append({"id": len(annotations) + 1, "image_id": image_id, "category_id": c,
                                    "bbox": [x, y, bw, bh], "area": area, "iscrowd": int(r.random() < 0.1)})
            for _ in range(r.choice([0, 1, 1, 2, 60 if crowded else 1])):
                j = r.choice([0, 0.02, 0.1, 0.3])
                d = [num(x + r.gauss(0, j) * bw), num(y + r.gauss(0, j) * bh),
                     num(max(1, bw * (1 + r.gauss(0, j)))), num(max(1, bh * (1 + r.gauss(0, j))))]
                score = r.choice([round(r.random(), 1), r.random()])
                dc = c if r.random() < 0.9 else r.choice(categories)["id"]
                results.append({"image_id": image_id, "category_id": dc, "bbox": d, "score": score})
        for _ in range(r.choice([0, 0, 3, 130 if crowded else 1])):
            results.append({"image_id": image_id, "category_id": r.choice(categories)["id"],
                            "bbox": [num(r.uniform(0, w)), num(r.uniform(0, h)), num(r.uniform(2, 200)),
                                     num(r.uniform(2, 200))], "score": round(r.random(), 2)})
    r.shuffle(results)
    if not results:
        results.append({"image_id": ids[0], "category_id": categories[0]["id"], "bbox": [1, 1, 5, 5], "score": 0.5})
    return {"images": images, "categories": categories, "annotations": annotations}, results


def write(path, value):
    with open(path, "w") as f:
        json.dump(value, f)


def make_files(seed, folder, scale=1.0):
    truth, results = make(seed, scale)
    paths = os.path.join(folder, "truth.json"), os.path.join(folder, "results.json")
    write(paths[0], truth)
    write(paths[1], results)
    return paths


def store():
    import tempfile
    here = os.path.dirname(os.path.abspath(__file__))
    for seed in range(1, 5):
        with tempfile.TemporaryDirectory() as folder:
            truth, results = make_files(seed, folder, 0.9)
            case = {"truth": json.load(open(truth)), "results": json.load(open(results))}
            case.update(judge(truth, results))
            with open(os.path.join(here, "coco_case_%d.json" % seed), "w") as f:
                json.dump(case, f, separators=(",", ":"))


if __name__ == "__main__":
    if sys.argv[1] == "judge":
        print(json.dumps(judge(sys.argv[2], sys.argv[3])))
    elif sys.argv[1] == "make":
        make_files(int(sys.argv[2]), sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 1.0)
    elif sys.argv[1] == "many":  # many SEED COUNT FOLDER: data and figures of COUNT cases in one process
        first, count, folder = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        for seed in range(first, first + count):
            sub = os.path.join(folder, str(seed))
            os.makedirs(sub)
            write(os.path.join(sub, "figures.json"), judge(*make_files(seed, sub)))
    else:
        store()
