// The RTSP byte stream taken apart and put together (RFC 2326 §4–7, §10.12): responses and interleaved media
// frames.
//
// Tolerant as cameras need it: LF alone ends a line, CSeq may be missing, data may stand between responses,
// and after garbage the reader finds the next frame or response again. Pure; owns one buffer and hands out
// views into it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace commune_watch {

struct RtspResponse {
  int status = 0;
  std::string line;                                          // the whole status line
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in the order they came
  std::string body;
  [[nodiscard]] std::string_view header(std::string_view lower_name) const;  // the first; empty if absent
  [[nodiscard]] std::optional<std::int64_t> cseq() const;
};

// One `$` frame; the bytes are good until the reader is given room again.
struct RtspFrame {
  std::uint8_t channel = 0;
  std::span<const std::byte> bytes;
};

enum class RtspFault : std::uint8_t { none, not_rtsp, too_large };

class RtspReader {
 public:
  using Item = std::variant<std::monostate, RtspResponse, RtspFrame>;

  RtspReader(std::size_t max_header, std::size_t max_body) : max_header_(max_header), max_body_(max_body) {}

  // Where the next bytes of the stream go; then say how many came.
  [[nodiscard]] std::span<std::byte> room();
  void received(std::size_t bytes) { end_ += bytes; }
  // The next whole item, or monostate when more bytes are needed or the stream is at fault.
  Item next();

  [[nodiscard]] RtspFault fault() const { return fault_; }
  [[nodiscard]] const std::string& words() const { return words_; }  // what was found instead of RTSP
  [[nodiscard]] std::int64_t skipped() const { return skipped_; }    // garbage bytes between items

 private:
  [[nodiscard]] std::string_view text() const;
  std::optional<RtspFrame> take_frame();
  std::optional<RtspResponse> take_response();
  bool read_head();
  void fail(RtspFault fault, std::string_view words);
  bool skip_garbage();
  [[nodiscard]] bool starts_item(std::size_t at) const;

  std::size_t max_header_, max_body_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t size_ = 0, begin_ = 0, end_ = 0;
  std::size_t scanned_ = 0;           // of an unfinished header, from begin_: not searched twice
  std::optional<RtspResponse> open_;  // its head is here, its body not yet: read once, however it drips in
  std::size_t open_size_ = 0;         // of the whole, head and body
  std::size_t open_body_ = 0;
  int messages_ = 0;       // that began, of either kind
  bool media_ = false;     // a frame was understood
  bool answered_ = false;  // one item was understood: from then on garbage is skipped, not a fault
  std::int64_t skipped_ = 0;
  RtspFault fault_ = RtspFault::none;
  std::string words_;
};

struct RtspOutgoing {
  std::string_view method, uri;
  int cseq = 0;
  std::vector<std::pair<std::string_view, std::string>> headers;
};
// User-Agent always: there are cameras that answer 401 without one (go2rtc#235).
std::string format_request(const RtspOutgoing& request);

}  // namespace commune_watch
