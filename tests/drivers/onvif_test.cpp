// ONVIF's readers on literals: prefixes, versions, hosts that lie, and what is no answer.
#include "drivers/onvif.hpp"

#include <gtest/gtest.h>

#include "drivers/wall_time.hpp"

namespace commune_watch::onvif {
namespace {

std::string soap(const std::string& inside) {
  return "<?xml version=\"1.0\"?><x:Envelope "
         "xmlns:x=\"http://www.w3.org/2003/05/soap-envelope\"><x:Header/><x:Body>" +
         inside + "</x:Body></x:Envelope>";
}

std::string told(const std::optional<Url>& url) { return url ? url->text() : "none"; }

TEST(OnvifStreamUrl, KeepsPortAndPathAndNotTheHostOrTheLogin) {
  const auto at = [](std::string_view uri) { return told(stream_url(uri, "192.0.2.20")); };
  EXPECT_EQ(at("rtsp://10.0.0.7:554/live"), "rtsp://192.0.2.20/live");
  EXPECT_EQ(at("RTSP://camera.local/a?b=c&d"), "rtsp://192.0.2.20/a?b=c&d");
  EXPECT_EQ(at("rtsp://10.0.0.7:8554?x=1"), "rtsp://192.0.2.20:8554/?x=1");
  EXPECT_EQ(at("rtsp://u:p@10.0.0.7:8554/x#y"), "rtsp://192.0.2.20:8554/x");
  EXPECT_EQ(at("rtsp://u:p@s:s@10.0.0.7/x"), "rtsp://192.0.2.20/x");
  EXPECT_EQ(at("rtsp://[fe80::1]:8554/x"), "rtsp://192.0.2.20:8554/x");
  EXPECT_EQ(at("rtsp://[fe80::1]/x"), "rtsp://192.0.2.20/x");
  EXPECT_EQ(at("RTSPS://10.0.0.7/x"), "rtsps://192.0.2.20/x");
  EXPECT_EQ(at("rtsps://10.0.0.7:554/x"), "rtsps://192.0.2.20:554/x");
  EXPECT_EQ(told(stream_url("rtsp://0.0.0.0/x", "2001:db8::1")), "rtsp://[2001:db8::1]/x");
}

TEST(OnvifStreamUrl, WhatCannotBeDialledIsNone) {
  const auto at = [](std::string_view uri) { return told(stream_url(uri, "192.0.2.20")); };
  for (const char* uri : {"", "/live", "http://10.0.0.7/x", "rtspu://10.0.0.7/x", "rtsp://10.0.0.7:0/x",
                          "rtsp://10.0.0.7:65536/x", "rtsp://10.0.0.7:-1/x", "rtsp://10.0.0.7:/x",
                          "rtsp://h/a b", "rtsp://h/a\r\nEvil: 1", "rtsp://u:12/34@h/x", "rtsp://h/\xC3\xA9"})
    EXPECT_EQ(at(uri), "none") << uri;
  EXPECT_EQ(at("rtsp://h/" + std::string(kMaxTarget, 'x')), "none");
}

TEST(OnvifSnapshotUrl, KeepsThePortOnlyWithinTheConfiguredScheme) {
  const Url plain = parse_url("http://192.0.2.20:8000/onvif/device_service").value(),
            tls = parse_url("https://192.0.2.20/onvif/device_service").value();
  EXPECT_EQ(told(snapshot_url("http://u:p@10.0.0.7/snap?ch=1#x", plain)), "http://192.0.2.20/snap?ch=1");
  EXPECT_EQ(told(snapshot_url("HTTP://10.0.0.7:81/snap", plain)), "http://192.0.2.20:81/snap");
  EXPECT_EQ(told(snapshot_url("https://10.0.0.7/snap", plain)), "http://192.0.2.20:8000/snap");
  EXPECT_EQ(told(snapshot_url("http://10.0.0.7:81/snap", tls)), "https://192.0.2.20/snap");
  EXPECT_EQ(told(snapshot_url("rtsp://10.0.0.7/snap", plain)), "none");
  EXPECT_EQ(told(snapshot_url("/snap", plain)), "none");
}

TEST(OnvifStreamUrl, PasswordsInPathsAreKnown) {
  EXPECT_TRUE(holds_password("/user=admin&Password=x&channel=1"));
  EXPECT_TRUE(holds_password("/live?pwd=x"));
  EXPECT_TRUE(holds_password("/u:p@h/x"));
  EXPECT_FALSE(holds_password("/cam/realmonitor?channel=1&subtype=1&unicast=true"));
}

TEST(OnvifRead, ServicesAreTakenByPathFromEitherAnswer) {
  const auto two = read_services(soap(
      "<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>"
      "http://u:p@10.0.0.7:81/onvif/media?x=1</XAddr></Service><Service><Namespace>"
      "http://www.onvif.org/ver20/media/wsdl</Namespace><XAddr>ftp://10.0.0.7/m2</XAddr></Service><Service>"
      "<Namespace>http://www.onvif.org/ver10/search/wsdl</Namespace><XAddr>https://h/s</XAddr></Service>"
      "</GetServicesResponse>"));
  ASSERT_TRUE(two);
  EXPECT_EQ(two->media, "/onvif/media?x=1");
  EXPECT_EQ(two->media2, "");
  EXPECT_EQ(two->search, "/s");
  const auto old = read_services(soap(
      "<GetCapabilitiesResponse><Capabilities><Media><XAddr>http://h/m</XAddr></Media><Extension><Recording>"
      "<XAddr>http://h/r</XAddr></Recording></Extension></Capabilities></GetCapabilitiesResponse>"));
  ASSERT_TRUE(old);
  EXPECT_EQ(old->media, "/m");
  EXPECT_EQ(old->recording, "/r");
  EXPECT_FALSE(read_services(soap("<GetProfilesResponse/>")));
}

TEST(OnvifRead, ClockIsUtcAndElseLocalTimeInItsZone) {
  const auto clock = [](const std::string& inside) {
    const auto at = read_clock(soap("<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime>" + inside +
                                    "</d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>"));
    return at ? wall_text(*at) : "none";
  };
  const std::string when =
      "<Time><Hour>5</Hour><Minute>6</Minute><Second>7</Second></Time><Date><Year>2026</Year><Month>11</"
      "Month>"
      "<Day>22</Day></Date>";
  EXPECT_EQ(clock("<UTCDateTime>" + when + "</UTCDateTime><LocalDateTime/>"), "2026-11-22T05:06:07Z");
  EXPECT_EQ(clock("<TimeZone><TZ>ICT-07:00</TZ></TimeZone><LocalDateTime>" + when + "</LocalDateTime>"),
            "2026-11-21T22:06:07Z");
  EXPECT_EQ(clock("<LocalDateTime>" + when + "</LocalDateTime>"), "none");
  std::string wrong = when;
  wrong.replace(wrong.find(">5<"), 3, ">24<");
  EXPECT_EQ(clock("<UTCDateTime>" + wrong + "</UTCDateTime>"), "none");
  EXPECT_EQ(clock("<UTCDateTime><Time/><Date/></UTCDateTime>"), "none");
  EXPECT_EQ(clock(""), "none");
}

std::string chosen(const std::vector<Profile>& profiles, std::string_view wanted = {}) {
  const Profile* const found = choose(profiles, wanted);
  return found == nullptr ? "none" : found->token;
}

TEST(OnvifChoose, SmallestPictureThatIsACodecOfOursUnlessOneIsNamed) {
  const std::vector<Profile> all{
      {.token = "a", .name = "main", .source = "1", .codec = "H265", .pixels = 4000},
      {.token = "b", .name = "sub", .source = "1", .codec = "H264", .pixels = 300},
      {.token = "c", .name = "jpeg", .source = "1", .codec = "JPEG", .pixels = 100},
      {.token = "d", .name = "sound", .source = "", .codec = "", .pixels = 0},
      {.token = "e", .name = "odd", .source = "1", .codec = "H264", .pixels = 0}};
  EXPECT_EQ(chosen(all), "b");
  EXPECT_EQ(chosen(all, "a"), "a");
  EXPECT_EQ(chosen(all, "jpeg"), "c");
  EXPECT_EQ(chosen(all, "x"), "none");
  EXPECT_EQ(chosen({all[2], all[3]}), "c");
  EXPECT_EQ(chosen({all[3]}), "none");
  EXPECT_EQ(chosen({all[4], all[0]}), "a");
}

TEST(OnvifRead, FaultIsItsInnermostCodeAndItsReason) {
  const auto fault = read_fault(soap(
      "<x:Fault><x:Code><x:Value>x:Sender</x:Value><x:Subcode><x:Value>ter:InvalidArgVal</x:Value><x:Subcode>"
      "<x:Value>ter:NoProfile</x:Value></x:Subcode></x:Subcode></x:Code><x:Reason><x:Text>no such\n profile"
      "</x:Text></x:Reason></x:Fault>"));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, "NoProfile");
  EXPECT_EQ(fault->words, "no such profile");
  EXPECT_FALSE(read_fault(soap("<GetProfilesResponse><Fault/></GetProfilesResponse>")));
}

TEST(OnvifRead, RecordingsAndJobsOfARecorder) {
  const auto found = read_recordings(
      soap("<t:GetRecordingSearchResultsResponse><t:ResultList><SearchState>Completed</SearchState>"
           "<RecordingInformation><RecordingToken>R1</RecordingToken><Source><SourceId>V1</"
           "SourceId><Name>Gate</Name>"
           "</Source><EarliestRecording>2026-11-01T00:00:00Z</EarliestRecording><LatestRecording>"
           "0000-00-00T00:00:00Z</LatestRecording><Track><DataTo>2026-11-22T05:00:00.5+07:00</DataTo></Track>"
           "<RecordingStatus>Recording</RecordingStatus></RecordingInformation></t:ResultList>"
           "</t:GetRecordingSearchResultsResponse>"));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->whole);
  ASSERT_EQ(found->list.size(), 1U);
  EXPECT_EQ(found->list[0].source, "V1");
  EXPECT_EQ(found->list[0].status, "Recording");
  EXPECT_EQ(wall_text(found->list[0].earliest.value()), "2026-11-01T00:00:00Z");
  EXPECT_EQ(wall_text(found->list[0].latest.value()), "2026-11-21T22:00:00Z");

