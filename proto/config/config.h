/* A node's whole configuration: one file, one schema (schema.c), shared by all services and
 * the command line. */
#ifndef PU_CONFIG_CONFIG_H
#define PU_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/option.h"

#define PU_CONFIG_VERSION 1
/* A Unix socket's path must fit in sun_path with the longest name that we give one. */
#define PU_CONFIG_RUNTIME_DIR_MAX 80
#define PU_CONFIG_NAME_MAX        63 /* of services, forwards, nodes and peers */
#define PU_CONFIG_SERVICES_MAX    256
#define PU_CONFIG_FORWARDS_MAX    256
#define PU_CONFIG_PEERS_MAX       4096 /* names, and peers with addresses */

enum pu_config_congestion {
	PU_CONFIG_CUBIC,
	PU_CONFIG_BBR,
};

/* services.<name>: a local service that authorized peers may use. */
struct pu_config_service {
	char *name; /* a DNS label */
	bool enabled;
	char *local_address;             /* host:port or unix:/path */
	char *protocol;                  /* accepted from old files, not used; or NULL */
	struct pu_strings allowed_peers; /* names or peer IDs; empty = every authorized peer */
	struct pu_strings tags;
};

/* forwards.<name>: a local listener whose clients reach a peer's service. */
struct pu_config_forward {
	char *name; /* a DNS label */
	bool enabled;
	char *peer;    /* a name or a peer ID */
	char *service; /* a DNS label */
	char *listen;  /* host:port (port 0 = any) or unix:/path */
};

/* names.<name>: what the user calls a peer. Case does not count. */
struct pu_config_name {
	char *name;
	char *peer; /* a peer ID in any text form */
};

/* addresses.<name or peer ID>: where a peer can be dialed. */
struct pu_config_addresses {
	char *name;
	struct pu_strings addresses; /* multiaddrs */
};

/* How much of everything peers may use. */
struct pu_config_limits {
	int64_t connections, connections_per_ip, pending_handshakes;
	int64_t connection_rate, connection_rate_per_ip; /* of TCP, per minute */
	int64_t streams_per_connection, streams_per_protocol;
	uint64_t handshake_timeout_ms, negotiation_timeout_ms;
	uint64_t memory; /* bytes of all connections together */
	uint64_t stream_window, stream_window_max;
	uint64_t connection_window, connection_window_max;
};

/* Relays that we use, and what we do as one. 0 = unlimited where not said otherwise. */
struct pu_config_relay {
	struct pu_strings addresses; /* of relays that we use: multiaddrs with /p2p/ID */
	bool serve;                  /* be a relay */
	bool open;                   /* also for peers that are not authorized: guests */
	int64_t max_reservations, max_reservations_per_ip;
	int64_t max_circuits, max_circuits_per_peer;
	uint64_t reservation_ttl_ms;
	uint64_t bandwidth, bandwidth_per_peer, bandwidth_per_circuit; /* bytes per second */
	uint64_t session_duration_ms, session_data;                    /* of a circuit */
	int64_t guest_reservations, guest_circuits; /* of all guests together; never unlimited */
	uint64_t guest_bandwidth; /* bytes per second, of each circuit of a guest */
	uint64_t guest_session_duration_ms, guest_session_data;
};

struct pu_config {
	char *path, *dir; /* absolute: the file, and its directory */

	int64_t version;
	char *runtime_dir; /* absolute, as all paths below */
	struct {
		char *name; /* or NULL */
	} node;
	struct {
		char *key_file;
	} identity;
	struct {
		struct pu_strings listen_addresses; /* multiaddrs */
		enum pu_config_congestion congestion_control;
		uint64_t idle_timeout_ms, keep_alive_ms;
		struct pu_strings external_addresses; /* multiaddrs, told besides the listening ones */
		char *tls_certificate, *tls_key;      /* of /tls/ws listeners; both or NULL */
	} network;
	struct pu_config_relay relay;
	struct {
		char *authorized_keys_file;
		char *audit_log;
		bool enable_connection_gating; /* false: every peer may connect */
	} security;
	struct pu_config_limits limits;
	struct {
		enum pu_log_level level;
		enum pu_log_format format;
	} log;
	struct {
		bool enabled;
		char *id;
	} ping_pong;

	struct pu_entries services; /* see the functions below */
	struct pu_entries forwards;
	struct pu_entries names;
	struct pu_entries addresses;
};

/* The rows, for documentation (pu_options_doc). */
extern const struct pu_options pu_config_schema;

/* The file to use: `arg` (from --config; may be NULL), $PEERUP_CONFIG, ./peerup.yaml,
 * ~/.config/peerup/config.yaml, /etc/peerup/config.yaml. The first two are taken even if no
 * such file exists; of the others one where we may not look only if there is no file that we
 * see. PU_ENOTFOUND: there is none. The caller owns *path. */
enum pu_err pu_config_find(const char *arg, char **path) PU_MUST_CHECK;

/* Reads the file. Every mistake and warning goes to `report`, whatever the answer; also what is
 * wrong with the file itself. PU_ENOTFOUND, PU_EPERM (not readable, or others have access to
 * it), PU_EINVAL (mistakes), PU_ELIMIT (too large), PU_EIO; *config is untouched then. */
enum pu_err pu_config_load(const char *path, struct pu_config *config,
                           struct pu_report *report) PU_MUST_CHECK;
/* Its two halves. The file's text, or what is wrong with the file. */
enum pu_err pu_config_read(const char *path, struct pu_buffer *text,
                           struct pu_report *report) PU_MUST_CHECK;
/* A text that is, or shall be, the content of `path`. */
enum pu_err pu_config_parse(struct pu_bytes text, const char *path, struct pu_config *config,
                            struct pu_report *report) PU_MUST_CHECK;
void pu_config_fini(struct pu_config *config); /* accepts zeroed memory */
/* A process stays in the runtime directory that it started in, whatever its new configuration
 * says. Answers whether that is another one. */
bool pu_config_stay(struct pu_config *config, const char *runtime_dir);

/* The effective configuration as YAML. */
enum pu_err pu_config_print(const struct pu_config *config,
                            struct pu_buffer *out) PU_MUST_CHECK;
/* The report as lines on stderr (or what `fd` is). */
void pu_config_report_print(const struct pu_report *report, int fd);

/* `<runtime_dir>/<name>`. Owned by the caller. */
char *pu_config_runtime_path(const struct pu_config *config, const char *name);

/* The arrays; their lengths are config->services.len and so on. */
static inline const struct pu_config_service *pu_config_services(const struct pu_config *config)
{
	return config->services.items;
}

static inline const struct pu_config_forward *pu_config_forwards(const struct pu_config *config)
{
	return config->forwards.items;
}

static inline const struct pu_config_name *pu_config_names(const struct pu_config *config)
{
	return config->names.items;
}

static inline const struct pu_config_addresses *
pu_config_addresses(const struct pu_config *config)
{
	return config->addresses.items;
}

/* One of them, or NULL. Names of peers: case does not count. */
const struct pu_config_service *pu_config_service(const struct pu_config *config,
                                                  const char *name);
const struct pu_config_forward *pu_config_forward(const struct pu_config *config,
                                                  const char *name);
const struct pu_config_name *pu_config_name(const struct pu_config *config, const char *name);

#endif
