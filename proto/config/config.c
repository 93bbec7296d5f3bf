/* Knows where the configuration is found, what must hold between its options, and how its
 * paths become absolute. What each option is stands in schema.c. */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/yaml_node.h"
#include "config/check.h"
#include "p2p/multiaddr.h"

enum { REPORT_BYTES_MAX = 1 << 20 };

/* ---- finding ---- */

static const char *const places[] = {
    "peerup.yaml",
    "~/.config/peerup/config.yaml",
    "/etc/peerup/config.yaml",
};

enum pu_err pu_config_find(const char *arg, char **path)
{
	const char *wanted = arg != NULL ? arg : getenv("PEERUP_CONFIG");

	if (wanted != NULL && wanted[0] != '\0') {
		char *expanded = pu_path_expand(wanted);

		if (expanded == NULL)
			return PU_ENOTFOUND;
		*path = expanded;
		return PU_OK;
	}
	/* Where we may not look can be the one that is meant, when there is no other: loading it
	 * says so. A current directory that belongs to somebody else is nothing special. */
	char *hidden = NULL;

	for (size_t i = 0; i < PU_ARRAY_LEN(places); i++) {
		char *place = pu_path_expand(places[i]);

		if (place == NULL)
			continue;
		if (access(place, F_OK) == 0) {
			pu_free(hidden);
			*path = place;
			return PU_OK;
		}
		if (errno == EACCES) {
			pu_free(hidden);
			hidden = place;
		} else {
			pu_free(place);
		}
	}
	*path = hidden;
	return hidden != NULL ? PU_OK : PU_ENOTFOUND;
}

/* ---- after parsing ---- */

static void mistake(struct pu_report *report, const char *key, const char *text)
{
	pu_report_add(report, (struct pu_mistake){.key = (char *)(uintptr_t)key}, "%s", text);
}

/* `~/x`, `/x` or `x` beside the configuration file. */
static bool make_absolute(char **field, const char *config_path)
{
	char *expanded = pu_path_expand(*field);

	if (expanded == NULL)
		return false;
	pu_free(*field);
	*field = pu_path_resolve(config_path, expanded);
	pu_free(expanded);
	return true;
}

static void resolve_paths(struct pu_config *config, struct pu_report *report)
{
	const struct {
		const char *key;
		char **field;
	} paths[] = {
	    {"runtime_dir", &config->runtime_dir},
	    {"identity.key_file", &config->identity.key_file},
	    {"security.authorized_keys_file", &config->security.authorized_keys_file},
	    {"security.audit_log", &config->security.audit_log},
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(paths); i++) {
		if (!make_absolute(paths[i].field, config->path))
			mistake(report, paths[i].key, "no home directory is known for ~: set HOME");
	}
}

static void check_limits(const struct pu_config *config, struct pu_report *report)
{
	const struct pu_config_limits *limits = &config->limits;

	if (limits->stream_window > limits->stream_window_max)
		mistake(report, "limits.stream_window", "expected at most stream_window_max");
	if (limits->connection_window > limits->connection_window_max)
		mistake(report, "limits.connection_window", "expected at most connection_window_max");
	if (limits->stream_window_max > limits->connection_window_max)
		mistake(report, "limits.stream_window_max",
		        "expected at most connection_window_max: a stream is part of its connection");
	if (config->network.keep_alive_ms >= config->network.idle_timeout_ms)
		mistake(report, "network.keep_alive", "expected less than idle_timeout");
}

static void check_names(const struct pu_config *config, struct pu_report *report)
{
	const struct pu_config_name *names = pu_config_names(config);

	for (size_t i = 0; i < config->names.len; i++) {
		const struct pu_config_name *first = pu_config_name(config, names[i].name);
		char *key;

		if (first == &names[i])
			continue;
		key = pu_asprintf("names.%s", names[i].name);
		pu_report_add(report, (struct pu_mistake){.key = key},
		              "the same name as %s: case does not count", first->name);
		pu_free(key);
	}
}

static void warn(struct pu_report *report, const char *key, const char *text)
{
	pu_report_add(report, (struct pu_mistake){.warning = true, .key = (char *)(uintptr_t)key},
	              "%s", text);
}

