#include "jetline/graph/attribute.h"

#include "jetline/graph/graph.h"

namespace jetline {
namespace {
// Kind of each alternative of Attribute::Storage, in its order.
constexpr Attribute::Kind kStorageKinds[] = {
    Attribute::Kind::kUndefined,     Attribute::Kind::kFloat,     Attribute::Kind::kInt,
    Attribute::Kind::kString,        Attribute::Kind::kTensor,    Attribute::Kind::kGraph,
    Attribute::Kind::kFloats,        Attribute::Kind::kInts,      Attribute::Kind::kStrings,
    Attribute::Kind::kTensors,       Attribute::Kind::kGraphs,    Attribute::Kind::kSparseTensor,
    Attribute::Kind::kSparseTensors, Attribute::Kind::kTypeProto, Attribute::Kind::kTypeProtos,
};
static_assert(sizeof(kStorageKinds) / sizeof(kStorageKinds[0]) == std::variant_size_v<Attribute::Storage>,
              "one kind for each alternative");
}  // namespace

Attribute::Attribute(std::string name, Storage value)
    : name_(std::move(name)), kind_(kStorageKinds[value.index()]), value_(std::move(value)) {}

Attribute Attribute::reference(std::string name, std::string referred, Kind kind) {
  Attribute a(std::move(name), Storage());
  a.referred_ = std::move(referred);
  a.kind_ = kind;
  return a;
}

Attribute::Attribute(Attribute&&) noexcept = default;
Attribute& Attribute::operator=(Attribute&&) noexcept = default;
Attribute::~Attribute() = default;

Graph* Attribute::as_graph() const {
  const GraphPtr* g = std::get_if<GraphPtr>(&value_);
  return g ? g->get() : nullptr;
}

std::vector<Graph*> Attribute::graphs() const {
  std::vector<Graph*> out;
  if (const GraphPtr* one = std::get_if<GraphPtr>(&value_)) out.push_back(one->get());
  if (const auto* many = std::get_if<std::vector<GraphPtr>>(&value_)) {
    for (const GraphPtr& g : *many) out.push_back(g.get());
  }
  return out;
}

}  // namespace jetline
