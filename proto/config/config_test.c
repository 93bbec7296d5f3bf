#include "config/config.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

#define HOME_ID "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"

static struct pu_config config;
static struct pu_report report;
static char dir[] = "/tmp/peerup-config-test-XXXXXX";
static bool in_dir;

static void enter(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	in_dir = true;
	setenv("HOME", dir, 1);
	unsetenv("PEERUP_CONFIG");
}

static void leave(void)
{
	pu_config_fini(&config);
	pu_report_fini(&report);
	if (in_dir) {
		char *command = pu_asprintf("rm -rf '%s'", dir);

		cr_assert_eq(system(command), 0);
		pu_free(command);
	}
}

TestSuite(config, .fini = leave);
TestSuite(config_file, .init = enter, .fini = leave);

static const char *all_of(const struct pu_report *of)
{
	static char text[16384];
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, sizeof(text) - 1);
	cr_assert_eq(pu_report_print(of, &buffer), PU_OK);
	memcpy(text, buffer.len > 0 ? (char *)buffer.data : "", buffer.len);
	text[buffer.len] = '\0';
	pu_buffer_fini(&buffer);
	return text;
}

static void accept(const char *text)
{
	cr_assert_eq(pu_config_parse(pu_bytes_of_str(text), "/etc/p/c.yaml", &config, &report),
	             PU_OK, "%s", all_of(&report));
}

static void refuse(const char *text, const char *wanted)
{
	cr_assert_eq(pu_config_parse(pu_bytes_of_str(text), "/c", &config, &report), PU_EINVAL);
	cr_assert_str_eq(all_of(&report), wanted);
	pu_report_fini(&report);
}

Test(config, is_complete_without_any_option)
{
	accept("");
	cr_assert_eq(report.len, 0);
	cr_assert_eq(config.version, PU_CONFIG_VERSION);
	cr_assert_str_eq(config.path, "/etc/p/c.yaml");
	cr_assert_str_eq(config.dir, "/etc/p");
	cr_assert_str_eq(config.runtime_dir, "/etc/p/run");
	cr_assert_str_eq(config.identity.key_file, "/etc/p/identity.key");
	cr_assert_str_eq(config.security.authorized_keys_file, "/etc/p/authorized_keys");
	cr_assert_str_eq(config.security.audit_log, "/etc/p/audit.log");
	cr_assert(config.security.enable_connection_gating);
	cr_assert_eq(config.network.listen_addresses.len, 4);
	cr_assert_str_eq(config.network.listen_addresses.items[1], "/ip6/::/udp/0/quic-v1");
	cr_assert_eq(config.network.congestion_control, PU_CONFIG_BBR);
	cr_assert_eq(config.network.idle_timeout_ms, 30000);
	cr_assert_eq(config.limits.memory, 256 << 20);
	cr_assert_eq(config.log.level, PU_LOG_INFO);
	cr_assert_eq(config.log.format, PU_LOG_LOGFMT);
	cr_assert(config.ping_pong.enabled);
	cr_assert_null(config.node.name);
}

/* A default that its own row refuses would silently be zero. */
Test(config, every_default_is_accepted_by_its_own_row)
{
	struct pu_buffer text;

	pu_buffer_init(&text, 1 << 16);
	accept("");
	cr_assert_eq(pu_config_print(&config, &text), PU_OK);
	pu_config_fini(&config);
	cr_assert_eq(pu_config_parse(pu_buffer_bytes(&text), "/c", &config, &report), PU_OK, "%s",
	             all_of(&report));
	cr_assert_eq(config.limits.stream_window_max, 10 << 20);
	cr_assert_eq(config.limits.connection_window, 1536 << 10);
	pu_buffer_fini(&text);
}

