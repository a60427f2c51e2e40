// Any text as a condition; one that parses is evaluated over facts of every kind, and its negation must come
// out as the opposite.
#include <cstdlib>

#include "jetline/targets/condition.h"

namespace {

// Answers depend on the arguments alone and take every kind, wrong ones too.
class SomeFacts : public jetline::targets::NodeFacts {
 public:
  jetline::targets::Operand fact(std::string_view name, int64_t index, int64_t second,
                                 std::string_view text) const override {
    using jetline::targets::OperandList;
    switch (
        (name.size() + static_cast<size_t>(index + 1000) + static_cast<size_t>(second + 1000) + text.size()) %
        7) {
      case 0:
        return {true};
      case 1:
        return {int64_t{3}};
      case 2:
        return {2.5};
      case 3:
        return {std::string("float")};
      case 4:
        return {OperandList{{int64_t{1}}, {}, {std::string("x")}}};
      case 5:
        return {OperandList{{int64_t{1}}, {int64_t{2}}}};
      default:
        return {};
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using jetline::targets::Condition;
  using jetline::targets::Truth;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto condition = Condition::parse(text);
  if (!condition.ok() || condition->text().empty()) return 0;
  const Truth truth = condition->evaluate(SomeFacts());
  const auto opposite = Condition::parse("!(" + condition->text() + ")");
  if (!opposite.ok()) return 0;  // grew too long or too deep
  const Truth other = opposite->evaluate(SomeFacts());
  if ((truth == Truth::kUnknown) != (other == Truth::kUnknown)) std::abort();
  if (truth != Truth::kUnknown && truth == other) std::abort();
  return 0;
}
