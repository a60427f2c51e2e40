// Walks through an ONNX model: 02_inspect_model MODEL.onnx
//
// The graph is an intermediate representation with typed values and nodes; weights stay in the mapped file.
#include <cstdio>
#include <map>

#include "jetline/graph/inspect.h"

int main(int argc, char** argv) {
  using namespace jetline;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s MODEL.onnx\n", argv[0]);
    return 2;
  }
  std::unique_ptr<Model> model;
  const auto summary = inspect_model(argv[1], &model);
  if (!summary.ok()) {
    std::fprintf(stderr, "%s\n", summary.status().to_string().c_str());
    return summary.status().exit_code();
  }
  std::printf("%lld nodes, %lld parameters\n", static_cast<long long>(summary->nodes),
              static_cast<long long>(summary->parameters));
  for (const auto& [op, count] : summary->ops)
    std::printf("%6lld %s\n", static_cast<long long>(count), op.c_str());
  // Every node knows its inputs, and every value its uses.
  const Value* most_used = nullptr;
  for (const Value* input : model->graph().inputs()) {
    if (!most_used || input->uses().size() > most_used->uses().size()) most_used = input;
  }
  if (most_used)
    std::printf("input %s is read by %zu nodes\n", most_used->name().c_str(), most_used->uses().size());
  return 0;
}
