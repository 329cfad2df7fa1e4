// What people say over the log's own states is checked, written down and read back.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "console/overlays.hpp"
#include "gateway_house.hpp"
#include "gateway_keeper.hpp"

namespace commune_watch {

class GatewayOverlays final : public Overlays {
 public:
  static constexpr Millis kLongestWindow = 366LL * 86'400'000;
  static constexpr Millis kFarthest = 5 * 366LL * 86'400'000;  // from now, of a window's beginning
  static constexpr std::size_t kMostWindows = 400;             // of one word

  GatewayOverlays(House& house, Keeper& keeper) : house_(house), keeper_(keeper) {}

  std::vector<WindowView> maintenance(std::optional<Period> period) override;
  Result<std::vector<WindowView>> add_maintenance(const MaintenanceAsk& ask) override;
  Result<WindowView> end_maintenance(Seq id, const std::string& by) override;
  std::vector<CorrectionView> corrections() override;
  Result<CorrectionView> correct(const CorrectionEntry& entry) override;
  std::vector<DeclarationView> declarations() override;
  Result<DeclarationView> declare(const DeclarationEntry& entry) override;
  Result<DeclarationView> end_declaration(const std::string& id, const std::string& by) override;

 private:
  [[nodiscard]] Result<std::vector<std::string>> scopes(const std::string& asked) const;
  [[nodiscard]] Result<std::vector<Period>> occurrences(const MaintenanceAsk& ask, std::size_t most) const;
  [[nodiscard]] bool known(const std::string& device) const;
  [[nodiscard]] std::string name_of(const std::string& scope) const;
  [[nodiscard]] WindowView view(const MaintenanceWindow& window) const;
  [[nodiscard]] Millis now() const;  // as a record written now will be read
  Result<void> durable();

  House& house_;
  Keeper& keeper_;
};

}  // namespace commune_watch
