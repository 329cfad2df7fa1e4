// What devices answer to WS-Discovery, on literals. Answers as ONVIF Core §7 and makers write them.
#include "drivers/discovery.hpp"

#include <gmock/gmock.h>

namespace commune_watch::onvif {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string match(const std::string& scopes, const std::string& addresses,
                  const std::string& types = "dn:NetworkVideoTransmitter") {
  return "<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></"
         "a:EndpointReference><d:Types>" +
         types + "</d:Types><d:Scopes>" + scopes + "</d:Scopes><d:XAddrs>" + addresses +
         "</d:XAddrs></d:ProbeMatch>";
}

std::string answer(const std::string& inside) {
  return "<e:Envelope><e:Header/><e:Body><d:ProbeMatches>" + inside +
         "</d:ProbeMatches></e:Body></e:Envelope>";
}

Announced one(const std::string& scopes, const std::string& addresses = "",
              const std::string& types = "dn:NetworkVideoTransmitter") {
  const auto all = read_announced(answer(match(scopes, addresses, types)));
  return all.size() == 1 ? all.front() : Announced{};
}

TEST(Discovery, TheQuestionNamesItselfAndWhatItLooksFor) {
  const auto text = discovery_probe("77");
  EXPECT_THAT(text, HasSubstr("MessageID>uuid:77<"));
  EXPECT_THAT(text, HasSubstr("dn:NetworkVideoTransmitter"));
}

TEST(Discovery, ScopesTellMakerModelNameAndMac) {
  const auto said =
      one("onvif://www.onvif.org/manufacturer/HIKVISION\n onvif://www.onvif.org/hardware/DS-2CD  "
          "ONVIF://www.onvif.org/name/C%E1%BB%95ng%20%E1%BA%A5p onvif://www.onvif.org/MAC/44:19 "
          "other://x/name/y");
  EXPECT_EQ(said.endpoint, "urn:uuid:1");
  EXPECT_EQ(said.maker, "HIKVISION");
  EXPECT_EQ(said.model, "DS-2CD");
  EXPECT_EQ(said.name, "Cổng ấp");
  EXPECT_EQ(said.mac, "44:19");
  EXPECT_FALSE(said.recorder);
}

TEST(Discovery, TheFirstOfTwoNamesCountsAndHalfAnEscapeStaysAsItIs) {
  EXPECT_EQ(one("onvif://www.onvif.org/name/a%4 onvif://www.onvif.org/name/b").name, "a%4");
  EXPECT_EQ(one("onvif://www.onvif.org/name/%zz%0a%1b%41").name, "%zz A");
}

TEST(Discovery, ARecorderIsKnownByItsTypeOrModel) {
  EXPECT_TRUE(one("onvif://www.onvif.org/type/Network_Video_Recorder").recorder);
  EXPECT_TRUE(one("onvif://www.onvif.org/hardware/DHI-NVR4108").recorder);
  EXPECT_TRUE(one("", "", "tds:NetworkVideoRecorder").recorder);
}

TEST(Discovery, OfAnAddressSchemePortAndPathAreTakenAndNeverTheHost) {
  EXPECT_THAT(one("",
                  "http://10.0.0.1/onvif/device_service https://[fe80::1]:8443/a?b "
                  "http://10.0.0.2/onvif/device_service")
                  .doors,
              ElementsAre(Door{"http", 80, "/onvif/device_service"}, Door{"https", 8443, "/a?b"}));
  EXPECT_THAT(
      one("", "http://u:p@10.0.0.1/ rtsp://10.0.0.1/ http://10.0.0.1:0/ http:// x http://10.0.0.1:99999/")
          .doors,
      IsEmpty());
  std::string many;
  for (int port = 1; port < 40; ++port) many += " http://x:" + std::to_string(port) + "/";
  EXPECT_THAT(one("", many).doors, SizeIs(kMaxDoors));
}

TEST(Discovery, MoreThanItsCapOfMatchesAreNotRead) {
  std::string many;
  for (std::size_t i = 0; i < kMaxAnnounced + 1; ++i) many += match("", "");
  EXPECT_THAT(read_announced(answer(many)), SizeIs(kMaxAnnounced));
}

TEST(Discovery, WhatIsNoAnswerToAProbeIsNothing) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(9000, '<'), answer(""), match("", ""),
        "<!DOCTYPE a>" + answer(match("", "")), "<x>" + answer(match("", "")) + "</x>"})
    EXPECT_THAT(read_announced(text), IsEmpty()) << text.substr(0, 60);
}

}  // namespace
}  // namespace commune_watch::onvif
