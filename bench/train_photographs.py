#!/usr/bin/env python3
"""`jetline train` on labelled photographs against the plain PyTorch loop of train_peer.py: same pictures, network,
steps and batch; one after the other. Prints one JSON object with both AP50 and their ratio.

  bench/train_photographs.py --jetline build/release/bin/jetline DATA --split train=160,val=40 --size 320x320 --steps 4000
  bench/train_photographs.py --jetline build/release/bin/jetline DATA --size 416x320 --steps 4000

Without --split the set's own train and val are used. The peer's Python needs PyTorch and Pillow (--python).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile


def call(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--split", help="for a set without its own, as `jetline data split` takes it")
    parser.add_argument("--size", default="320x320")
    parser.add_argument("--steps", default="4000")
    parser.add_argument("--batch", default="8")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--only", choices=["jetline", "peer"])
    o = parser.parse_args()
    shared = ["--size", o.size, "--steps", o.steps, "--batch", o.batch, "--seed", o.seed, "--threads", o.threads]
    with tempfile.TemporaryDirectory() as scratch:
        coco = os.path.join(scratch, "coco")
        if o.split:
            call([o.jetline, "data", "split", o.data, o.split, "--seed", o.seed, "-o", coco, "--to", "coco"])
        else:
            call([o.jetline, "data", "convert", o.data, "-o", coco, "--to", "coco"])
        labels = [os.path.join(coco, "annotations", f"instances_{s}.json") for s in ("train", "val")]
        folders = [os.path.join(coco, "images", s) for s in ("train", "val")]
        result = {"data": os.path.basename(os.path.normpath(o.data)), "size": o.size, "steps": int(o.steps)}
        if o.only != "peer":
            run = json.loads(call([o.jetline, "train", coco, "-o", os.path.join(scratch, "run"), "--json"] + shared))
            last = run["history"][-1]
            result["jetline"] = {"AP": last["AP"], "AP50": last["AP50"], "best": run["best"], "seconds": run["seconds"],
                                 "conditions": run["conditions"]}
        if o.only != "jetline":
            peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train_peer.py")
            result["peer"] = json.loads(call([o.python, peer, "--coco"] + labels + ["--images"] + folders + shared))
        if not o.only:
            # Last against last: neither side may pick the step that suits the judging pictures.
            result["AP50_ratio"] = result["jetline"]["AP50"] / max(result["peer"]["AP50"], 1e-9)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
