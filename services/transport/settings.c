/* Knows which option of the configuration is which parameter of the QUIC endpoint and of the
 * upgrader. */
#include "settings.h"

#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"

#define SECRET_FILE "transport.secret"

void transport_settings_apply(const struct pu_config *config, struct pu_quic_config *quic)
{
	const struct pu_config_limits *limits = &config->limits;
	quic->cc = config->network.congestion_control == PU_CONFIG_CUBIC ? PU_QUIC_CC_CUBIC
	                                                                 : PU_QUIC_CC_BBR;
	quic->idle_timeout = config->network.idle_timeout_ms * PU_NS_PER_MS;
	quic->keep_alive = config->network.keep_alive_ms * PU_NS_PER_MS;
	quic->handshake_timeout = limits->handshake_timeout_ms * PU_NS_PER_MS;
	quic->stream_window = limits->stream_window;
	quic->stream_window_max = limits->stream_window_max;
	quic->conn_window = limits->connection_window;
	quic->conn_window_max = limits->connection_window_max;
	quic->streams_max = (uint64_t)limits->streams_per_connection;
	quic->memory_max = limits->memory;
	quic->conns_max = (uint32_t)limits->connections;
	quic->handshakes_max = (uint32_t)limits->pending_handshakes;
}

void transport_settings_upgrade(const struct pu_config *config,
                                struct pu_upgrader_config *upgrader)
{
	const struct pu_config_limits *limits = &config->limits;
	pu_yamux_config_default(&upgrader->yamux);
	upgrader->yamux.window_max = limits->stream_window_max;
	upgrader->yamux.conn_window_max = limits->connection_window_max;
	upgrader->yamux.streams_max = (size_t)limits->streams_per_connection;
	upgrader->yamux.keep_alive = config->network.keep_alive_ms * PU_NS_PER_MS;
	upgrader->handshake_timeout = limits->handshake_timeout_ms * PU_NS_PER_MS;
	upgrader->conns_max = (size_t)limits->connections;
	upgrader->handshakes_max = (size_t)limits->pending_handshakes;
	upgrader->memory_max = (size_t)limits->memory;
}

enum pu_err transport_settings_web(const struct pu_config *config,
                                   struct pu_upgrader_config *upgrader)
{
	const char *cert = config->network.tls_certificate, *key = config->network.tls_key;
	gnutls_certificate_credentials_t credentials;
	if (cert == NULL || key == NULL)
		return PU_OK;
	if (gnutls_certificate_allocate_credentials(&credentials) != 0)
		return PU_EINTERNAL;
	int rv = gnutls_certificate_set_x509_key_file(credentials, cert, key, GNUTLS_X509_FMT_PEM);
	if (rv < 0) {
		pu_error("tls.certificate", "certificate=%s key=%s reason=%s", cert, key,
		         gnutls_strerror(rv));
		gnutls_certificate_free_credentials(credentials);
		return rv == GNUTLS_E_FILE_ERROR ? PU_EPERM : PU_EINVAL;
	}
	upgrader->web_server = pu_tls_context_new_web_server(credentials);
	return upgrader->web_server != NULL ? PU_OK : PU_EINTERNAL;
}

void transport_settings_secret(const struct pu_config *config, uint8_t secret[32])
{
	char *path = pu_config_runtime_path(config, SECRET_FILE);
	struct pu_buffer content;
	pu_buffer_init(&content, 32);
	if (pu_file_read(path, true, &content) == PU_OK && content.len == 32) {
		memcpy(secret, content.data, 32);
	} else {
		pu_rand_bytes(secret, 32);
		enum pu_err err = pu_file_write(path, pu_bytes(secret, 32));
		if (err != PU_OK)
			pu_warn("transport.secret", "file=%s error=%s", path, pu_err_code(err));
	}
	if (content.data != NULL)
		sodium_memzero(content.data, content.cap);
	pu_buffer_fini(&content);
	pu_free(path);
}
