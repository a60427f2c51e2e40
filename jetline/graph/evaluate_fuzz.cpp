// Any bytes as an ONNX model whose inputs are made up: evaluation under small limits ends with results or a
// Status, and every result has the bytes that its type and shape need.
#include <cstdlib>

#include "jetline/graph/evaluate/call.h"
#include "jetline/graph/onnx_file.h"

namespace {

// A tensor of the declared type, open dimensions as 2; an empty Item for other kinds or large shapes.
jetline::calc::Item made_up_input(const jetline::ValueType& type) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  if (!type.is_tensor()) return calc::Item::sequence({});
  std::vector<int64_t> dims = type.dims();
  int64_t n = 1;
  for (int64_t& d : dims) {
    if (d < 0) d = 2;
    if (d > 64 || (n *= d) > 4096) return {};
  }
  if (type.dtype == DType::kString) {
    auto t = Tensor::of_strings(dims, std::vector<std::string>(static_cast<size_t>(n), "a b"));
    return t.ok() ? calc::Item(std::move(t).value()) : calc::Item();
  }
  std::vector<uint8_t> bytes(static_cast<size_t>(dtype_bytes(type.dtype, n)));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i % 3 == 0 ? 1 : 0);
  auto t = Tensor::own(type.dtype, dims, std::move(bytes));
  return t.ok() ? calc::Item(std::move(t).value()) : calc::Item();
}

void check_item(const jetline::calc::Item& item) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  if (item.items) {
    for (const calc::Item& part : *item.items) check_item(part);
  }
  if (item.kind != calc::Item::Kind::kTensor) return;
  const Tensor& t = item.tensor;
  const int64_t n = t.count();
  if (n < 0) std::abort();
  if (t.dtype() == DType::kString ? static_cast<uint64_t>(n) != t.strings().size()
                                  : static_cast<uint64_t>(dtype_bytes(t.dtype(), n)) != t.bytes().size()) {
    if (t.dtype() != DType::kUndefined) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  auto model = load_onnx_bytes(ByteView(data, size), nullptr);
  if (!model.ok()) return 0;
  EvaluateOptions limits;
  limits.max_output_bytes = 1 << 16;
  limits.max_live_bytes = 1 << 20;
  limits.max_work = 1 << 20;
  calc::ItemMap inputs;
  for (const Value* v : (*model)->graph().free_inputs()) inputs.emplace(v, made_up_input(v->type));
  const auto results = calc::evaluate_items((*model)->graph(), std::move(inputs), limits);
  if (results.ok()) {
    for (const calc::Item& item : *results) check_item(item);
  }
  // Each node alone, with what is constant among its inputs.
  for (const auto& node : (*model)->graph().nodes()) {
    std::vector<const Tensor*> constants;
    for (const Value* v : node->inputs()) constants.push_back(v ? v->initializer() : nullptr);
    const auto alone = evaluate_node(*node, constants, (*model)->opset(node->domain()), limits);
    if (alone.ok()) {
      for (const Tensor& t : *alone) check_item(calc::Item(t));
    }
  }
  return 0;
}
