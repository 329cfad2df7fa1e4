// The catalogue of reasons. Vietnamese first: it is what officials, police and the technician in the field
// read.
//
// Laws (tests/domain/reason_test.cpp): unknown time is never charged to a device, so an unknown's cause is
// the gateway or the monitoring point; every effect but none has a remedy in both languages; Vietnamese is
// NFC and free of English.
#include "domain/reason.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace commune_watch {
namespace {

constexpr auto kNobody = Cause::none;
constexpr auto kDevice = Cause::device;
constexpr auto kMedia = Cause::media;
constexpr auto kUpstream = Cause::upstream;
constexpr auto kMains = Cause::mains;
constexpr auto kPoint = Cause::monitoring_point;
constexpr auto kGateway = Cause::gateway;
constexpr auto kWarning = Effect::warning;
constexpr auto kUnknown = Effect::unknown;
constexpr auto kDown = Effect::down;

constexpr auto kReasons = std::to_array<Reason>({
    {"none", kNobody, Effect::none, "Không có sự cố", "No trouble", "", ""},

    // The gateway itself: nobody's uptime, nobody's downtime.
    {"starting", kGateway, kUnknown, "Bộ giám sát vừa khởi động, chưa kiểm tra lần nào",
     "The gateway has just started and has not asked yet", "Chờ lượt kiểm tra đầu tiên",
     "Wait for the first check"},
    {"overrun", kGateway, kUnknown, "Quá hạn mà chưa kiểm tra lại được", "No check was completed in time",
     "Nếu lặp lại, kiểm tra tải của bộ giám sát", "If it comes back, look at the gateway's load"},
    {"unconfirmed", kGateway, kUnknown, "Có dấu hiệu lỗi nhưng chưa kịp xác nhận",
     "A failure was seen but could not be confirmed",
     "Chờ lượt kiểm tra sau; nếu lặp lại thì kiểm tra thiết bị",
     "Wait for the next check; if it comes back, look at the device"},
    {"gateway-off", kGateway, kUnknown, "Bộ giám sát không hoạt động", "The gateway was not running",
     "Kiểm tra nguồn điện của bộ giám sát; nên có bộ lưu điện", "Check the gateway's power; give it a UPS"},
    {"gateway-no-carrier", kGateway, kUnknown, "Bộ giám sát mất kết nối cáp mạng",
     "The gateway's network cable has no link", "Kiểm tra cáp mạng và cổng mạng của bộ giám sát",
     "Check the gateway's cable and network port"},
    {"gateway-no-segment", kGateway, kUnknown, "Bộ giám sát không liên lạc được với mạng tại chỗ",
     "Nothing on the gateway's own segment answers",
     "Kiểm tra bộ định tuyến và thiết bị chuyển mạch nơi đặt bộ giám sát",
     "Check the router and the switch where the gateway stands"},
    {"gateway-no-route", kGateway, kUnknown, "Bộ giám sát không có đường mạng tới thiết bị",
     "The gateway has no route to the device", "Kiểm tra cấu hình mạng của bộ giám sát",
     "Check the gateway's network configuration"},
    {"gateway-dns", kGateway, kUnknown, "Bộ giám sát không tra được tên miền",
     "The name does not resolve on the gateway",
     "Kiểm tra máy chủ tên miền của bộ giám sát, hoặc khai báo địa chỉ IP",
     "Check the gateway's name servers, or configure an IP address"},
    {"gateway-limit", kGateway, kUnknown, "Bộ giám sát thiếu bộ nhớ, thiếu quyền hoặc hết lượt mở kết nối",
     "The gateway ran out of memory, permissions or open connections",
     "Xem nhật ký của bộ giám sát, báo kỹ thuật viên", "Read the gateway's log, call the technician"},
    {"gateway-no-icmp", kGateway, kUnknown, "Bộ giám sát không được phép gửi gói tin thăm dò",
     "The gateway may not send ICMP echo requests",
     "Mở quyền theo hướng dẫn cài đặt, hoặc chuyển sang kiểm tra bằng kết nối TCP",
     "Open net.ipv4.ping_group_range as the guide says, or check by TCP instead"},
    {"internal-error", kGateway, kUnknown, "Bộ giám sát gặp lỗi bên trong", "The gateway failed inside",
     "Gửi nhật ký của bộ giám sát cho nơi cung cấp", "Send the gateway's log to its maintainers"},
    {"clock-unsure", kGateway, kUnknown, "Đồng hồ của bộ giám sát chưa tin cậy",
     "The gateway's clock is not to be trusted", "Kiểm tra đồng bộ thời gian của bộ giám sát",
     "Check the gateway's time synchronisation"},
    {"retired", kGateway, kUnknown, "Thiết bị đã thôi theo dõi", "The device is no longer watched",
     "Nếu vẫn sử dụng, khai báo lại thiết bị", "If it is still in use, configure it again"},

    // Whose fault a whole group's loss is.
    {"monitoring-point-silent", kPoint, kUnknown, "Điểm giám sát có trả lời nhưng không cho biết về thiết bị",
     "The monitoring point answers but says nothing about the device",
     "Kiểm tra tài khoản giám sát và phần mềm của điểm giám sát",
     "Check the monitoring account and the point's software"},
    {"monitoring-point-dead", kPoint, kDown, "Điểm giám sát mất kết nối", "The monitoring point is down",
     "Kiểm tra nguồn điện và mạng của đầu ghi hoặc máy chủ",
     "Check the power and network of the recorder or server"},
    {"parent-down", kUpstream, kDown, "Mất đường truyền tới thiết bị",
     "The equipment in front of the device is down",
     "Khắc phục thiết bị mạng phía trước; chưa cần kiểm tra thiết bị này",
     "Repair the equipment in front; leave this device alone"},
    {"mains-lost", kMains, kDown, "Mất điện khu vực", "Mains power is lost in the area",
     "Hỏi điện lực thời gian có điện lại, sau đó kiểm tra lại",
     "Ask the power company when it returns, then check again"},
    {"not-installed", kDevice, kDown, "Điểm chưa có thiết bị", "The place has no device",
     "Lắp đặt thiết bị, hoặc khai báo lại nếu đã có", "Install a device, or configure the one that is there"},
    {"unstable", kDevice, kDown, "Thiết bị chập chờn", "The device comes and goes",
     "Kiểm tra nguồn điện, đầu nối và cáp của thiết bị", "Check the device's power, plugs and cable"},

    // The network as far as the device.
    {"host-unreachable", kDevice, kDown, "Không thấy thiết bị trên mạng", "The device is not on the network",
     "Kiểm tra nguồn điện và cáp mạng của thiết bị", "Check the device's power and cable"},
    {"network-unreachable", kUpstream, kDown, "Đường truyền tới mạng của thiết bị bị đứt",
     "A router on the way reports no path to the device's network",
     "Kiểm tra đường truyền và bộ định tuyến, báo nhà mạng",
     "Check the line and the router, call the provider"},
    {"no-answer", kDevice, kDown, "Thiết bị không trả lời", "The device does not answer",
     "Kiểm tra nguồn điện, cáp mạng và địa chỉ IP của thiết bị",
     "Check the device's power, cable and IP address"},
    {"timed-out", kDevice, kDown, "Thiết bị nhận kết nối nhưng không trả lời kịp",
     "The device took the connection but did not answer in time",
     "Khởi động lại thiết bị; nếu vẫn chậm, kiểm tra đường truyền",
     "Restart the device; if still slow, check the line"},
    {"connection-refused", kDevice, kDown, "Thiết bị từ chối kết nối", "The device refuses the connection",
     "Kiểm tra dịch vụ và số cổng trên thiết bị", "Check the service and its port on the device"},
    {"connection-reset", kDevice, kDown, "Thiết bị ngắt kết nối giữa chừng",
     "The device broke the connection off", "Khởi động lại thiết bị, cập nhật phần mềm nếu lặp lại",
     "Restart the device; update it if it comes back"},

    // What the monitoring point says.
    {"not-on-monitor", kPoint, kDown, "Thiết bị hoạt động nhưng không kết nối về điểm giám sát",
     "The device works but is not connected to the monitoring point",
     "Kiểm tra kênh của thiết bị trên đầu ghi hoặc máy chủ",
     "Check the device's channel on the recorder or server"},
    {"offline-on-monitor", kDevice, kDown, "Điểm giám sát báo thiết bị mất kết nối",
     "The monitoring point reports the device as offline", "Kiểm tra nguồn điện và mạng của thiết bị",
     "Check the device's power and network"},
    {"not-listed", kDevice, kDown, "Điểm giám sát không thấy thiết bị trong danh sách đang kết nối",
     "The device is missing from the monitoring point's list",
     "Kiểm tra thiết bị, rồi kiểm tra khai báo trên điểm giám sát",
     "Check the device, then its entry at the monitoring point"},
    {"recorder-login", kPoint, kDown, "Đầu ghi đăng nhập vào camera bằng mật khẩu sai",
     "The recorder's login at the camera is wrong",
     "Sửa mật khẩu của camera trong cấu hình kênh trên đầu ghi",
     "Correct the camera's password in the recorder's channel"},
    {"address-conflict", kPoint, kDown, "Địa chỉ IP của camera bị trùng trên đầu ghi",
     "The camera's address is used twice at the recorder", "Đặt lại địa chỉ IP của camera rồi thêm lại kênh",
     "Give the camera an address of its own and add the channel again"},
    {"recorder-cannot-show", kPoint, kDown, "Đầu ghi không hiển thị được luồng hình của camera",
     "The recorder cannot take the camera's stream",
     "Giảm độ phân giải, tốc độ luồng hoặc đổi kiểu nén trên camera",
     "Lower the camera's resolution or bit rate, or change its codec"},
    {"channel-off", kPoint, kDown, "Kênh của camera đang tắt hoặc để trống trên đầu ghi",
     "The camera's channel is off or empty at the recorder", "Bật kênh hoặc thêm lại camera trên đầu ghi",
     "Turn the channel on, or add the camera to the recorder again"},
    {"no-signal", kDevice, kDown, "Đầu ghi không nhận được tín hiệu hình",
     "The recorder gets no picture signal", "Kiểm tra nguồn điện, cáp và đầu nối của camera",
     "Check the camera's power, cable and plugs"},
    {"no-source", kPoint, kWarning, "Máy chủ truyền thanh không có nguồn phát",
     "The broadcast server has no source to play",
     "Kiểm tra nguồn phát và tên kênh trên máy chủ truyền thanh",
     "Check the source and the mount's name on the server"},
    {"http-server-error", kPoint, kUnknown, "Máy chủ của điểm giám sát báo lỗi",
     "The monitoring point's server reports an error of its own", "Khởi động lại dịch vụ của điểm giám sát",
     "Restart the monitoring point's service"},
    {"unparsable", kPoint, kUnknown, "Không đọc được câu trả lời của điểm giám sát",
     "The monitoring point's answer cannot be read",
     "Kiểm tra kiểu điểm giám sát đã khai báo và phiên bản của nó",
     "Check the configured driver and the point's version"},

    // Logins: the device lives, we may not look. Never a reason to call it down, never a reason to try again.
    {"bad-password", kGateway, kUnknown, "Sai tên đăng nhập hoặc mật khẩu, đã thôi thử để tránh bị khóa",
     "The login was refused; no further attempt, so that the account is not locked",
     "Sửa mật khẩu trong cấu hình, rồi cho phép thử lại",
     "Correct the password, then run `commune-watch login retry`"},
    {"login-blocked", kGateway, kUnknown, "Đã thôi đăng nhập vì lần trước bị từ chối",
     "No login is tried because it was refused before",
     "Sửa mật khẩu rồi cho phép thử lại; không thử liên tiếp",
     "Correct the password, then retry; never try in a row"},
    {"login-needed", kGateway, kUnknown, "Thiết bị đòi đăng nhập mà chưa khai báo tài khoản",
     "The device asks for a login and none is configured", "Khai báo một tài khoản chỉ có quyền xem",
     "Configure an account that may only view"},
    {"basic-refused", kGateway, kUnknown, "Thiết bị đòi gửi mật khẩu không mã hóa nên không gửi",
     "The device asks for the password in clear, so it was not sent",
     "Bật kiểu đăng nhập có mã hóa trên thiết bị, hoặc cho phép riêng trong cấu hình",
     "Turn Digest on at the device, or allow `auth = \"basic\"` for this login"},
    {"auth-unsupported", kGateway, kUnknown, "Chưa hỗ trợ kiểu đăng nhập của thiết bị",
     "The device wants a kind of login that is not supported", "Chọn kiểu đăng nhập khác trên thiết bị",
     "Choose another kind of login on the device"},
    {"not-permitted", kGateway, kUnknown, "Tài khoản không đủ quyền xem", "The account may not see this",
     "Cấp quyền xem cho tài khoản giám sát", "Give the monitoring account the right to view"},
    {"locked", kGateway, kUnknown, "Thiết bị đang khóa tài khoản", "The device has locked the account",
     "Chờ hết thời gian khóa hoặc mở khóa trên thiết bị, rồi sửa mật khẩu",
     "Wait or unlock it on the device, then correct the password"},
    {"redirected", kGateway, kUnknown, "Thiết bị chuyển sang địa chỉ khác nên không đi theo",
     "The device sends us to another address, which was not followed",
     "Kiểm tra địa chỉ đã khai báo; không nhập mật khẩu ở địa chỉ lạ",
     "Check the configured address; type no password at a strange one"},
    {"certificate-mismatch", kGateway, kUnknown, "Chứng thư số khác với chứng thư đã ghi nhận",
     "The certificate is not the one on record",
     "Đến tận nơi xác minh thiết bị trước khi ghi nhận chứng thư mới",
     "Verify the device on site before the new certificate is put on record"},
    {"rate-limited", kGateway, kUnknown, "Thiết bị đòi giảm số lần hỏi", "The device says we ask too often",
     "Tăng khoảng cách giữa hai lần kiểm tra", "Make the interval longer"},
    {"answer-too-large", kGateway, kUnknown, "Câu trả lời quá lớn nên không đọc hết",
     "The answer is larger than the limit", "Kiểm tra địa chỉ đã khai báo", "Check the configured address"},
    {"codec-unsupported", kGateway, kUnknown, "Chưa hỗ trợ kiểu nén hình của camera",
     "The camera's video codec is not supported", "Chọn kiểu nén H.264 hoặc H.265 trên camera",
     "Choose H.264 or H.265 on the camera"},

    // The service behind the address.
    {"tls-failed", kDevice, kDown, "Không lập được kết nối mã hóa",
     "The encrypted connection cannot be set up", "Kiểm tra chứng thư số và phần mềm của máy chủ",
     "Check the server's certificate and software"},
    {"http-status", kDevice, kDown, "Dịch vụ trả về mã lỗi", "The service answers with an error status",
     "Báo đơn vị quản trị kiểm tra máy chủ", "Ask the administrator to check the server"},
    {"body-mismatch", kDevice, kDown, "Nội dung trả về không đúng", "The content is not what it should be",
     "Mở trang để xem, kiểm tra trang có bị thay đổi hay không",
     "Open the page and see whether it was altered"},
    {"protocol-error", kDevice, kDown, "Thiết bị trả lời sai quy cách",
     "The device's answer breaks its protocol",
     "Kiểm tra địa chỉ đã khai báo; khởi động lại, cập nhật phần mềm của thiết bị",
     "Check the configured address; restart or update the device"},
    {"wrong-path", kDevice, kDown, "Thiết bị không có luồng ở đường dẫn đã khai báo",
     "The device has no stream under the configured path", "Sửa đường dẫn theo tài liệu của thiết bị",
     "Correct the path as the device's manual says"},
    {"transport-refused", kDevice, kDown, "Thiết bị từ chối mọi cách truyền luồng",
     "The device refuses every way to transport the stream",
     "Bật truyền luồng qua TCP hoặc UDP trên thiết bị", "Turn streaming over TCP or UDP on"},
    {"no-media", kMedia, kDown, "Có kết nối nhưng không có hình hoặc tiếng truyền về",
     "Connected, but no media arrives", "Khởi động lại thiết bị; kiểm tra đường truyền và tường lửa",
     "Restart the device; check the line and firewalls"},
    {"stalled", kMedia, kDown, "Luồng hình ngừng giữa chừng", "The stream stops in the middle",
     "Kiểm tra đường truyền; khởi động lại thiết bị", "Check the line; restart the device"},
    {"no-video", kMedia, kDown, "Không có luồng hình", "The stream offers no video",
     "Kiểm tra cấu hình luồng hình trên camera", "Check the video stream's settings on the camera"},
    {"no-key-frame", kMedia, kDown, "Có dữ liệu nhưng không dựng được hình",
     "Data arrives but never a full picture", "Kiểm tra cấu hình nén hình và đường truyền",
     "Check the encoder's settings and the line"},
    {"frozen", kMedia, kDown, "Hình đứng yên", "The picture is frozen", "Khởi động lại camera",
     "Restart the camera"},
    {"black", kMedia, kDown, "Hình tối đen", "The picture is black",
     "Kiểm tra ống kính, đèn hồng ngoại và nguồn sáng", "Check the lens, the infrared lamp and the light"},
    {"covered", kMedia, kDown, "Ống kính bị che", "The lens is covered", "Đến tận nơi kiểm tra ống kính",
     "Go and look at the lens"},
    {"slate", kMedia, kDown, "Hình là màn báo mất tín hiệu", "The picture is a no-signal slate",
     "Kiểm tra kết nối giữa camera và đầu ghi", "Check the link between camera and recorder"},
    {"silent", kMedia, kDown, "Loa không phát ra tiếng", "The speaker is silent",
     "Kiểm tra âm lượng, bộ khuếch đại và loa", "Check the volume, the amplifier and the horns"},
    {"line-open", kDevice, kDown, "Dây loa đứt hoặc hở mạch", "The speaker line is open",
     "Kiểm tra dây và đầu nối của loa", "Check the speaker's wires and plugs"},
    {"ssid-off-air", kDevice, kDown, "Trạm không phát mạng Wi-Fi công cộng", "The public SSID is not on air",
     "Kiểm tra cấu hình mạng Wi-Fi và phần phát sóng", "Check the SSID's settings and the radio"},
    {"no-internet", kUpstream, kDown, "Có sóng Wi-Fi nhưng không vào được Internet",
     "Wi-Fi is on air but has no Internet behind it", "Kiểm tra đường truyền Internet, báo nhà mạng",
     "Check the Internet line, call the provider"},

    // Warnings: it works, somebody should look.
    {"not-adopted", kPoint, kWarning, "Hệ thống quản lý Wi-Fi chưa nhận trạm này",
     "The controller has not adopted this access point", "Đưa trạm vào hệ thống quản lý Wi-Fi",
     "Adopt it in the controller"},
    {"controller-down", kPoint, kWarning, "Hệ thống quản lý Wi-Fi mất kết nối",
     "The Wi-Fi controller is down", "Kiểm tra máy chủ quản lý Wi-Fi", "Check the controller's server"},
    {"gateway-path", kGateway, kWarning, "Điểm giám sát thấy thiết bị nhưng bộ giám sát không tới được",
     "The monitoring point sees the device, the gateway does not reach it",
     "Kiểm tra đường mạng từ bộ giám sát tới thiết bị",
     "Check the network between the gateway and the device"},
    {"session-limit", kDevice, kWarning, "Thiết bị đã hết lượt kết nối xem", "The device has no free session",
     "Đóng bớt kết nối xem, hoặc tăng giới hạn trên thiết bị",
     "Close some viewers, or raise the limit on the device"},
    {"low-fps", kMedia, kWarning, "Hình ít khung hơn thường lệ", "Fewer frames arrive than usual",
     "Kiểm tra tải của camera và đường truyền", "Check the camera's load and the line"},
    {"lossy", kUpstream, kWarning, "Đường truyền mất gói tin", "The line loses packets",
     "Kiểm tra cáp, sóng và tải của đường truyền", "Check the cable, the radio link and its load"},
    {"certificate-expiring", kDevice, kWarning, "Chứng thư số sắp hết hạn", "The certificate expires soon",
     "Gia hạn chứng thư số", "Renew the certificate"},
    {"certificate-expired", kDevice, kWarning, "Chứng thư số đã hết hạn", "The certificate has expired",
     "Gia hạn chứng thư số ngay", "Renew the certificate now"},
    {"certificate-invalid", kDevice, kWarning, "Chứng thư số không được tin cậy",
     "The certificate is not to be trusted", "Cài chứng thư số hợp lệ, đúng tên miền của trang",
     "Install a valid certificate for the site's own name"},
    {"open-without-password", kDevice, kWarning, "Thiết bị cho xem không cần mật khẩu",
     "The device shows itself without a password", "Đặt mật khẩu cho thiết bị ngay", "Set a password now"},
    {"clock-wrong", kDevice, kWarning, "Đồng hồ của thiết bị sai giờ", "The device's clock is wrong",
     "Đặt lại giờ, bật đồng bộ thời gian trên thiết bị", "Set the time and turn synchronisation on"},
    {"washed-out", kMedia, kWarning, "Hình bị chói trắng", "The picture is washed out",
     "Kiểm tra đèn chiếu vào ống kính và cài đặt phơi sáng của camera",
     "Look for a lamp or the sun in the lens, and at the exposure settings"},
    {"defocused", kMedia, kWarning, "Hình bị mờ", "The picture is out of focus",
     "Lau ống kính, chỉnh lại nét", "Clean the lens, focus again"},
    {"scene-moved", kMedia, kWarning, "Camera lệch khỏi hướng đã ghi nhận",
     "The camera no longer looks where it did", "Chỉnh lại hướng, hoặc ghi nhận hướng mới",
     "Turn it back, or put the new view on record"},
    {"not-recording", kPoint, kWarning, "Đầu ghi không ghi hình", "The recorder does not record",
     "Kiểm tra lịch ghi và ổ cứng của đầu ghi", "Check the recorder's schedule and disks"},
    {"short-retention", kPoint, kWarning, "Đầu ghi lưu hình không đủ số ngày",
     "The recorder keeps fewer days than required", "Thêm ổ cứng hoặc giảm tốc độ luồng ghi",
     "Add disks, or lower the recorded bit rate"},
    {"wrong-channel", kPoint, kWarning, "Kênh trên đầu ghi gắn với camera khác",
     "The recorder's channel is bound to another camera",
     "Kiểm tra lại số kênh đã khai báo và địa chỉ camera trên đầu ghi",
     "Check the configured channel number and the camera's address at the recorder"},
    {"old-picture", kPoint, kWarning, "Điểm giám sát hiển thị hình cũ của camera",
     "The monitoring point shows an old picture of the camera",
     "Xem lại hình trực tiếp; khởi động lại kênh hoặc đầu ghi nếu hình vẫn đứng",
     "Look at the live picture; restart the channel or the recorder if it still stands"},
    {"storage", kPoint, kWarning, "Ổ cứng của đầu ghi bị lỗi hoặc đã đầy",
     "The recorder's disk is failing or full", "Kiểm tra, thay ổ cứng của đầu ghi",
     "Check and replace the disk"},
});

struct CauseRow {
  std::string_view code, vi, en;
};
constexpr auto kCauses = std::to_array<CauseRow>({
    {"none", "không có sự cố", "no trouble"},
    {"device", "do thiết bị", "device"},
    {"media", "do hình ảnh/âm thanh", "picture or sound"},
    {"upstream", "do đường truyền", "line"},
    {"mains", "do mất điện khu vực", "area power cut"},
    {"monitoring-point", "do điểm giám sát", "monitoring point"},
    {"gateway", "do bộ giám sát", "gateway"},
});

using Order = std::array<std::uint16_t, kReasons.size()>;

constexpr Order by_code() {
  Order order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint16_t>(i);
  std::sort(order.begin(), order.end(), [](auto a, auto b) { return kReasons[a].code < kReasons[b].code; });
  return order;
}
constexpr Order kByCode = by_code();
static_assert(std::adjacent_find(kByCode.begin(), kByCode.end(), [](auto a, auto b) {
                return kReasons[a].code == kReasons[b].code;
              }) == kByCode.end());  // codes are unique

}  // namespace

std::string_view code(Cause cause) { return kCauses.at(static_cast<std::size_t>(cause)).code; }

std::string_view name(Cause cause, Language language) {
  const CauseRow& row = kCauses.at(static_cast<std::size_t>(cause));
  return language == Language::vi ? row.vi : row.en;
}

std::optional<Cause> cause_of(std::string_view code) {
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    if (kCauses[i].code == code) return static_cast<Cause>(i);
  }
  return std::nullopt;
}

std::span<const Reason> reasons() { return kReasons; }

const Reason& reason(ReasonId id) { return kReasons.at(static_cast<std::size_t>(id)); }

std::optional<ReasonId> find_reason(std::string_view code) {
  const auto* const found =
      std::lower_bound(kByCode.begin(), kByCode.end(), code,
                       [](auto row, std::string_view value) { return kReasons[row].code < value; });
  if (found == kByCode.end() || kReasons[*found].code != code) return std::nullopt;
  return static_cast<ReasonId>(*found);
}

ReasonId reason_id(std::string_view code) {
  const auto found = find_reason(code);
  if (!found) std::abort();
  return *found;
}

}  // namespace commune_watch
