// Files written here against programs that others wrote: onnx's checker and shape inference, and ONNX
// Runtime.
#include <cstdio>
#include <cstdlib>

#include "jetline/base/testing.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/testing.h"
#include "tests/python_oracle.h"

namespace jetline {
namespace {

// Runs the oracle; the output ends up in the failure message.
std::string oracle_run(const std::string& arguments, int& code) {
  const std::string command = testing::oracle_python() + " " +
                              testing::source_path("jetline/graph/onnx_oracle.py") + " " + arguments +
                              " 2>&1";
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return "cannot run " + command;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  code = pclose(pipe);
  return out;
}

// Loads and saves each file, once as it is and once with inferred shapes, and lets the oracle compare.
void oracle_compare(const std::vector<std::string>& originals, const std::string& folder) {
  std::string list;
  for (size_t i = 0; i < originals.size(); ++i) {
    JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(originals[i]));
    const std::string saved = join_path(folder, "saved" + std::to_string(i) + ".onnx");
    JETLINE_ASSERT_OK(save_onnx(*model, saved));
    JETLINE_ASSERT_OK_AND_ASSIGN(auto again, load_onnx(saved));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string second, save_onnx_bytes(*again));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string first, read_file(saved));
    EXPECT_EQ(first == second, true) << originals[i] << " is not byte-stable";
    infer_shapes(*model);
    const std::string inferred = join_path(folder, "inferred" + std::to_string(i) + ".onnx");
    JETLINE_ASSERT_OK(save_onnx(*model, inferred));
    const MacCount macs = count_macs(*model);
    const bool exact = macs.exact && !macs.batch_as_one;
    list += originals[i] + "\t" + saved + "\t" + inferred + "\t" + (exact ? std::to_string(macs.macs) : "-") +
            "\n";
  }
  JETLINE_ASSERT_OK(write_file(join_path(folder, "list"), list));
  int code = -1;
  const std::string said = oracle_run("check " + join_path(folder, "list"), code);
  EXPECT_EQ(code, 0) << said;
  std::printf("%s", said.c_str());
}

TEST(OnnxOracle, OurModelsPassTheCheckerAndRun) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(save_onnx(*testing::small_network(), dir.file("small.onnx")));
  JETLINE_ASSERT_OK(save_onnx(*testing::branching_model(), dir.file("branching.onnx")));
  OnnxSaveOptions apart;
  apart.external = OnnxSaveOptions::External::kAlways;
  apart.external_threshold = 16;
  JETLINE_ASSERT_OK(save_onnx(*testing::small_network(), dir.file("apart.onnx"), real_file_system(), apart));
  oracle_compare({dir.file("small.onnx"), dir.file("branching.onnx"), dir.file("apart.onnx")}, dir.path());
}

TEST(OnnxOracle, ModelsMadeByOnnxKeepTheirMeaning) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  int code = -1;
  const std::string said = oracle_run("make " + dir.path(), code);
  ASSERT_EQ(code, 0) << said;
  std::vector<std::string> files;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto names, list_directory(dir.path()));
  for (const std::string& n : names) {
    if (file_extension_lower(n) == ".onnx") files.push_back(dir.file(n));
  }
  EXPECT_GE(files.size(), 12u);
  oracle_compare(files, dir.path());
}

TEST(OnnxOracle, RealModelsKeepTheirMeaning) {
  JETLINE_REQUIRE_TEST_DATA(folder, "onnx");
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  std::vector<std::string> files;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto all, list_files_recursive(folder));
  for (const std::string& f : all) {
    if (file_extension_lower(f) == ".onnx") files.push_back(f);
  }
  ASSERT_FALSE(files.empty());
  oracle_compare(files, dir.path());
}

TEST(OnnxOracle, RealModelsCutAnywhereAreRefused) {
  JETLINE_REQUIRE_TEST_DATA(path, "onnx/onnx_nanodet_m/nanodet_m_320.onnx");
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(path));
  auto owned = std::make_shared<const std::string>(bytes);
  for (size_t n = 0; n < bytes.size(); n += 64) {
    const auto cut = load_onnx_bytes(ByteView(testing::view_of(*owned).data(), n), owned);
    ASSERT_FALSE(cut.ok()) << n;
    ASSERT_EQ(cut.status().exit_code(), 3) << n;
  }
}

}  // namespace
}  // namespace jetline
