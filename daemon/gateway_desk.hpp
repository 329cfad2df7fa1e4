// Answers what people ask, from the ledger for now and from the log for then.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "console/desk.hpp"
#include "gateway_house.hpp"
#include "gateway_keeper.hpp"
#include "gateway_notary.hpp"
#include "gateway_overlays.hpp"
#include "gateway_teller.hpp"
#include "poll/watch.hpp"

namespace asio {
class io_context;
}

namespace commune_watch {

class GatewayDesk final : public Desk {
 public:
  using Reload = std::function<Result<std::vector<std::string>>(const std::string& by)>;
  using Backup = std::function<Result<BackupView>(bool begin)>;
  GatewayDesk(asio::io_context& loop, House& house, Keeper& keeper, Teller& teller, Watch& watch,
              Notary& notary, Reload reload, Backup backup);

  const Zone& zone() override { return house_.settings->commune.zone; }
  Language language() override { return house_.settings->commune.language; }
  bool simulated() override { return house_.settings->gateway.simulated; }
  Millis utc_now() override { return house_.utc_now(); }
  StatusView status() override;
  Result<StatusView> status_at(Millis at) override;
  Result<std::vector<OutageView>> outages(Period period, const std::string& device) override;
  Result<HistoryView> history(const std::string& device, Period period) override;
  Result<std::vector<AvailabilityView>> availability(const std::string& device, Period period) override;
  void probe(const std::string& device, std::function<void(Result<ProbeView>)> done) override;
  std::vector<LoginView> logins() override;
  Result<void> retry_login(const std::string& device, const std::string& by) override;
  ClockView clock() override;
  Result<void> say_time(std::optional<Millis> utc, const std::string& by) override {
    return keeper_.say_time(utc, by);
  }
  Result<std::vector<std::string>> reload(const std::string& by) override { return reload_(by); }
  Result<BackupView> backup(bool begin) override { return backup_(begin); }
  Result<ExportView> export_evidence(const std::string& period, const std::string& by) override;
  std::vector<std::string> leaves(Seq from, std::size_t most) override;
  KeyView evidence_key() override;
  Result<void> rotate_key() override { return notary_.rotate(); }
  Overlays& overlays() override { return overlays_; }
  std::vector<EventView> events(Seq from, std::size_t most) override;
  Seq next_event() override { return house_.store->next(); }
  std::string metrics() override { return teller_.metrics(); }

 private:
  StatusView frame() const;
  DeviceView view(const Row& row) const;
  std::vector<const Row*> rows(const std::string& device) const;  // empty: all, in the order people read
  std::string root_id(const std::optional<DeviceId>& root) const {
    return root ? house_.id_of(*root) : std::string{};
  }

  asio::io_context& loop_;
  House& house_;
  Keeper& keeper_;
  GatewayOverlays overlays_{house_, keeper_};
  Teller& teller_;
  Watch& watch_;
  Notary& notary_;
  Reload reload_;
  Backup backup_;
};

}  // namespace commune_watch
