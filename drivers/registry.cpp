// The table of drivers: one line each, by the name of its row.
#include <array>

#include "drivers/driver.hpp"

#define COMMUNE_WATCH_DRIVERS(row)                                                                \
  row(csv_drop) row(dahua_nvr) row(hikvision_nvr) row(http) row(http_map) row(icecast) row(onvif) \
      row(onvif_nvr) row(ping) row(rtsp) row(tcp)

namespace commune_watch {

namespace rows {
#define DECLARE(name) extern const Driver name;
COMMUNE_WATCH_DRIVERS(DECLARE)
#undef DECLARE
}  // namespace rows

std::span<const Driver* const> drivers() {
#define LIST(name) &rows::name,
  static constexpr auto kTable = std::to_array<const Driver*>({COMMUNE_WATCH_DRIVERS(LIST)});
#undef LIST
  return kTable;
}

}  // namespace commune_watch