Test(config, reads_services_forwards_names_and_addresses)
{
	accept("services:\n"
	       "  web: {local_address: localhost:8000, tags: [http], protocol: tcp}\n"
	       "  db: {local_address: unix:/run/db, enabled: false, allowed_peers: [home]}\n"
	       "forwards:\n"
	       "  nas: {peer: Home, service: web, listen: 'localhost:0'}\n"
	       "names: {Home: " HOME_ID "}\n"
	       "addresses:\n"
	       "  home: [/ip4/192.0.2.1/udp/4001/quic-v1]\n"
	       "  " HOME_ID ": []\n");
	cr_assert_eq(config.services.len, 2);
	cr_assert(pu_config_service(&config, "web")->enabled);
	cr_assert_not(pu_config_service(&config, "db")->enabled);
	cr_assert_str_eq(pu_config_service(&config, "db")->allowed_peers.items[0], "home");
	cr_assert_null(pu_config_service(&config, "missing"));
	cr_assert_str_eq(pu_config_forward(&config, "nas")->listen, "localhost:0");
	cr_assert_null(pu_config_forward(&config, "web"));
	cr_assert_str_eq(pu_config_name(&config, "hOME")->peer, HOME_ID);
	cr_assert_null(pu_config_name(&config, "away"));
	cr_assert_eq(pu_config_addresses(&config)[0].addresses.len, 1);
	cr_assert_eq(config.addresses.len, 2);
}

Test(config, names_what_is_wrong_with_a_service)
{
	refuse(
	    "services:\n  My_Web:\n    local_address: localhost:1\n",
	    "/c:2:3: services.My_Web: expected 1 to 63 of a-z, 0-9 and -, with no - at either end "
	    "as the name, not \"My_Web\"\n");
	refuse("services:\n  web:\n    local_address: 8000\n",
	       "/c:3:20: services.web.local_address: expected host:port or unix:/path, not "
	       "\"8000\"\n");
	refuse(
	    "forwards:\n  web: {peer: home}\n",
	    "/c:2:3: forwards.web.service: missing: expected 1 to 63 of a-z, 0-9 and -, with no - "
	    "at either end\n"
	    "/c:2:3: forwards.web.listen: missing: expected host:port (host an IP address or "
	    "localhost, port 0 = any) or unix:/path\n");
	refuse("network:\n  listen_addresses:\n    - localhost\n",
	       "/c:3:7: network.listen_addresses: expected a multiaddr "
	       "(/ip4/192.0.2.1/udp/4001/quic-v1), not \"localhost\"\n");
	refuse("relay:\n  addresses:\n    - /ip4/192.0.2.1/tcp/4001\n",
	       "/c:3:7: relay.addresses: expected a multiaddr with the relay's peer ID "
	       "(/ip4/192.0.2.1/udp/4001/quic-v1/p2p/12D3K...), not \"/ip4/192.0.2.1/tcp/4001\"\n");
	refuse("names: {home: 12D3}\n",
	       "/c:1:15: names.home: expected a peer ID (12D3Koo...), not \"12D3\"\n");
	refuse("version: 2\n",
	       "/c:1:10: version: expected 1 (a file of a newer version needs a newer "
	       "peerup), not \"2\"\n");
}

Test(config, checks_what_must_hold_between_options)
{
	refuse("limits: {stream_window: 20MB}\n",
	       "/c: limits.stream_window: expected at most stream_window_max\n");
	refuse("limits: {connection_window: 16MB}\n",
	       "/c: limits.connection_window: expected at most connection_window_max\n");
	refuse("limits: {stream_window_max: 16MB}\n",
	       "/c: limits.stream_window_max: expected at most connection_window_max: a stream is "
	       "part of its connection\n");
	refuse("network: {listen_addresses: [/ip4/0.0.0.0/tcp/443/tls/ws], tls_key: k}\n",
	       "/c: network.tls_key: expected, with tls_certificate, for the listener "
	       "/ip4/0.0.0.0/tcp/443/tls/ws\n");
	refuse("network: {idle_timeout: 15s}\n",
	       "/c: network.keep_alive: expected less than idle_timeout\n");
	refuse("names: {home: " HOME_ID ", HOME: " HOME_ID "}\n",
	       "/c: names.HOME: the same name as home: case does not count\n");
}

Test(config, refuses_a_runtime_dir_too_long_for_sockets)
{
	cr_assert_eq(
	    pu_config_parse(pu_bytes_of_str("runtime_dir: /tmp/0123456789012345678901234567"
	                                    "89012345678901234567890123456789012345678901234"
	                                    "56789"),
	                    "/c", &config, &report),
	    PU_EINVAL);
	cr_assert_eq(strncmp(all_of(&report), "/c: runtime_dir: expected a path of at most 80", 46),
	             0);
}

