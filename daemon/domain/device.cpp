// The words for kinds, rungs, places and duties: one table per enum, read both ways (DESIGN §1).
#include "domain/device.hpp"

namespace commune_watch {
namespace {

struct Row {
  std::string_view code, vi, en;
};

constexpr std::array<Row, kKinds> kKindRows{{
    {"access-point", "trạm phát Wi-Fi", "access point"},
    {"speaker-cluster", "cụm loa", "speaker cluster"},
    {"camera", "camera", "camera"},
    {"website", "trang thông tin điện tử", "website"},
    {"uplink", "đường truyền Internet", "Internet line"},
    {"switch", "thiết bị chuyển mạch", "switch"},
    {"monitoring-point", "điểm giám sát", "monitoring point"},
}};

constexpr std::array<Row, kRungs> kRungRows{{
    {"reachable", "có mặt trên mạng", "reachable"},
    {"answering", "có trả lời", "answering"},
    {"active", "đang hoạt động", "active"},
    {"useful", "sử dụng được", "useful"},
    {"connected", "kết nối về điểm giám sát", "connected to the monitoring point"},
    {"witnessed", "có đối chứng độc lập", "witnessed independently"},
}};

constexpr std::array<Row, kPlaceKinds> kPlaceRows{{
    {"commune-hq", "Trụ sở UBND xã", "commune headquarters"},
    {"police-post", "trụ sở công an xã", "commune police post"},
    {"culture-house", "nhà văn hóa", "culture house"},
    {"library", "thư viện", "library"},
    {"health-station", "Trạm Y tế", "health station"},
    {"school", "trường học", "school"},
    {"market", "chợ", "market"},
    {"tourist-spot", "điểm du lịch", "tourist spot"},
    {"playground", "khu vui chơi", "playground"},
    {"post-office", "điểm phục vụ bưu chính", "post office"},
    {"one-stop-office", "Bộ phận Một cửa", "one-stop office"},
    {"entry-point", "điểm ra vào khu dân cư", "entry point of a residential area"},
    {"key-spot", "điểm trọng yếu", "key spot"},
    {"community-spot", "nơi sinh hoạt cộng đồng", "community spot"},
    {"other", "khác", "other"},
}};

constexpr std::array<std::string_view, kMusts> kMustCodes{"wifi", "camera", "speaker", "website", "uplink"};

template <class Rows, class Enum>
constexpr const auto& row(const Rows& rows, Enum value) {
  return rows.at(static_cast<std::size_t>(value));  // throws outside the enum: a bug, never foreign data
}

template <class Enum, class Rows>
std::optional<Enum> value_of(const Rows& rows, std::string_view code) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].code == code) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::string_view said(const Row& row, Language language) {
  return language == Language::vi ? row.vi : row.en;
}

}  // namespace

std::string_view code(Kind kind) { return row(kKindRows, kind).code; }
std::string_view code(Rung rung) { return row(kRungRows, rung).code; }
std::string_view code(PlaceKind kind) { return row(kPlaceRows, kind).code; }
std::string_view code(Must must) { return row(kMustCodes, must); }

std::optional<Kind> kind_of(std::string_view code) { return value_of<Kind>(kKindRows, code); }
std::optional<Rung> rung_of(std::string_view code) { return value_of<Rung>(kRungRows, code); }
std::optional<PlaceKind> place_kind_of(std::string_view code) {
  return value_of<PlaceKind>(kPlaceRows, code);
}
std::optional<Must> must_of(std::string_view code) {
  for (std::size_t i = 0; i < kMustCodes.size(); ++i) {
    if (kMustCodes[i] == code) return static_cast<Must>(i);
  }
  return std::nullopt;
}

std::string_view name(Kind kind, Language language) { return said(row(kKindRows, kind), language); }
std::string_view name(Rung rung, Language language) { return said(row(kRungRows, rung), language); }
std::string_view name(PlaceKind kind, Language language) { return said(row(kPlaceRows, kind), language); }

}  // namespace commune_watch
