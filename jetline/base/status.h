// Errors as values. A Status is OK or carries what a person needs to act: a stable dotted id
// (`onnx.truncated`), what happened and to what, what to do next, and where. No exception crosses a public
// function of jetline; functions that can fail return Status or Result<T>.
//
// Thread rules: a Status is an immutable value, cheap to copy, safe to share. OK costs one null pointer.
// Ids are documented in docs/errors.md (a test keeps that list complete).
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace jetline {

// What kind of failure; decides the exit code of the program.
enum class ErrorKind {
  kOk = 0,
  kNegative = 1,   // the work was done and the answer is "no" (check failed, files skipped, gate missed)
  kUsage = 2,      // the caller asked for something that makes no sense
  kBadInput = 3,   // a file or a value from outside is broken, missing or hostile
  kMissing = 4,    // a dependency, module or device is not there
  kInternal = 5,   // our bug
  kCancelled = 130 // stopped by the user
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK

  // `id` is a stable dotted name, `message` says what happened and to what, `hint` what to do next (may be
  // empty), `where` a file, node or line (may be empty).
  static Status negative(std::string_view id, std::string message, std::string hint = {}, std::string where = {});
  static Status usage(std::string_view id, std::string message, std::string hint = {}, std::string where = {});
  static Status bad_input(std::string_view id, std::string message, std::string hint = {}, std::string where = {});
  static Status missing(std::string_view id, std::string message, std::string hint = {}, std::string where = {});
  static Status internal(std::string_view id, std::string message, std::string hint = {}, std::string where = {});
  static Status cancelled(std::string message = "stopped by the user");
  static Status make(ErrorKind kind, std::string_view id, std::string message, std::string hint = {},
                     std::string where = {});

  bool ok() const { return rep_ == nullptr; }
  ErrorKind kind() const { return rep_ ? rep_->kind : ErrorKind::kOk; }
  int exit_code() const { return static_cast<int>(kind()); }
  const std::string& id() const;
  const std::string& message() const;
  const std::string& hint() const;
  const std::string& where() const;

  // "id: message (where); hint". For logs and tests; the program formats its own lines.
  std::string to_string() const;

  // The same failure with `where` set when it was empty, so that a caller who knows the file can add it.
  Status at(std::string where) const;

 private:
  struct Rep {
    ErrorKind kind;
    std::string id, message, hint, where;
  };
  std::shared_ptr<const Rep> rep_;
};

// A T or the Status that says why there is none. Never holds an OK status without a value.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::move(value)) {}  // NOLINT(google-explicit-constructor): return value;
  Result(Status status) : v_(std::move(status)) {  // NOLINT(google-explicit-constructor): return status;
    assert(!std::get<Status>(v_).ok() && "a Result without a value needs an error");
  }

  bool ok() const { return std::holds_alternative<T>(v_); }
  Status status() const { return ok() ? Status() : std::get<Status>(v_); }

  // Precondition: ok().
  T& value() & { assert(ok()); return std::get<T>(v_); }
  const T& value() const& { assert(ok()); return std::get<T>(v_); }
  T&& value() && { assert(ok()); return std::get<T>(std::move(v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const { return ok() ? value() : std::move(other); }

 private:
  std::variant<Status, T> v_;
};

#define JETLINE_CONCAT_INNER(a, b) a##b
#define JETLINE_CONCAT(a, b) JETLINE_CONCAT_INNER(a, b)

// Returns the Status of `expr` from the enclosing function unless it is OK.
#define JETLINE_RETURN_IF_ERROR(expr)                            \
  do {                                                           \
    ::jetline::Status jetline_status_ = (expr);                  \
    if (!jetline_status_.ok()) return jetline_status_;           \
  } while (false)

// `JETLINE_ASSIGN_OR_RETURN(auto x, f());` takes the value out of a Result or returns its Status.
#define JETLINE_ASSIGN_OR_RETURN(lhs, expr) \
  JETLINE_ASSIGN_OR_RETURN_IMPL(JETLINE_CONCAT(jetline_result_, __LINE__), lhs, expr)
#define JETLINE_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return tmp.status();                 \
  lhs = std::move(tmp).value()

}  // namespace jetline
