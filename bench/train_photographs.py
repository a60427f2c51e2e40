#!/usr/bin/env python3
"""`jetline train` on labelled photographs against the plain PyTorch loop of train_peer.py: same pictures, network,
steps and batch. Prints one JSON object with both AP50, their ratio and jetline's time.

  bench/train_photographs.py --jetline build/release/bin/jetline DATA --split train=160,val=40 --size 320x320 --steps 4000
  bench/train_photographs.py --jetline build/release/bin/jetline DATA --size 416x320 --steps 4000

Without --split the set's own train and val are used. The peer's Python needs PyTorch and Pillow (--python).

One side runs after the other, or both --at-once where there are cores for it: jetline is then held on the first
--threads of the cores this program may use, the peer on all others with as many threads (its time is not compared).
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time


def call(argv, cores=None):
    """Standard output of a program that may run on `cores` only, and the seconds of the whole process."""
    start = time.monotonic()
    hold = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, preexec_fn=hold)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}")
    return done.stdout, time.monotonic() - start


def jetline_side(o, coco, scratch, cores):
    out, seconds = call([o.jetline, "train", coco, "-o", os.path.join(scratch, "run"), "--json", "--threads", o.threads]
                        + shared_options(o), cores)
    run = json.loads(out)
    last = run["history"][-1]
    return {"AP": last["AP"], "AP50": last["AP50"], "best": run["best"], "seconds": run["seconds"],
            "process_seconds": seconds, "cores": len(cores or os.sched_getaffinity(0)), "conditions": run["conditions"]}


def peer_side(o, coco, cores):
    labels = [os.path.join(coco, "annotations", f"instances_{s}.json") for s in ("train", "val")]
    folders = [os.path.join(coco, "images", s) for s in ("train", "val")]
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train_peer.py")
    threads = str(len(cores)) if cores else o.threads
    out, _ = call([o.python, peer, "--coco"] + labels + ["--images"] + folders + ["--threads", threads] + shared_options(o),
                  cores)
    return json.loads(out)


def shared_options(o):
    return ["--size", o.size, "--steps", o.steps, "--batch", o.batch, "--seed", o.seed]


def core_shares(o):
    """Cores of jetline and of the peer; None is all of them."""
    if not o.at_once:
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) <= int(o.threads):
        sys.exit(f"--at-once needs more cores than jetline's {o.threads}; this program may use {len(cores)}")
    return cores[:int(o.threads)], cores[int(o.threads):]


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
    parser.add_argument("--at-once", action="store_true", help="both sides at the same time, on cores of their own")
    o = parser.parse_args()
    mine, others = core_shares(o)
    with tempfile.TemporaryDirectory() as scratch:
        coco = os.path.join(scratch, "coco")
        if o.split:
            call([o.jetline, "data", "split", o.data, o.split, "--seed", o.seed, "-o", coco, "--to", "coco"])
        else:
            call([o.jetline, "data", "convert", o.data, "-o", coco, "--to", "coco"])
        result = {"data": os.path.basename(os.path.normpath(o.data)), "size": o.size, "steps": int(o.steps),
                  "seed": int(o.seed), "cores_of_machine": os.cpu_count(), "at_once": o.at_once}
        with concurrent.futures.ThreadPoolExecutor(2 if o.at_once else 1) as pool:
            sides = {}
            if o.only != "peer":
                sides["jetline"] = pool.submit(jetline_side, o, coco, scratch, mine)
            if o.only != "jetline":
                sides["peer"] = pool.submit(peer_side, o, coco, others)
            result.update((name, side.result()) for name, side in sides.items())
        if not o.only:
            # Last against last: neither side may pick the step that suits the judging pictures.
            result["AP50_ratio"] = result["jetline"]["AP50"] / max(result["peer"]["AP50"], 1e-9)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
