#!/usr/bin/env python3
"""Builds a TensorRT plan of every model in a folder at several precisions, compares its outputs with stored ones,
and times jetline's session against a bare loop. Needs a GPU, TensorRT and a jetline with its tensorrt module.

MODELS holds one folder a model: model.onnx, inputs.npz, outputs.npz (ONNX Runtime's outputs for those inputs), and
`shapes` with NAME=1x3x224x224 where the model leaves them open. Each job (model x precision) prints one line of JSON
and has its own time limit; jobs that the results file already holds are left out, so that a run can be resumed.
Builds run side by side, one of a model at a time with that model's timing cache; what is timed runs alone afterwards.
"""
import argparse
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import time

PRECISIONS = {
    "fp32": ["--precision", "fp32"],
    "tf32": ["--precision", "tf32"],
    "fp16": ["--precision", "fp16"],
    "strong": ["--strongly-typed"],
}


def run(command, limit):
    """Exit code, standard output, standard error, seconds; a job over its limit is told to stop, then ended."""
    begun = time.time()
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = p.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        p.send_signal(signal.SIGINT)
        try:
            out, err = p.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
    return p.returncode, out, err, time.time() - begun


def last_json(text):
    for line in reversed(text.strip().splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    try:
        return json.loads(text)
    except ValueError:
        return None


class Jobs:
    def __init__(self, args):
        self.args = args
        self.done = set()
        if os.path.exists(args.out):
            for line in open(args.out):
                row = json.loads(line)
                self.done.add((row["job"], row["model"], row["precision"]))
        self.out = open(args.out, "a")

    def emit(self, **row):
        row["date"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = json.dumps(row)
        print(line[:600], flush=True)
        self.out.write(line + "\n")
        self.out.flush()

    def plan(self, model, precision):
        return os.path.join(self.args.work, f"{model}.{precision}.plan")

    def build(self, model, precision):
        if ("build", model, precision) in self.done:
            return
        folder = os.path.join(self.args.models, model)
        command = [self.args.jetline, "build", folder + "/model.onnx", "-o", self.plan(model, precision), "--rebuild",
                   "--json", "--samples", folder, "--tolerance", "1e9", "--timing-cache",
                   os.path.join(self.args.work, model + ".times"), *PRECISIONS[precision]]
        if self.args.level is not None:
            command += ["--level", str(self.args.level)]
        if os.path.exists(folder + "/shapes"):
            command += ["--shapes", open(folder + "/shapes").read().strip()]
        code, out, err, seconds = run(command, self.args.limit)
        r = last_json(out) or {}
        row = {"job": "build", "model": model, "precision": precision, "exit": code, "seconds": round(seconds, 2)}
        if "plan" in r:
            row.update(build_seconds=r["build_seconds"], bytes=r["bytes"], layers=r["layers"], attempts=r["attempts"],
                       level=r["level"], gpu=r["gpu"], tensorrt=r["tensorrt"], notes=r["notes"],
                       verified=r["verified"].get("outputs"), worst=r["verified"].get("worst"))
        else:
            row.update(error=r.get("error"), stderr=err[-400:])
        self.emit(**row)

    def build_model(self, model):
        for precision in self.args.precisions:
            if time.time() < self.args.deadline:
                self.build(model, precision)

    def loop(self, model, precision):
        if ("loop", model, precision) in self.done or not os.path.exists(self.plan(model, precision)):
            return
        code, out, err, seconds = run([self.args.loop, self.plan(model, precision), str(self.args.rounds),
                                       str(self.args.runs)], 60)
        row = {"job": "loop", "model": model, "precision": precision, "exit": code, "seconds": round(seconds, 2)}
        r = last_json(out)
        row.update({"us": r["us"], "rounds": r["rounds"], "runs": r["runs_per_round"]} if r else {"stderr": err[-400:]})
        self.emit(**row)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models")
    p.add_argument("--jetline", required=True)
    p.add_argument("--loop", help="the program plan_loop; without it nothing is timed")
    p.add_argument("--work", required=True, help="folder for plans and timing caches")
    p.add_argument("--out", required=True, help="results, one line of JSON a job")
    p.add_argument("--only", nargs="*", help="models")
    p.add_argument("--precisions", nargs="*", default=list(PRECISIONS))
    p.add_argument("--level", type=int)
    p.add_argument("--workers", type=int, default=4)
    p.add_argument("--limit", type=float, default=150, help="seconds a job")
    p.add_argument("--budget", type=float, default=1e9, help="seconds after which no build begins")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--runs", type=int, default=100)
    args = p.parse_args()
    args.deadline = time.time() + args.budget
    os.makedirs(args.work, exist_ok=True)
    jobs = Jobs(args)
    models = args.only or sorted(m for m in os.listdir(args.models) if os.path.isdir(os.path.join(args.models, m)))
    with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
        list(pool.map(jobs.build_model, models))
    for precision in args.precisions if args.loop else []:
        for model in models:
            jobs.loop(model, precision)
    return 0


if __name__ == "__main__":
    sys.exit(main())
