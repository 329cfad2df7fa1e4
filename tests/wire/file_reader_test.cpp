// Real files, and what is none.
#include "wire/file_reader.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace commune_watch {
namespace {

class FileReader : public testing::Test {
 public:
  ~FileReader() override { std::filesystem::remove_all(folder_); }

 protected:
  [[nodiscard]] FileReply read(const std::string& name, std::size_t max_bytes = 100) const {
    return read_file({.path = folder_ + "/" + name, .max_bytes = max_bytes});
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }

  std::string folder_ = [] {
    std::string name = std::filesystem::temp_directory_path() / "commune-watch-file.XXXXXX";
    return std::string(::mkdtemp(name.data()));
  }();
};

TEST_F(FileReader, AWholeFileAndWhenItWasWritten) {
  write("a", "Mã,Trạng thái\n");
  const timespec times[2] = {{1'790'000'000, 0}, {1'790'000'000, 250'000'000}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ + "/a").c_str(), times, 0), 0);
  const FileReply reply = read("a");
  EXPECT_EQ(reply.trouble, Trouble::none);
  EXPECT_EQ(reply.text, "Mã,Trạng thái\n");
  EXPECT_EQ(reply.modified, 1'790'000'000'250);
}

TEST_F(FileReader, UpToTheLimitAndNotAByteMore) {
  write("a", std::string(100, 'x'));
  EXPECT_EQ(read("a", 100).text.size(), 100U);
  const FileReply more = read("a", 99);
  EXPECT_EQ(more.trouble, Trouble::too_large);
  EXPECT_EQ(more.text, "");
}

TEST_F(FileReader, WhatIsNoFileIsSaidAndHoldsNobodyUp) {
  EXPECT_EQ(read("nothing").trouble, Trouble::local);
  EXPECT_EQ(read("nothing").words, "No such file or directory");
  EXPECT_EQ(read("").words, "no plain file");
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe").words, "no plain file");
  EXPECT_EQ(read_file({.path = "/dev/zero"}).words, "no plain file");
}

}  // namespace
}  // namespace commune_watch