Test(config, warns_of_peers_that_nobody_knows_and_of_addresses_without_use)
{
	accept("names: {home: " HOME_ID "}\n"
	       "services: {web: {local_address: 'localhost:80', allowed_peers: [HOME, hoem]}}\n"
	       "forwards: {w: {peer: " HOME_ID ", service: web, listen: 'localhost:81'},\n"
	       "           x: {peer: nobody, service: web, listen: 'localhost:82'}}\n"
	       "addresses: {gone: [/ip4/192.0.2.1/udp/1/quic-v1]}\n"
	       "network: {listen_addresses: [/ip4/0.0.0.0/udp/1, /ip4/0.0.0.0/udp/1/quic-v1]}\n");
	cr_assert_eq(report.errors, 0);
	cr_assert_eq(report.len, 4);
	cr_assert_str_eq(report.items[0].text,
	                 "\"hoem\" is neither a peer ID nor one of the names");
	cr_assert_str_eq(report.items[0].key, "services.web");
	cr_assert_str_eq(report.items[1].key, "forwards.x");
	cr_assert_str_eq(report.items[2].key, "addresses.gone");
	cr_assert_str_eq(report.items[3].key, "network.listen_addresses");
}

Test(config, warns_of_addresses_that_cannot_be_dialed)
{
	accept("names: {home: 12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5}\n"
	       "addresses: {home: [/ip4/192.0.2.1/udp/4001, /ip4/192.0.2.1/tcp/4001]}\n");
	cr_assert_eq(report.len, 1);
	cr_assert_eq(report.errors, 0);
	cr_assert_str_eq(report.items[0].key, "addresses.home");
	cr_assert_str_eq(report.items[0].text, "/ip4/192.0.2.1/udp/4001 says no way to connect");
}

Test(config, warns_of_old_keys_that_are_not_used_yet)
{
	accept("relay: {reservation_interval: 2m}\n"
	       "discovery: {rendezvous: y}\n"
	       "telemetry: {metrics: {enabled: true}}\n"
	       "network: {force_private_reachability: true, resource_limits_enabled: false}\n");
	cr_assert_eq(report.len, 5);
	cr_assert_eq(report.errors, 0);
	cr_assert_not_null(strstr(
	    all_of(&report), "/etc/p/c.yaml:1:31: warning: relay.reservation_interval: ignored: "));
}

Test(config, resolves_paths_beside_the_file)
{
	setenv("HOME", "/home/ada", 1);
	accept("runtime_dir: /run/peerup\n"
	       "identity: {key_file: ~/k}\n"
	       "security: {authorized_keys_file: ../keys, audit_log: log/a}\n");
	cr_assert_str_eq(config.runtime_dir, "/run/peerup");
	cr_assert_str_eq(config.identity.key_file, "/home/ada/k");
	cr_assert_str_eq(config.security.authorized_keys_file, "/etc/p/../keys");
	cr_assert_str_eq(config.security.audit_log, "/etc/p/log/a");
}

Test(config, makes_paths_in_the_runtime_directory)
{
	char *path;

	accept("");
	path = pu_config_runtime_path(&config, "auth.ipc");
	cr_assert_str_eq(path, "/etc/p/run/auth.ipc");
	pu_free(path);
}

static void put(const char *path, const char *text)
{
	cr_assert_eq(pu_file_write(path, pu_bytes_of_str(text)), PU_OK);
}

Test(config_file, is_loaded_with_absolute_paths)
{
	char *wanted = pu_asprintf("%s/identity.key", dir);

	put("c.yaml", "node: {name: home}\n");
	cr_assert_eq(pu_config_load("./c.yaml", &config, &report), PU_OK);
	cr_assert_str_eq(config.node.name, "home");
	cr_assert_str_eq(config.identity.key_file, wanted);
	cr_assert_eq(config.path[0], '/');
	pu_free(wanted);
}

Test(config_file, is_refused_when_others_have_access)
{
	put("c.yaml", "");
	cr_assert_eq(chmod("c.yaml", 0644), 0);
	cr_assert_eq(pu_config_load("c.yaml", &config, &report), PU_EPERM);
	cr_assert_str_eq(all_of(&report),
	                 "c.yaml: others have access to it (mode 0644): run chmod 600 c.yaml\n");
}

