#include "jetline/importers/tensorflow/symbol.h"

namespace jetline::tf {

namespace {
template <typename T>
std::shared_ptr<const void> symbol_share(T t) {
  return std::make_shared<const T>(std::move(t));
}
}  // namespace

Symbol Symbol::strings(Tensor t) {
  Symbol s;
  s.kind_ = Kind::kStrings;
  s.object_ = symbol_share(std::move(t));
  return s;
}

Symbol Symbol::unknown_strings() {
  Symbol s;
  s.kind_ = Kind::kStrings;
  return s;
}

Symbol Symbol::of(std::shared_ptr<const Resource> r) {
  Symbol s;
  s.kind_ = r ? Kind::kResource : Kind::kNone;
  s.object_ = std::move(r);
  return s;
}

Symbol Symbol::of(std::shared_ptr<const ListState> l) {
  Symbol s;
  s.kind_ = l ? Kind::kList : Kind::kNone;
  s.object_ = std::move(l);
  return s;
}

Symbol Symbol::dead() {
  Symbol s;
  s.kind_ = Kind::kDead;
  return s;
}

Symbol Symbol::unwanted() {
  Symbol s;
  s.kind_ = Kind::kUnwanted;
  return s;
}

Symbol Symbol::token() {
  Symbol s;
  s.kind_ = Kind::kToken;
  return s;
}

std::shared_ptr<const Resource> Symbol::resource() const {
  return kind_ == Kind::kResource ? std::static_pointer_cast<const Resource>(object_) : nullptr;
}

std::shared_ptr<const ListState> Symbol::list() const {
  return kind_ == Kind::kList ? std::static_pointer_cast<const ListState>(object_) : nullptr;
}

}  // namespace jetline::tf