static void check_peer(const struct pu_config *config, struct pu_report *report,
                       const char *section, const char *name, const char *peer)
{
	char *key;

	if (pu_config_name(config, peer) != NULL || pu_check_peer_id(peer) == NULL)
		return;
	key = pu_asprintf("%s.%s", section, name);
	pu_report_add(report, (struct pu_mistake){.warning = true, .key = key},
	              "\"%s\" is neither a peer ID nor one of the names", peer);
	pu_free(key);
}

static void check_dialable(struct pu_report *report, const struct pu_config_addresses *peer)
{
	for (size_t i = 0; i < peer->addresses.len; i++) {
		const char *text = peer->addresses.items[i];
		struct pu_multiaddr addr;
		char *key;

		if (pu_multiaddr_parse(text, &addr) != PU_OK || pu_multiaddr_is_dialable(&addr))
			continue;
		key = pu_asprintf("addresses.%s", peer->name);
		pu_report_add(report, (struct pu_mistake){.warning = true, .key = key},
		              "%s says no way to connect", text);
		pu_free(key);
	}
}

/* What can be used and yet is hardly what was meant. */
static void check_references(const struct pu_config *config, struct pu_report *report)
{
	const struct pu_config_service *services = pu_config_services(config);
	const struct pu_config_forward *forwards = pu_config_forwards(config);
	const struct pu_config_addresses *addresses = pu_config_addresses(config);

	for (size_t i = 0; i < config->services.len; i++)
		for (size_t j = 0; j < services[i].allowed_peers.len; j++)
			check_peer(config, report, "services", services[i].name,
			           services[i].allowed_peers.items[j]);
	for (size_t i = 0; i < config->forwards.len; i++)
		check_peer(config, report, "forwards", forwards[i].name, forwards[i].peer);
	for (size_t i = 0; i < config->addresses.len; i++) {
		check_peer(config, report, "addresses", addresses[i].name, addresses[i].name);
		check_dialable(report, &addresses[i]);
	}
}

static void check_listen(const struct pu_config *config, struct pu_report *report)
{
	const struct pu_strings *listen = &config->network.listen_addresses;

	for (size_t i = 0; i < listen->len; i++) {
		struct pu_multiaddr addr;

		if (pu_multiaddr_parse(listen->items[i], &addr) != PU_OK)
			continue;
		if (pu_multiaddr_carrier(&addr) == PU_CARRIER_NONE)
			warn(report, "network.listen_addresses",
			     "peerup does not listen there: only on /udp/PORT/quic-v1, /tcp/PORT, "
			     "/tcp/PORT/ws and /tcp/PORT/tls/ws");
		else if (pu_multiaddr_carrier(&addr) == PU_CARRIER_WSS &&
		         (config->network.tls_certificate == NULL || config->network.tls_key == NULL))
			pu_report_add(
			    report, (struct pu_mistake){.key = (char *)(uintptr_t) "network.tls_key"},
			    "expected, with tls_certificate, for the listener %s", listen->items[i]);
	}
}

static void check_runtime_dir(const struct pu_config *config, struct pu_report *report)
{
	if (strlen(config->runtime_dir) > PU_CONFIG_RUNTIME_DIR_MAX)
		pu_report_add(report, (struct pu_mistake){.key = (char *)(uintptr_t) "runtime_dir"},
		              "expected a path of at most %d bytes (sockets are made in it), not %s",
		              PU_CONFIG_RUNTIME_DIR_MAX, config->runtime_dir);
}

static void set_report_path(struct pu_report *report, const char *path)
{
	pu_free(report->path);
	report->path = pu_strdup(path);
}

enum pu_err pu_config_parse(struct pu_bytes text, const char *path, struct pu_config *config,
                            struct pu_report *report)
{
	struct pu_config parsed;
	size_t errors = report->errors;
	enum pu_err err;

