// Paho MQTT C++ behind values; see mqtt_client.hpp. Persistence, offline buffer and automatic reconnect stay
// off.
#include "publish/mqtt_client.hpp"

#include <mqtt/async_client.h>

namespace commune_watch::publish {
namespace {

constexpr int kMaxInflight = 200;  // Paho stalls when more is handed over; our window stays far below

std::string paho_url(const std::string& url) {
  if (url.starts_with("mqtts://")) return "ssl://" + url.substr(8);
  if (url.starts_with("mqtt://")) return "tcp://" + url.substr(7);
  return url;
}

mqtt::create_options create(int version) {
  mqtt::create_options options{version};
  options.set_send_while_disconnected(false);
  options.set_max_buffered_messages(kMaxInflight);
  return options;
}

// MQTT 5 carries the reason apart; connect failures and 3.1.1 carry it as the return code (MQTTAsyncUtils.c,
// nextOrClose).
int code_of(const mqtt::token& token) {
  const int reason = static_cast<int>(token.get_reason_code());
  const int returned = token.get_return_code();
  return returned != 0 ? returned : reason;
}

}  // namespace

struct MqttClient::Parts : mqtt::iaction_listener {
  Parts(const ConnectParameters& given, std::function<void(Told)> listener)
      : parameters{given},
        tell{std::move(listener)},
        client{paho_url(given.url), given.client_id, create(given.version)} {}

  static std::uint64_t id_of(const mqtt::token& token) {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
  }

  void on_success(const mqtt::token& token) override {
    if (token.get_type() != mqtt::token::CONNECT) {
      tell({Told::What::acknowledged, id_of(token), 0, 0, {}});
      return;
    }
    Told told{Told::What::connected, 0, 0, 65535, {}};
    const mqtt::connect_response response = token.get_connect_response();
    const mqtt::properties& properties = response.get_properties();
    if (parameters.version >= MQTTVERSION_5 && properties.contains(mqtt::property::RECEIVE_MAXIMUM))
      told.receive_maximum = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
    tell(std::move(told));
  }

  void on_failure(const mqtt::token& token) override {
    const bool to_connect = token.get_type() == mqtt::token::CONNECT;
    tell(
        {to_connect ? Told::What::connect_failed : Told::What::refused, id_of(token), code_of(token), 0, {}});
  }

  ConnectParameters parameters;
  std::function<void(Told)> tell;
  mqtt::async_client client;
  mqtt::token_ptr connecting;
};

MqttClient::MqttClient(const ConnectParameters& parameters, std::function<void(Told)> tell)
    : parts_{std::make_unique<Parts>(parameters, std::move(tell))} {
  Parts& parts = *parts_;
  parts.client.set_connection_lost_handler([&parts](const std::string& cause) {
    parts.tell({Told::What::lost, 0, 0, 0, cause});
  });
  // A DISCONNECT from the server ends in this handler alone, never in the one above
  // (MQTTAsync_receiveThread).
  parts.client.set_disconnected_handler([&parts](const mqtt::properties&, mqtt::ReasonCode reason) {
    parts.tell({Told::What::lost, 0, static_cast<int>(reason), 0, "the broker disconnected us"});
  });
}

MqttClient::~MqttClient() = default;

bool MqttClient::connect() {
  Parts& parts = *parts_;
  const ConnectParameters& given = parts.parameters;
  mqtt::connect_options options;
  options.set_mqtt_version(given.version);
  if (given.version >= MQTTVERSION_5)
    options.set_clean_start(true);
  else
    options.set_clean_session(true);
  options.set_automatic_reconnect(false);
  options.set_max_inflight(kMaxInflight);
  options.set_keep_alive_interval(static_cast<int>((given.keep_alive + 999) / 1000));
  options.set_connect_timeout(static_cast<int>((given.limit + 999) / 1000));
  options.set_will(mqtt::will_options{given.will.topic, mqtt::binary_ref{given.will.payload}, given.will.qos,
                                      given.will.retained});
  if (!given.username.empty()) {
    options.set_user_name(given.username);
    if (!given.password.empty()) options.set_password(given.password);
  }
  if (given.url.starts_with("mqtts://")) {
    mqtt::ssl_options ssl;
    ssl.set_enable_server_cert_auth(true);
    ssl.set_verify(true);  // the name in the certificate too
    ssl.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
    if (!given.ca_file.empty()) ssl.set_trust_store(given.ca_file);
    // No error handler: 1.2.0 lets the C library call into a copy of these options that is gone
    // (async_client::connect).
    options.set_ssl(std::move(ssl));
  }
  try {
    parts.connecting = parts.client.connect(options, nullptr, parts);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::string MqttClient::connect_words() {
  try {
    if (parts_->connecting) parts_->connecting->try_wait();
  } catch (const mqtt::exception& failure) {
    return failure.get_message();  // the token gives it in no other way
  }
  return {};
}

bool MqttClient::publish(const Message& message, std::uint64_t id) {
  try {
    auto made = mqtt::make_message(message.topic, message.payload, message.qos, message.retained);
    if (message.qos == 0)
      parts_->client.publish(std::move(made));
    else
      // Paho's user context is a pointer that it never follows: the number itself.
      // NOLINTNEXTLINE(performance-no-int-to-ptr)
      parts_->client.publish(std::move(made), reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)),
                             *parts_);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void MqttClient::leave(std::unique_ptr<MqttClient> client) {
  if (client) [[maybe_unused]]
    auto* left = client->parts_.release();
}

}  // namespace commune_watch::publish
