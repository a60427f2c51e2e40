#include "jetline/base/status.h"

namespace jetline {
namespace {
const std::string& empty_string() {
  static const std::string* const kEmpty = new std::string();
  return *kEmpty;
}
}  // namespace

Status Status::make(ErrorKind kind, std::string_view id, std::string message, std::string hint, std::string where) {
  assert(kind != ErrorKind::kOk);
  Status s;
  s.rep_ = std::make_shared<const Rep>(
      Rep{kind, std::string(id), std::move(message), std::move(hint), std::move(where)});
  return s;
}

Status Status::negative(std::string_view id, std::string message, std::string hint, std::string where) {
  return make(ErrorKind::kNegative, id, std::move(message), std::move(hint), std::move(where));
}
Status Status::usage(std::string_view id, std::string message, std::string hint, std::string where) {
  return make(ErrorKind::kUsage, id, std::move(message), std::move(hint), std::move(where));
}
Status Status::bad_input(std::string_view id, std::string message, std::string hint, std::string where) {
  return make(ErrorKind::kBadInput, id, std::move(message), std::move(hint), std::move(where));
}
Status Status::missing(std::string_view id, std::string message, std::string hint, std::string where) {
  return make(ErrorKind::kMissing, id, std::move(message), std::move(hint), std::move(where));
}
Status Status::internal(std::string_view id, std::string message, std::string hint, std::string where) {
  return make(ErrorKind::kInternal, id, std::move(message), std::move(hint), std::move(where));
}
Status Status::cancelled(std::string message) {
  return make(ErrorKind::kCancelled, "cancelled", std::move(message));
}

const std::string& Status::id() const { return rep_ ? rep_->id : empty_string(); }
const std::string& Status::message() const { return rep_ ? rep_->message : empty_string(); }
const std::string& Status::hint() const { return rep_ ? rep_->hint : empty_string(); }
const std::string& Status::where() const { return rep_ ? rep_->where : empty_string(); }

std::string Status::to_string() const {
  if (ok()) return "ok";
  std::string s = rep_->id + ": " + rep_->message;
  if (!rep_->where.empty()) s += " (" + rep_->where + ")";
  if (!rep_->hint.empty()) s += "; " + rep_->hint;
  return s;
}

Status Status::at(std::string where) const {
  if (ok() || !rep_->where.empty()) return *this;
  return make(rep_->kind, rep_->id, rep_->message, rep_->hint, std::move(where));
}

}  // namespace jetline
