// `commune-watch secret`: gives logins their passwords, and tells where each one's is. No password is ever
// shown, logged, or taken from the command line.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/hidden_line.hpp"
#include "cli/sealing.hpp"
#include "cli/text_table.hpp"
#include "cli/whole_file.hpp"
#include "settings/disk.hpp"
#include "settings/secrets.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::ordered_json;
// Where systemd shows the running service its credentials: readable by root, too.
constexpr const char* kServicesCredentials = "/run/credentials/commune-watch.service";

std::optional<uid_t> user_id(const std::string& name) {
  const auto* user = ::getpwnam(name.c_str());
  return user != nullptr ? std::optional(user->pw_uid) : std::nullopt;
}

std::string user_name(uid_t id) {
  const auto* user = ::getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

std::string absolute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

// ---- set

struct Setting {
  std::string name, owner = "commune-watch";
  bool credential = false;
};

// Where it goes, and what of it is new to the configuration.
struct Goal {
  std::string written, path;  // password_file; the file
  bool is_named = false;      // the configuration names it already
  bool is_inline = false;     // the configuration holds a password itself
};

Result<Goal> goal_of(const Common& common, const SecretSpots& spots, const Setting& setting) {
  Goal goal;
  const auto found = std::ranges::find(spots.logins, setting.name, &SecretSpot::login);
  if (found != spots.logins.end()) {
    goal.written = found->written;
    goal.is_named = !goal.written.empty();
    goal.is_inline = found->from == SecretSpot::From::configuration;
  }
  const auto folder = directory_of(common.config);
  if (!setting.credential) {
    if (!goal.is_named) goal.written = "secrets/" + setting.name + ".password";
    goal.path = absolute(join_path(folder, goal.written));
    return goal;
  }
  if (!goal.is_named) goal.written = setting.name + ".password";
  if (goal.written.find('/') != std::string::npos)
    return fail(
        "[login." + setting.name + "] password_file = \"" + goal.written +
        "\": tên credential không được có dấu /; hãy sửa thành / a credential's name has no /; write: "
        "password_file = \"" +
        setting.name + ".password\"");
  goal.path = absolute(join_path(folder, "secrets/" + goal.written + ".cred"));
  return goal;
}

bool replaceable(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode)) return true;
  std::cerr << path << ": không phải tệp thường, không ghi đè / is not a regular file, not overwritten\n";
  return false;
}

// secrets/ is made as the configuration's folder is: for its group, which is the service's.
void make_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  struct stat above {};
  if (::stat(folder.parent_path().c_str(), &above) != 0 || ::mkdir(folder.c_str(), 0750) != 0) return;
  if (::chown(folder.c_str(), static_cast<uid_t>(-1), above.st_gid) != 0)
    static_cast<void>(::chmod(folder.c_str(), 0700));
}

// Who owns the file: the service's user where we may give it away and there is one.
std::optional<uid_t> owner_of(const Setting& setting) {
  if (::geteuid() != 0) return std::nullopt;
  return user_id(setting.owner);
}

void tell_what_is_next(const Setting& setting, const Goal& goal, bool vi) {
  if (goal.is_inline)
    std::cout << (vi ? "Trong cấu hình, bỏ dòng password = … và viết vào [login."
                     : "In the configuration, take out password = … and write into [login.")
              << setting.name << "]:\npassword_file = \"" << goal.written << "\"\n";
  else if (!goal.is_named)
    std::cout << (vi ? "Thêm vào cấu hình:\n" : "Add to the configuration:\n") << "[login." << setting.name
              << "]\nusername = \"…\"\npassword_file = \"" << goal.written << "\"\n";
  if (setting.credential)
    std::cout << (vi ? "Cho dịch vụ dùng: systemctl edit commune-watch, rồi thêm\n"
                     : "Give it to the service: systemctl edit commune-watch, and add\n")
              << "[Service]\nLoadCredentialEncrypted=" << goal.written << ":" << goal.path
              << (vi ? "\nSau đó: systemctl restart commune-watch\n"
                     : "\nThen: systemctl restart commune-watch\n");
  else
    std::cout << (vi ? "Tiếp theo: commune-watch reload\n" : "Next: commune-watch reload\n");
}

int set(const Common& common, const Setting& setting) {
  if (const auto why = trouble_with_id(setting.name); !why.empty()) {
    std::cerr << "secret set: " << why << "\n";
    return kUsage;
  }
  const auto spots = secret_spots(common.places());
  if (!spots) {
    std::cerr << spots.error().why << "\n";
    return kBadNews;
  }
  const bool vi = common.spoken(spots->language) == Language::vi;
  const auto goal = goal_of(common, *spots, setting);
  if (!goal) {
    std::cerr << goal.error().why << "\n";
    return kBadNews;
  }
  if (!replaceable(goal->path)) return kBadNews;
  auto text = read_hidden((vi ? "Mật khẩu của " : "Password of ") + setting.name, vi ? "Gõ lại" : "Again");
  if (text && setting.credential) text = seal(goal->written, *text);
  if (!text) {
    std::cerr << text.error().why << "\n";
    return kBadNews;
  }
  make_folder(goal->path);
  // An encrypted one is read by systemd, not by the service.
  const auto owner = setting.credential ? std::nullopt : owner_of(setting);
  if (const auto done = write_whole(goal->path, *text + (text->ends_with('\n') ? "" : "\n"),
                                    {.folders_group_reads = false, .owner = owner});
      !done) {
    std::cerr << done.error().why << "\n";
    return kBadNews;
  }
  std::cout << (vi ? "Đã ghi " : "Written: ") << goal->path << " (0600, "
            << user_name(owner.value_or(::geteuid())) << ")\n";
  const auto service = user_id(setting.owner);
  if (!setting.credential && service && *service != owner.value_or(::geteuid()))
    std::cerr << (vi ? "cảnh báo: dịch vụ chạy bằng người dùng " : "warning: the service runs as ")
              << setting.owner
              << (vi ? " và không đọc được tệp này; hãy chạy lệnh bằng sudo\n"
                     : " and cannot read this file; run the command with sudo\n");
  tell_what_is_next(setting, *goal, vi);
  return kGood;
}