  const auto jobs = read_jobs(
      soap("<GetRecordingJobsResponse><JobItem><JobToken>J1</JobToken><JobConfiguration><RecordingToken>R1"
           "</RecordingToken><Mode>Idle</Mode><Source><SourceToken><Token>P1</Token></SourceToken></Source>"
           "</JobConfiguration></JobItem></GetRecordingJobsResponse>"));
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_TRUE(jobs->front().idle);
  EXPECT_EQ(jobs->front().sources, std::vector<std::string>{"P1"});

  const auto state = read_job_state(soap(
      "<GetRecordingJobStateResponse><State><RecordingToken>R1</RecordingToken><State>Error</State><Sources>"
      "<SourceToken><Token>P1</Token></SourceToken><State>Error</State><Tracks><Track><Error>disk "
      "full</Error>"
      "</Track></Tracks></Sources></State></GetRecordingJobStateResponse>"));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->state, "Error");
  ASSERT_EQ(state->sources.size(), 1U);
  EXPECT_EQ(state->sources[0].token, "P1");
  EXPECT_EQ(state->words, "disk full");

  const auto summary = read_summary(soap(
      "<GetRecordingSummaryResponse><Summary><DataFrom>2026-11-01T00:00:00Z</DataFrom><NumberRecordings>4"
      "</NumberRecordings></Summary></GetRecordingSummaryResponse>"));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->recordings, 4);
  EXPECT_TRUE(summary->from);
  EXPECT_FALSE(summary->until);
  EXPECT_EQ(
      read_search(soap("<FindRecordingsResponse><SearchToken>S</SearchToken></FindRecordingsResponse>")),
      "S");
}

