"""Writes schema_table.cpp: the forms that every operator of ai.onnx and ai.onnx.ml has had.

  make_schemas.py OUT

Read from the schemas of the onnx package (1.23.2). A form is what a node can say: how many inputs and outputs,
which attributes with which defaults. Versions that changed only element types are left out.
"""
import sys

from onnx import AttributeProto, defs

HEAD = """// Made by make_schemas.py from the operator schemas of onnx; do not edit.
#include "jetline/check/schema.h"

// clang-format off: one row a line
namespace jetline::check {
namespace {

// Attributes: name, then, where there is a default, '=' and it: i integer, f float, s string, I integers,
// F floats, S strings. Sorted by operator, domain and version.
const SchemaForm kForms[] = {
"""
ANY = 1000  # variadic


def literal(value):
    kind = AttributeProto.AttributeType.Name(value.type)
    if kind == "INT":
        return f"=i{value.i}"
    if kind == "FLOAT":
        return f"=f{value.f:.9g}"
    if kind == "STRING":
        return "=s" + value.s.decode()
    if kind == "INTS":
        return "=I" + ",".join(str(i) for i in value.ints)
    if kind == "FLOATS":
        return "=F" + ",".join(f"{f:.9g}" for f in value.floats)
    if kind == "STRINGS":
        return "=S" + ",".join(s.decode() for s in value.strings)
    return ""


def form(schema):
    attributes = []
    for name in sorted(schema.attributes):
        default = schema.attributes[name].default_value
        attributes.append(name + (literal(default) if default.name else ""))
    count = [min(n, ANY) for n in (schema.max_input, schema.max_output)]
    return (*count, ";".join(attributes))


def main(path):
    history = {}
    for s in defs.get_all_schemas_with_history():
        if s.domain in ("", "ai.onnx.ml"):
            history.setdefault((s.name, s.domain), []).append(s)
    with open(path, "w") as out:
        out.write(HEAD)
        for (op, domain), versions in sorted(history.items()):
            last = None
            for s in sorted(versions, key=lambda s: s.since_version):
                now = form(s)
                if now != last:
                    out.write(f'    {{"{op}", "{domain}", {s.since_version}, {now[0]}, {now[1]}, "{now[2]}"}},\n')
                last = now
        out.write("};\n\n}  // namespace\n\nSpan<const SchemaForm> schema_forms() {\n")
        out.write("  return {kForms, sizeof(kForms) / sizeof(SchemaForm)};\n}\n\n}  // namespace jetline::check\n")


if __name__ == "__main__":
    main(sys.argv[1])
