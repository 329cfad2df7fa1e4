// What people said over the log's own states, and what was agreed: corrections, declarations, denominators,
// identities and configurations, read back by way of the projections.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/sql.hpp"
#include "store/store.hpp"
#include "store/timeline.hpp"

namespace commune_watch::store {

class Overlays {
 public:
  explicit Overlays(Sql& sql);

  std::vector<Correction> corrections(const std::string& device);
  std::vector<Kept<CorrectionEntry>> corrections(const Timeline& timeline);
  std::vector<StandingDeclaration> declarations();
  std::vector<MustHaveEntry> must_have();
  std::vector<Kept<IdentityEntry>> identities(DeviceId device, std::size_t most, const Timeline& timeline);
  std::optional<ConfigEntry> config();

 private:
  Statement corrections_of_, corrections_, declarations_, must_have_, identities_, config_;
};

}  // namespace commune_watch::store
