// The token's arithmetic and shape, and a scanner that walks tags.
#include "wire/soap_login.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "domain/markup.hpp"

namespace commune_watch {
namespace {

constexpr std::string_view kExtension =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
constexpr std::string_view kUtility =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
constexpr std::string_view kDigestType =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
constexpr std::string_view kBase64Type =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return out;
}

std::string_view local(std::string_view name) { return name.substr(name.find(':') + 1); }  // npos + 1 is 0

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

// Tag by tag: its local name, whether it opens, and the text up to the next tag.
class Tags {
 public:
  explicit Tags(std::string_view text) : text_(text) {}
  std::string_view name{}, words{};
  bool opens = false;

  bool next() {
    for (auto at = text_.find('<'); at != std::string_view::npos; at = text_.find('<')) {
      text_.remove_prefix(at + 1);
      if (text_.starts_with("!--") || text_.starts_with("![CDATA[")) {
        const auto end = text_.find(text_[1] == '-' ? "-->" : "]]>");
        if (end == std::string_view::npos) return false;
        text_.remove_prefix(end + 3);
      } else if (!text_.starts_with('!') && !text_.starts_with('?')) {
        return read();
      }
    }
    return false;
  }

 private:
  bool read() {
    opens = !text_.starts_with('/');
    if (!opens) text_.remove_prefix(1);
    const auto end = text_.find('>');
    if (end == std::string_view::npos) return false;
    const std::string_view inside = text_.substr(0, end);
    name = local(inside.substr(0, inside.find_first_of(" \t\r\n/")));
    text_.remove_prefix(end + 1);
    words = trimmed(text_.substr(0, text_.find('<')));
    return true;
  }

  std::string_view text_;
};

// ONVIF Core §5.11.2, WSS 1.0 §12; "SenderNotAuthorized" is what some firmware says.
constexpr auto kLoginCodes = std::to_array<std::string_view>(
    {"NotAuthorized", "SenderNotAuthorized", "FailedAuthentication", "FailedCheck", "InvalidSecurity",
     "InvalidSecurityToken", "SecurityTokenUnavailable"});

}  // namespace

std::string password_digest(std::string_view nonce, std::string_view created, std::string_view password) {
  std::string text(nonce);
  text.append(created).append(password);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha1(), nullptr);
  return base64({reinterpret_cast<const char*>(hash.data()), length});
}

std::string security_header(const Login& login, std::string_view created, std::string_view nonce) {
  std::string out = "<s:Header><Security s:mustUnderstand=\"1\" xmlns=\"";
  out.append(kExtension).append("\"><UsernameToken><Username>").append(markup_text(login.username));
  out.append("</Username><Password Type=\"").append(kDigestType).append("\">");
  out.append(password_digest(nonce, created, login.password));
  out.append("</Password><Nonce EncodingType=\"").append(kBase64Type).append("\">").append(base64(nonce));
  out.append("</Nonce><Created xmlns=\"").append(kUtility).append("\">").append(markup_text(created));
  return out.append("</Created></UsernameToken></Security></s:Header>");
}

std::optional<SoapFault> soap_fault(std::string_view body) {
  Tags tags(body);
  while (tags.next() && !(tags.opens && tags.name == "Body")) {
  }
  if (!tags.next() || !tags.opens || tags.name != "Fault") return std::nullopt;
  SoapFault fault;
  while (tags.next() && (tags.opens || tags.name != "Fault")) {
    if (!tags.opens || (tags.name != "Value" && tags.name != "faultcode")) continue;
    const std::string_view code = local(tags.words);
    fault.login = fault.login || std::ranges::find(kLoginCodes, code) != kLoginCodes.end();
    fault.sender = fault.sender || code == "Sender" || code == "Client";
  }
  return fault;
}

}  // namespace commune_watch