	set_report_path(report, path);
	err = pu_options_parse(&pu_config_schema, text, &parsed, report);
	if (err != PU_OK)
		return err;
	parsed.path = pu_path_absolute(path);
	parsed.dir = pu_path_dir(parsed.path);
	resolve_paths(&parsed, report);
	check_limits(&parsed, report);
	check_names(&parsed, report);
	check_references(&parsed, report);
	check_listen(&parsed, report);
	check_runtime_dir(&parsed, report);
	if (report->errors != errors) {
		pu_config_fini(&parsed);
		return PU_EINVAL;
	}
	*config = parsed;
	return PU_OK;
}

/* ---- loading ---- */

static void report_unreadable(struct pu_report *report, const char *path, enum pu_err err)
{
	struct stat st;
	const struct pu_mistake whole = {0};

	set_report_path(report, path);
	if (err == PU_EPERM && access(path, R_OK) == 0 && stat(path, &st) == 0 &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		pu_report_add(report, whole, "others have access to it (mode %04o): run chmod 600 %s",
		              (unsigned)(st.st_mode & 07777), path);
	else if (err == PU_ELIMIT)
		pu_report_add(report, whole, "larger than %d bytes", PU_YAML_BYTES_MAX);
	else if (err == PU_EINVAL)
		pu_report_add(report, whole, "not a file");
	else
		pu_report_add(report, whole, "cannot be read: %s", pu_strerror(err));
}

enum pu_err pu_config_read(const char *path, struct pu_buffer *text, struct pu_report *report)
{
	enum pu_err err = pu_file_read(path, true, text);

	if (err != PU_OK)
		report_unreadable(report, path, err);
	return err;
}

enum pu_err pu_config_load(const char *path, struct pu_config *config, struct pu_report *report)
{
	struct pu_buffer text;
	enum pu_err err;

	pu_buffer_init(&text, PU_YAML_BYTES_MAX);
	err = pu_config_read(path, &text, report);
	if (err == PU_OK)
		err = pu_config_parse(pu_buffer_bytes(&text), path, config, report);
	pu_buffer_fini(&text);
	return err;
}

bool pu_config_stay(struct pu_config *config, const char *runtime_dir)
{
	if (strcmp(config->runtime_dir, runtime_dir) == 0)
		return false;
	pu_free(config->runtime_dir);
	config->runtime_dir = pu_strdup(runtime_dir);
	return true;
}

void pu_config_fini(struct pu_config *config)
{
	pu_free(config->path);
	pu_free(config->dir);
	pu_options_fini(&pu_config_schema, config);
}

/* ---- showing and asking ---- */

enum pu_err pu_config_print(const struct pu_config *config, struct pu_buffer *out)
{
	return pu_options_print(&pu_config_schema, config, out);
}

void pu_config_report_print(const struct pu_report *report, int fd)
{
	struct pu_buffer text;
	size_t done = 0;

	pu_buffer_init(&text, REPORT_BYTES_MAX);
	if (pu_report_print(report, &text) != PU_OK)
		pu_buffer_clear(&text);
	while (done < text.len) {
		ssize_t len = write(fd, text.data + done, text.len - done);

		if (len <= 0)
			break;
		done += (size_t)len;
	}
	pu_buffer_fini(&text);
}

char *pu_config_runtime_path(const struct pu_config *config, const char *name)
{
	return pu_asprintf("%s/%s", config->runtime_dir, name);
}

const struct pu_config_service *pu_config_service(const struct pu_config *config,
                                                  const char *name)
{
	const struct pu_config_service *services = pu_config_services(config);

	for (size_t i = 0; i < config->services.len; i++) {
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	}
	return NULL;
}

const struct pu_config_forward *pu_config_forward(const struct pu_config *config,
                                                  const char *name)
{
	const struct pu_config_forward *forwards = pu_config_forwards(config);

	for (size_t i = 0; i < config->forwards.len; i++) {
		if (strcmp(forwards[i].name, name) == 0)
			return &forwards[i];
	}
	return NULL;
}

const struct pu_config_name *pu_config_name(const struct pu_config *config, const char *name)
{
	const struct pu_config_name *names = pu_config_names(config);

	for (size_t i = 0; i < config->names.len; i++) {
		if (strcasecmp(names[i].name, name) == 0)
			return &names[i];
	}
	return NULL;
}
