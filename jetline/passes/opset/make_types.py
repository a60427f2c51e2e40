"""Writes types.cpp: which element types an operator's inputs gained at each opset, and when operators began.

  make_types.py OUT

Read from the schemas of the onnx package (1.23.2), opset 9 to 24, and what began later.
"""
import sys

from onnx import TensorProto, defs

FIRST, LAST, NEWEST = 9, 24, 28
HEAD = """// Made by make_types.py from the operator schemas of onnx; do not edit.
#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

"""


def elements(constraint):
    """Bits of the element types among a schema's type strings."""
    mask = 0
    for text in constraint:
        inner = text[text.rindex("(") + 1 :].rstrip(")") if "(" in text else text
        number = TensorProto.DataType.DESCRIPTOR.values_by_name.get(inner.upper())
        if number is not None and text.startswith("tensor("):
            mask |= 1 << number.number
    return mask


def main(path):
    history = {}
    for s in defs.get_all_schemas_with_history():
        if s.domain == "" and s.since_version <= NEWEST:
            history.setdefault(s.name, []).append(s)
    begins, gains = [], []
    for name in sorted(history):
        versions = sorted(history[name], key=lambda s: s.since_version)
        if versions[0].since_version > FIRST:
            begins.append((name, versions[0].since_version))
        for before, after in zip(versions, versions[1:]):
            if after.since_version <= FIRST or after.since_version > LAST:
                continue
            for i, (a, b) in enumerate(zip(before.inputs, after.inputs)):
                old, new = elements(a.types), elements(b.types)
                if new & ~old:
                    gains.append((name, after.since_version, i, old))
    with open(path, "w") as f:
        f.write(HEAD)
        f.write("const Begin kBegins[] = {\n")
        f.writelines(f'    {{"{n}", {v}}},\n' for n, v in begins)
        f.write("};\n\nconst Gain kGains[] = {\n")
        f.writelines(f'    {{"{n}", {v}, {i}, 0x{m:x}}},\n' for n, v, i, m in gains)
        f.write("};\n\n}  // namespace\n\nSpan<const Begin> begins() {\n  return {kBegins, sizeof(kBegins) / sizeof(Begin)};\n}\n\n")
        f.write("Span<const Gain> gains() {\n  return {kGains, sizeof(kGains) / sizeof(Gain)};\n}\n\n}  // namespace jetline::passes::opset\n")


if __name__ == "__main__":
    main(sys.argv[1])
