#include "jetline/check/schema.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "jetline/base/strings.h"

namespace jetline::check {
namespace {

using targets::Operand;

// The text behind `attribute`'s name in a form, "" when it has none; `found` tells whether it is there.
std::string_view schema_entry(const SchemaForm& form, std::string_view attribute, bool& found) {
  std::string_view rest = form.attributes;
  found = false;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    const size_t equals = std::min(entry.find('='), entry.size());
    if (entry.substr(0, equals) == attribute) {
      found = true;
      return equals < entry.size() ? entry.substr(equals + 1) : std::string_view();
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Operand schema_scalar(char kind, const std::string& text) {
  if (kind == 'i' || kind == 'I') return {int64_t{std::strtoll(text.c_str(), nullptr, 10)}};
  if (kind == 'f' || kind == 'F') return {std::strtod(text.c_str(), nullptr)};
  return {text};
}

}  // namespace

const SchemaForm* find_form(std::string_view domain, std::string_view op, int64_t version) {
  const Span<const SchemaForm> all = schema_forms();
  const auto before = [](const SchemaForm& f, const std::pair<std::string_view, std::string_view>& key) {
    const int order = std::string_view(f.op).compare(key.first);
    return order < 0 || (order == 0 && f.domain < key.second);
  };
  const auto* at = std::lower_bound(all.begin(), all.end(), std::make_pair(op, domain), before);
  const SchemaForm* best = nullptr;
  for (; at != all.end() && at->op == op && at->domain == domain; ++at) {
    if (version <= 0 || at->since <= version) best = at;
  }
  return best;
}

bool form_has_attribute(const SchemaForm& form, std::string_view attribute) {
  bool found = false;
  schema_entry(form, attribute, found);
  return found;
}

Operand attribute_default(const SchemaForm& form, std::string_view attribute) {
  bool found = false;
  const std::string_view text = schema_entry(form, attribute, found);
  if (text.empty()) return {};
  const char kind = text[0];
  const std::string body(text.substr(1));
  if (kind == 'i' || kind == 'f' || kind == 's') return schema_scalar(kind, body);
  targets::OperandList list;
  if (!body.empty()) {
    for (const std::string& word : split(body, ',')) list.push_back(schema_scalar(kind, word));
  }
  return {list};
}

}  // namespace jetline::check