// ---- list

struct Line {
  SecretSpot spot;
  std::string mode, owner, trouble;  // trouble empty: it can be read
};

Line look(SecretSpot spot, const std::string& service, bool vi) {
  Line line{.spot = std::move(spot), .mode = {}, .owner = {}, .trouble = {}};
  if (line.spot.from == SecretSpot::From::configuration) return line;
  if (line.spot.from == SecretSpot::From::nothing) {
    line.trouble = vi ? "chưa có password_file" : "no password_file";
    return line;
  }
  struct stat about {};
  if (::stat(line.spot.path.c_str(), &about) == 0) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", about.st_mode & 07777U);
    line.mode = mode.data();
    line.owner = user_name(about.st_uid);
  } else if (errno == ENOENT) {
    line.trouble = vi ? "không có tệp này (nếu là credential của systemd thì chỉ dịch vụ thấy)"
                      : "not here (if it is a credential of systemd, the service alone sees it)";
    return line;
  }
  const bool is_credential = line.spot.from == SecretSpot::From::credential;
  if (const auto read = RealDisk().read_secret(line.spot.path, is_credential); !read) {
    line.trouble = read.error().why;
  } else if (const auto id = user_id(service); !is_credential && id && *id != about.st_uid && *id != 0) {
    line.trouble = (vi ? "dịch vụ (" : "the service (") + service +
                   (vi ? ") không đọc được: chạy chown " : ") cannot read it: run chown ") + service + " " +
                   line.spot.path;
  }
  return line;
}

std::string from_words(SecretSpot::From from, bool vi) {
  switch (from) {
    case SecretSpot::From::file:
      return vi ? "tệp" : "file";
    case SecretSpot::From::credential:
      return "credential";
    case SecretSpot::From::configuration:
      return vi ? "trong cấu hình" : "configuration";
    case SecretSpot::From::nothing:
      break;
  }
  return vi ? "không có" : "nothing";
}

int list(const Common& common, const std::string& service) {
  auto places = common.places();
  std::error_code ignored;
  if (places.credentials_directory.empty() && std::filesystem::is_directory(kServicesCredentials, ignored))
    places.credentials_directory = kServicesCredentials;
  auto spots = secret_spots(places);
  if (!spots) {
    std::cerr << spots.error().why << "\n";
    return kBadNews;
  }
  const bool vi = common.spoken(spots->language) == Language::vi;
  auto rows = Json::array();
  TextTable table(
      vi ? std::vector<std::string>{"Đăng nhập", "Tài khoản", "Mật khẩu ở", "Tệp", "Quyền", "Chủ", "Đọc được"}
         : std::vector<std::string>{"Login", "User name", "Secret in", "File", "Mode", "Owner", "Readable"});
  bool good = true;
  for (auto& spot : spots->logins) {
    const auto line = look(std::move(spot), service, vi);
    good = good && line.trouble.empty();
    rows.push_back({{"login", line.spot.login},
                    {"username", line.spot.username},
                    {"from", from_words(line.spot.from, false)},
                    {"file", line.spot.path},
                    {"mode", line.mode},
                    {"owner", line.owner},
                    {"readable", line.trouble.empty()},
                    {"why", line.trouble}});
    const auto yes = std::string(vi ? "có" : "yes"), no = std::string(vi ? "không: " : "no: ");
    table.add({line.spot.login, line.spot.username, from_words(line.spot.from, vi), line.spot.path, line.mode,
               line.owner, line.trouble.empty() ? yes : no + line.trouble});
  }
  if (common.json)
    std::cout << Json{{"secrets", rows}}.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  else if (rows.empty())
    std::cout << (vi ? "Cấu hình chưa có [login.…] nào\n" : "No [login.…] in the configuration\n");
  else
    std::cout << table.text();
  return good ? kGood : kBadNews;
}

constexpr const char* kOwnerHelp = "Người dùng của dịch vụ / the service's user";

}  // namespace

void add_secret(const Command& app, const Common& common) {
  const auto group = app.group("secret", "Mật khẩu của các đăng nhập / passwords of logins");
  auto setting = std::make_shared<Setting>();
  const auto setter =
      group.command("set",
                    "Đặt mật khẩu: gõ vào, không hiện chữ, hoặc từ đầu vào chuẩn / set one: typed "
                    "unseen, or from standard input");
  setter.option("name", setting->name, "Tên trong [login.<tên>] / of [login.<name>]").required();
  setter.flag("--credential", setting->credential,
              "Mã hoá bằng systemd-creds cho riêng dịch vụ / encrypted by systemd-creds");
  setter.option("--owner", setting->owner, kOwnerHelp).shows_default();
  setter.act([&common, setting] { return set(common, *setting); });
  auto service = std::make_shared<std::string>("commune-watch");
  const auto lister =
      group.command("list", "Mật khẩu nào ở đâu, đọc được không / where each one is, and whether it is read");
  lister.option("--owner", *service, kOwnerHelp).shows_default();
  lister.act([&common, service] { return list(common, *service); });
}

}  // namespace commune_watch
