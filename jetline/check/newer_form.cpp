#include "jetline/check/newer_form.h"

namespace jetline::check {
namespace {

// True when a rule of this release asks about `what`, e.g. "'antialias'" or "present(3)".
bool newer_form_ruled(const Subject& s, const targets::Version& trt, const std::string& what) {
  for (const targets::Rule& r : s.knowledge->rules) {
    if (r.trt.holds(trt) && r.when.text().find(what) != std::string::npos) return true;
  }
  return false;
}

bool same_operand(const targets::Operand& a, const targets::Operand& b) {
  if (a.value.index() != b.value.index()) return false;
  if (const auto* list = std::get_if<targets::OperandList>(&a.value)) {
    const auto& other = std::get<targets::OperandList>(b.value);
    if (list->size() != other.size()) return false;
    for (size_t i = 0; i < list->size(); ++i) {
      if (!same_operand((*list)[i], other[i])) return false;
    }
    return true;
  }
  if (const auto* v = std::get_if<int64_t>(&a.value)) return *v == std::get<int64_t>(b.value);
  if (const auto* v = std::get_if<double>(&a.value)) return *v == std::get<double>(b.value);
  if (const auto* v = std::get_if<std::string>(&a.value)) return *v == std::get<std::string>(b.value);
  return true;
}

}  // namespace

std::optional<Finding> newer_form(const Subject& s, const targets::Release& release,
                                  const targets::Version& tensorrt) {
  if (!s.domain.empty() || s.form->since <= release.max_opset || release.max_opset <= 0) return std::nullopt;
  const SchemaForm* old = find_form("", s.op, release.max_opset);
  if (!old) return std::nullopt;  // newer than the release altogether; that there is an importer settles it
  std::string what;
  for (const Attribute& a : s.node->attributes()) {
    if (!form_has_attribute(*s.form, a.name()) || form_has_attribute(*old, a.name())) continue;
    if (newer_form_ruled(s, tensorrt, "'" + a.name() + "'")) continue;
    what = "the attribute '" + a.name() + "'";
  }
  for (size_t i = static_cast<size_t>(old->max_inputs); i < s.node->inputs().size(); ++i) {
    if (!s.node->input(i) || newer_form_ruled(s, tensorrt, "(" + std::to_string(i) + ")")) continue;
    what = "input " + std::to_string(i);
  }
  // A default that changed: what the node leaves unsaid is read differently.
  std::string_view names = old->attributes;
  while (what.empty() && !names.empty()) {
    const size_t end = std::min(names.find(';'), names.size());
    const std::string name(names.substr(0, std::min(names.substr(0, end).find('='), end)));
    names.remove_prefix(std::min(end + 1, names.size()));
    if (s.node->attribute(name) || !form_has_attribute(*s.form, name)) continue;
    if (same_operand(attribute_default(*old, name), attribute_default(*s.form, name))) continue;
    if (!newer_form_ruled(s, tensorrt, "'" + name + "'")) what = "the default of '" + name + "'";
  }
  if (what.empty()) return std::nullopt;
  Finding f;
  f.id = "trt.newer-form";
  f.effect = targets::Effect::kWrong;
  f.unknown = true;
  f.proof = targets::Proof::kInferred;
  f.source = release.source;
  f.message = what + " of " + s.op + " came with opset " + std::to_string(s.form->since) + "; TensorRT " +
              tensorrt.to_string() + " documents opset " + std::to_string(release.max_opset) +
              " and may ignore it";
  f.hint = "convert the model to opset " + std::to_string(release.max_opset);
  f.fix = "opset-down";
  return f;
}

}  // namespace jetline::check
