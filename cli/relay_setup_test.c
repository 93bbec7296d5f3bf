#include "relay_setup.h"

#include <criterion/criterion.h>
#include <string.h>

#include "config/config.h"

static struct pu_buffer text;
static struct pu_config config;

static const char *str(void)
{
	cr_assert_eq(pu_buffer_append(&text, "", 1), PU_OK);
	return (const char *)text.data;
}

static void load(const struct cli_relay_setup *setup)
{
	struct pu_report report = {0};

	pu_buffer_init(&text, 1 << 16);
	cli_relay_setup_config(&text, setup);
	cr_assert_eq(
	    pu_config_parse(pu_buffer_bytes(&text), "/etc/peerup/config.yaml", &config, &report),
	    PU_OK);
	cr_assert_eq(report.len, 0, "no warnings either");
	pu_report_fini(&report);
}

static void unload(void)
{
	pu_config_fini(&config);
	pu_buffer_fini(&text);
}

Test(relay_setup, writes_a_configuration_that_serves_authorized_peers)
{
	load(&(struct cli_relay_setup){.name = "relay", .port = 4001});
	cr_assert(config.relay.serve);
	cr_assert_not(config.relay.open);
	cr_assert(config.security.enable_connection_gating);
	cr_assert_str_eq(config.node.name, "relay");
	cr_assert_eq(config.network.listen_addresses.len, 4);
	cr_assert_eq(config.network.external_addresses.len, 0);
	cr_assert_str_eq(config.runtime_dir, "/etc/peerup/run");
	cr_assert_gt(config.limits.connections, config.relay.max_reservations);
	unload();
}

Test(relay_setup, puts_what_changes_elsewhere_in_the_place_of_the_package)
{
	load(&(struct cli_relay_setup){.name = "relay", .port = 4001, .system = true});
	cr_assert_str_eq(config.runtime_dir, "/run/peerup");
	cr_assert_str_eq(config.security.audit_log, "/var/lib/peerup/audit.log");
	cr_assert_str_eq(config.security.authorized_keys_file, "/etc/peerup/authorized_keys");
	unload();
}

Test(relay_setup, listens_for_websocket_and_tells_external_addresses_when_asked)
{
	static const char *const external[] = {"/dns/r.example/udp/5/quic-v1",
	                                       "/dns/r.example/tcp/443/ws"};

	load(&(struct cli_relay_setup){
	    .name = "r", .port = 5, .ws_port = 443, .open = true, .external = {external, 2}});
	cr_assert(config.relay.open);
	cr_assert_eq(config.network.listen_addresses.len, 6);
	cr_assert_str_eq(config.network.listen_addresses.items[4], "/ip4/0.0.0.0/tcp/443/ws");
	cr_assert_eq(config.network.external_addresses.len, 2);
	cr_assert_str_eq(config.network.external_addresses.items[1], external[1]);
	unload();
}

Test(relay_setup, opens_its_ports_and_keeps_ssh)
{
	pu_buffer_init(&text, 1 << 16);
	cli_relay_setup_rules(&text, &(struct cli_relay_setup){.port = 4001});
	cr_assert_not_null(strstr(str(), "\t\tudp dport 4001 accept"));
	cr_assert_not_null(strstr(str(), "\t\ttcp dport { 4001 } accept"));
	cr_assert_not_null(strstr(str(), "\t\ttcp dport 22 accept"));
	pu_buffer_clear(&text);
	cli_relay_setup_rules(&text, &(struct cli_relay_setup){.port = 5, .ws_port = 443});
	cr_assert_not_null(strstr(str(), "\t\ttcp dport { 5, 443 } accept"));
	pu_buffer_fini(&text);
}