Test(config_file, says_why_it_cannot_be_read)
{
	cr_assert_eq(pu_config_load("missing.yaml", &config, &report), PU_ENOTFOUND);
	cr_assert_str_eq(all_of(&report), "missing.yaml: cannot be read: not found\n");
	pu_report_fini(&report);
	cr_assert_eq(pu_config_load(".", &config, &report), PU_EINVAL);
	cr_assert_str_eq(all_of(&report), ".: not a file\n");
	pu_report_fini(&report);
	put("c.yaml", "nodes: {}\n");
	cr_assert_eq(pu_config_load("c.yaml", &config, &report), PU_EINVAL);
	cr_assert_str_eq(all_of(&report), "c.yaml:1:1: nodes: unknown key; did you mean node?\n");
}

Test(config_file, is_not_called_too_large_when_no_descriptor_is_left)
{
	struct rlimit before, none;
	enum pu_err err;

	put("c.yaml", "");
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = pu_config_load("c.yaml", &config, &report);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(err, PU_EIO);
	cr_assert_str_eq(all_of(&report), "c.yaml: cannot be read: input/output error\n");
}

Test(config_file, report_goes_to_a_descriptor)
{
	int ends[2];
	char text[200] = "";

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(pu_config_load("missing.yaml", &config, &report), PU_ENOTFOUND);
	pu_config_report_print(&report, ends[1]);
	cr_assert_gt(read(ends[0], text, sizeof(text) - 1), 0);
	cr_assert_str_eq(text, "missing.yaml: cannot be read: not found\n");
}

static void finds(const char *arg, const char *wanted)
{
	char *path = NULL;

	cr_assert_eq(pu_config_find(arg, &path), PU_OK);
	cr_assert_str_eq(path, wanted);
	pu_free(path);
}

Test(config_file, is_searched_in_order)
{
	char *user = pu_asprintf("%s/.config/peerup/config.yaml", dir);
	char *in_home = pu_asprintf("%s/x.yaml", dir);

	cr_assert_eq(pu_dir_ensure(".config/peerup"), PU_OK);
	put(user, "");
	finds(NULL, user);
	put("peerup.yaml", "");
	finds(NULL, "peerup.yaml");
	setenv("PEERUP_CONFIG", "/from/environment", 1);
	finds(NULL, "/from/environment");
	finds("/from/argument", "/from/argument");
	finds("~/x.yaml", in_home);
	pu_free(user);
	pu_free(in_home);
}

Test(config_file, is_not_found_where_there_is_none)
{
	char *path = NULL;

	if (access("/etc/peerup/config.yaml", F_OK) == 0)
		cr_skip_test("this machine has a configuration in /etc");
	cr_assert_eq(pu_config_find(NULL, &path), PU_ENOTFOUND);
	cr_assert_null(path);
}

static void check_sample(const char *name)
{
	char *path = pu_asprintf("%s/%s", CONFIGS_DIR, name);
	struct pu_buffer text;

	pu_buffer_init(&text, 1 << 20);
	cr_assert_eq(pu_file_read(path, false, &text), PU_OK);
	cr_assert_eq(
	    pu_config_parse(pu_buffer_bytes(&text), "/etc/peerup/config.yaml", &config, &report),
	    PU_OK, "%s: %s", name, all_of(&report));
	pu_config_fini(&config);
	pu_report_fini(&report);
	pu_buffer_fini(&text);
	pu_free(path);
}

Test(config, every_sample_file_is_accepted)
{
	DIR *stream = opendir(CONFIGS_DIR);
	const struct dirent *entry;
	size_t samples = 0;

	cr_assert_not_null(stream);
	while ((entry = readdir(stream)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len < 6 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		check_sample(entry->d_name);
		samples++;
	}
	closedir(stream);
	cr_assert_geq(samples, 2);
}

static void has_help(const struct pu_option_doc *doc, void *arg)
{
	size_t *count = arg;

	cr_assert_not_null(doc->help, "%s", doc->key);
	cr_assert_gt(strlen(doc->kind), 0);
	++*count;
}

Test(config, every_option_is_described)
{
	size_t count = 0;

	pu_options_doc(&pu_config_schema, has_help, &count);
	cr_assert_gt(count, 40);
}
