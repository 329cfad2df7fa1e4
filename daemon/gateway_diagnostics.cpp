// spdlog to standard error: "<4>text" for the journal, "time level text" for a terminal.
#include "gateway_diagnostics.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace commune_watch {
namespace {

class Journal final : public Diagnostics {
 public:
  explicit Journal(bool verbose)
      : for_systemd_(std::getenv("JOURNAL_STREAM") != nullptr),
        logger_("commune-watch", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
    logger_.set_pattern(for_systemd_ ? "%v" : "%Y-%m-%d %H:%M:%S.%e %-7l %v");
    logger_.set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    logger_.flush_on(spdlog::level::debug);
  }

  void say(Severity severity, std::string_view text) override {
    static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                            spdlog::level::warn, spdlog::level::err};
    static constexpr std::string_view kPriorities[] = {"<7>", "<6>", "<4>", "<3>"};
    const auto row = static_cast<std::size_t>(severity);
    logger_.log(kLevels[row], "{}{}", for_systemd_ ? kPriorities[row] : std::string_view{}, text);
  }

 private:
  bool for_systemd_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Diagnostics> make_diagnostics(bool verbose) { return std::make_unique<Journal>(verbose); }

}  // namespace commune_watch
