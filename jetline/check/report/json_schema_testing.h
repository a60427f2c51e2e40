// As much of JSON Schema as docs/check.schema.json uses: type, properties, required, items, enum, anyOf, $ref
// into $defs. Anything else in a schema is an error, so that the schema cannot say what is not checked.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace jetline::check::testing {

class JsonSchema {
 public:
  explicit JsonSchema(nlohmann::json root) : root_(std::move(root)) {}
  // "" when `value` is valid; else what is wrong and where.
  std::string errors(const nlohmann::json& value) const { return check(root_, value, "$"); }

 private:
  using Json = nlohmann::json;
  static bool is(const std::string& type, const Json& v) {
    if (type == "object") return v.is_object();
    if (type == "array") return v.is_array();
    if (type == "string") return v.is_string();
    if (type == "boolean") return v.is_boolean();
    if (type == "integer") return v.is_number_integer();
    if (type == "number") return v.is_number();
    return type == "null" && v.is_null();
  }
  std::string check(const Json& schema, const Json& v, const std::string& where) const {
    std::string out;
    for (const auto& [key, rule] : schema.items()) {
      if (key == "$ref") {
        out += check(root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), v, where);
      } else if (key == "type") {
        bool ok = false;
        for (const Json& t : rule.is_array() ? rule : Json::array({rule})) ok = ok || is(t, v);
        if (!ok) out += where + " is no " + rule.dump() + "\n";
      } else if (key == "required") {
        for (const Json& name : rule) {
          if (v.is_object() && !v.contains(name.get<std::string>()))
            out += where + " lacks " + name.dump() + "\n";
        }
      } else if (key == "properties") {
        for (const auto& [name, sub] : rule.items()) {
          if (v.is_object() && v.contains(name)) out += check(sub, v.at(name), where + "." + name);
        }
        for (auto it = v.begin(); v.is_object() && it != v.end(); ++it) {
          if (!rule.contains(it.key())) out += where + "." + it.key() + " is not in the schema\n";
        }
      } else if (key == "items") {
        for (size_t i = 0; v.is_array() && i < v.size(); ++i)
          out += check(rule, v[i], where + "[" + std::to_string(i) + "]");
      } else if (key == "enum") {
        bool ok = false;
        for (const Json& e : rule) ok = ok || e == v;
        if (!ok) out += where + " is none of " + rule.dump() + "\n";
      } else if (key == "anyOf") {
        bool ok = false;
        for (const Json& e : rule) ok = ok || check(e, v, where).empty();
        if (!ok) out += where + " fits nothing of anyOf\n";
      } else if (key != "$schema" && key != "title" && key != "description" && key != "$defs") {
        out += "the schema says '" + key + "', which nobody checks\n";
      }
    }
    return out;
  }
  nlohmann::json root_;
};

}  // namespace jetline::check::testing
