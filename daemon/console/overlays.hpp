// What people say over the log's own states, and ask about it: maintenance, corrections, declarations.
// Implemented by the gateway, spoken over HTTP by the console.
//
// Called on the gateway's loop. A Failure says in both languages why a word was not taken; what was taken is
// durable.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "domain/availability.hpp"
#include "domain/entry.hpp"
#include "domain/log.hpp"
#include "domain/result.hpp"

namespace commune_watch {

struct WindowView {
  Seq id = 0;
  std::string scope;        // a device, "place/ID" or "*"
  std::string name;         // of the device or the place
  Maintenance maintenance;  // `declared` as it counts
  bool late = false;        // declared after it began: only listed
  [[nodiscard]] Millis end() const {
    return maintenance.ended == 0 ? maintenance.period.to
                                  : std::min(maintenance.period.to, maintenance.ended);
  }
};

struct MaintenanceAsk {
  std::string scope;  // a device, "place/ID", "hamlet/ID": all its places, or "all"
  Period period;
  std::string reason, notice, by;
  int every_days = 0;           // 0: once
  std::optional<int> count;     // so many windows
  std::optional<Millis> until;  // none begins then or later
};

struct CorrectionView {
  Seq id = 0;
  Millis recorded = 0;
  std::string name;  // of the device
  CorrectionEntry entry;
};

struct DeclarationView {
  std::string place_name, ended_by;
  DeclarationEntry entry;
};

class Overlays {
 public:
  virtual ~Overlays() = default;
  // Without a period: what has not ended 30 days ago.
  virtual std::vector<WindowView> maintenance(std::optional<Period> period) = 0;
  virtual Result<std::vector<WindowView>> add_maintenance(const MaintenanceAsk& ask) = 0;
  virtual Result<WindowView> end_maintenance(Seq id, const std::string& by) = 0;
  virtual std::vector<CorrectionView> corrections() = 0;
  virtual Result<CorrectionView> correct(const CorrectionEntry& entry) = 0;  // its `declared` is now
  virtual std::vector<DeclarationView> declarations() = 0;
  virtual Result<DeclarationView> declare(const DeclarationEntry& entry) = 0;  // gives it an id
  virtual Result<DeclarationView> end_declaration(const std::string& id, const std::string& by) = 0;
};

}  // namespace commune_watch