TEST(OnvifRead, SnapshotAddressOfEitherVersion) {
  EXPECT_EQ(read_uri(soap("<GetSnapshotUriResponse><MediaUri><Uri>http://h/s?a&amp;b</Uri></MediaUri>"
                          "</GetSnapshotUriResponse>")),
            "http://h/s?a&b");
  EXPECT_EQ(target_of("http://h:99/s?a&b"), "/s?a&b");
  EXPECT_EQ(read_uri(soap("<GetSnapshotUriResponse><Uri>http://h/2</Uri></GetSnapshotUriResponse>")),
            "http://h/2");
}

TEST(OnvifRead, ForeignBytesAreNoAnswer) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  std::string many = "<Envelope><Body>";
  for (int i = 0; i < 200'000; ++i) many += "<a/>";
  many += "</Body></Envelope>";
  for (const std::string& body :
       {std::string(), std::string("<"), std::string("\0\0", 2), deep, many, std::string("<html>Body</html>"),
        std::string(
            "<!DOCTYPE x [<!ENTITY a \"b\">]><Envelope><Body><GetProfilesResponse/></Body></Envelope>")}) {
    EXPECT_FALSE(is_soap(body)) << body.substr(0, 60);
    EXPECT_FALSE(read_profiles(body));
    EXPECT_FALSE(read_services(body));
    EXPECT_FALSE(read_clock(body));
    EXPECT_FALSE(read_fault(body));
    EXPECT_FALSE(read_uri(body));
    EXPECT_FALSE(read_recordings(body));
    EXPECT_FALSE(read_jobs(body));
    EXPECT_FALSE(read_job_state(body));
    EXPECT_FALSE(read_identity(body));
  }
}

TEST(OnvifAsk, TokensOfTheDeviceStayText) {
  const Envelope asked = get_stream_uri(Media::one, "a</ProfileToken><Evil/>&");
  EXPECT_NE(asked.text.find("<ProfileToken>a&lt;/ProfileToken&gt;&lt;Evil/&gt;&amp;</ProfileToken>"),
            std::string::npos);
  EXPECT_TRUE(std::string_view(asked.text).substr(asked.header_at).starts_with("<s:Body>"));
}

}  // namespace
}  // namespace commune_watch::onvif
