// Oracles that others wrote (NumPy, ONNX Runtime, onnx) run in the virtual environment that set-up makes for
// tests, build/venv. A test that needs one skips with a notice where it is absent.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/subprocess.h"

namespace jetline::testing {

inline std::string oracle_python() {
  return std::string(JETLINE_SOURCE_DIR) + "/build/venv/bin/python";
}

// Runs `script` with `arguments` in sys.argv[1:]; standard output, or a test failure with what it said.
inline std::string run_oracle(const std::string& script, const std::vector<std::string>& arguments) {
  ProcessSpec spec;
  spec.argv = {oracle_python(), "-c", script};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.timeout = 300 * kSecond;
  const auto r = real_process_runner().run(spec);
  if (!r.ok()) {
    ADD_FAILURE() << r.status().to_string();
    return "";
  }
  if (r->exit_code != 0) {
    const std::string& e = r->errors;
    ADD_FAILURE() << "the oracle ended with " << r->exit_code << ":\n"
                  << e.substr(e.size() > 2000 ? e.size() - 2000 : 0);
  }
  return r->output;
}

}  // namespace jetline::testing

#define JETLINE_REQUIRE_ORACLE()                                    \
  if (!::jetline::file_exists(::jetline::testing::oracle_python())) \
  GTEST_SKIP() << "notice: needs the Python oracles in build/venv"
