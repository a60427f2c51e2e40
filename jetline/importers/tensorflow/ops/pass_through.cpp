// Operators that hand their inputs on, and those that only order or check and vanish.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_identity(OpContext& c) {
  if (c.inputs() == 0) return c.wrong_input(0);
  return c.set(0, c.in(0));
}

Status convert_identity_n(OpContext& c) {
  for (size_t i = 0; i < c.inputs(); ++i) {
    Status set = c.set(i, c.in(i));
    if (!set.ok()) return set;
  }
  return Status();
}

// The stream of values that control edges carry; nothing reads it.
Status convert_nothing(OpContext& c) {
  return c.set(0, Symbol::token());
}

// Real parts of real numbers.
Status convert_real(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (is_complex(c.dtype(x))) return c.unsupported("complex numbers");
  return c.set(0, x);
}

// A device's number in a list of names: the model runs where it runs, which is no listed device.
Status convert_device_index(OpContext& c) {
  const Attr* names = c.attr("device_names");
  const auto list = names ? names->strings() : std::vector<std::string_view>();
  int64_t at = static_cast<int64_t>(list.size());
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i] == "CPU") at = static_cast<int64_t>(i);
  return c.set(0, c.int_scalar(at, DType::kI32));
}

constexpr const char* kVanishes = "vanishes";
constexpr const char* kBelieved = "hands its input on; nothing is checked when the model runs";

const OpRule kPassThroughRules[] = {
    {"Abort", convert_nothing, "", kVanishes},
    {"Assert", convert_nothing, "", kVanishes},
    {"CheckNumerics", convert_identity, "", kBelieved},
    {"CheckNumericsV2", convert_identity, "", kBelieved},
    {"Conj", convert_real, "", "real numbers"},
    {"ControlTrigger", convert_nothing, "", kVanishes},
    {"Copy", convert_identity},
    {"CopyHost", convert_identity},
    {"DebugIdentity", convert_identity},
    {"DebugIdentityV2", convert_identity},
    {"DebugGradientIdentity", convert_identity},
    {"DeepCopy", convert_identity},
    {"DeviceIndex", convert_device_index, "", "the CPU's number"},
    {"GuaranteeConst", convert_identity},
    {"Identity", convert_identity},
    {"IdentityN", convert_identity_n, "output*T[]"},
    {"NoOp", convert_nothing, "", kVanishes},
    {"PlaceholderWithDefault", convert_identity, "", "the default, unless it is asked for as an input"},
    {"PreventGradient", convert_identity},
    {"Print", convert_identity, "", "prints nothing"},
    {"PrintV2", convert_nothing, "", kVanishes},
    {"Real", convert_real, "", "real numbers"},
    {"RefIdentity", convert_identity},
    {"Snapshot", convert_identity},
    {"StopGradient", convert_identity},
    {"XlaOptimizationBarrier", convert_identity_n, "output*T[]"},
    {"_EagerConst", convert_identity},
};
}  // namespace

Span<const OpRule> pass_through_rules() {
  return {kPassThroughRules, sizeof(kPassThroughRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
