/* Knows the order in which the host comes up, changes and goes down. */
#include "transport.h"

#include <gnutls/gnutls.h>
#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codes.h"
#include "conn_upgraded.h"
#include "handoff.h"
#include "identify.h"
#include "relays.h"
#include "settings.h"
#include "trim.h"

static enum pu_err verify_cert(void *user, struct pu_bytes cert_der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(cert_der, pu_unix_ms() / 1000, out);
}

/* ---- start ---- */

static enum pu_err start_quic(struct transport *transport)
{
	const struct pu_config *config = pu_host_config(transport->host);
	struct pu_quic_config quic;
	pu_quic_config_default(&quic);
	transport_settings_apply(config, &quic);
	transport_settings_secret(config, quic.secret);
	quic.verify_cert = verify_cert;
	enum pu_err err = pu_tls_cert_credentials(&transport->identity.cert, &quic.credentials);
	if (err != PU_OK)
		return err;
	err = transport_engine_init(&transport->engine, transport->loop, &quic,
	                            &transport_conn_quic_callbacks, transport);
	sodium_memzero(quic.secret, sizeof(quic.secret));
	if (err != PU_OK)
		gnutls_certificate_free_credentials(quic.credentials);
	return err;
}

static void forget_contexts(struct pu_upgrader_config *upgrader)
{
	pu_tls_context_rele(upgrader->tls);
	pu_tls_context_rele(upgrader->web_server);
}

static enum pu_err prepare_upgrader(struct transport *transport,
                                    struct pu_upgrader_config *upgrader)
{
	const struct pu_config *config = pu_host_config(transport->host);
	gnutls_certificate_credentials_t credentials;
	transport_settings_upgrade(config, upgrader);
	enum pu_err err = pu_tls_cert_credentials(&transport->identity.cert, &credentials);
	if (err != PU_OK)
		return err;
	upgrader->tls = pu_tls_context_new(credentials, verify_cert, NULL);
	if (upgrader->tls == NULL)
		return PU_EINTERNAL;
	return transport_settings_web(config, upgrader);
}

static void on_refused(void *user, const struct sockaddr *remote)
{
	transport_watch_address(user, remote);
}

/* What can fail comes first: an engine has both the endpoint and the upgrader, or neither. */
static enum pu_err start_engine(struct transport *transport)
{
	struct pu_upgrader_config upgrader = {.noise = &transport->identity.noise};
	enum pu_err err = prepare_upgrader(transport, &upgrader);
	if (err == PU_OK)
		err = start_quic(transport);
	if (err == PU_OK)
		transport_engine_upgrade(&transport->engine, &upgrader,
		                         &transport_conn_upgraded_callbacks, transport);
	forget_contexts(&upgrader); /* the upgrader holds them */
	transport->engine.refused = on_refused;
	transport->engine.user = transport;
	transport->engine.splices = &transport->splices;
	pu_tls_cert_fini(&transport->identity.cert);
	return err;
}

static enum pu_err listen_at(struct transport *transport, const struct pu_multiaddr *addr)
{
	enum pu_carrier carrier = pu_multiaddr_carrier(addr);
	struct sockaddr_storage sockaddr;
	socklen_t len;
	enum pu_err err = pu_multiaddr_to_sockaddr(addr, &sockaddr, &len);
	if (err != PU_OK)
		return err;
	if (carrier == PU_CARRIER_QUIC)
		return transport_engine_listen(&transport->engine, (struct sockaddr *)&sockaddr);
	return transport_tcp_conn_listen(transport, carrier, (struct sockaddr *)&sockaddr);
}

static enum pu_err listen_on(struct transport *transport, const char *text)
{
	struct pu_multiaddr addr;
	enum pu_err err = pu_multiaddr_parse(text, &addr);
	if (err == PU_OK)
		err = listen_at(transport, &addr);
	if (err == PU_EUNSUPPORTED)
		pu_warn("listen.skipped", "addr=%s reason=%s", text,
		        "neither QUIC, TCP nor a WebSocket with what it needs");
	else if (err != PU_OK)
		pu_error("listen.failed", "addr=%s code=%s reason=%s", text, pu_err_code(err),
		         pu_strerror(err));
	return err;
}

/* An address that cannot be had ends the service, except that a machine without IPv6 (or IPv4)
 * does with the other. */
static bool listen_all(struct transport *transport)
{
	const struct pu_strings *texts = &pu_host_config(transport->host)->network.listen_addresses;
	for (size_t i = 0; i < texts->len; i++) {
		if (listen_on(transport, texts->items[i]) != PU_EBUSY)
			continue;
		pu_host_fail(transport->host, false, "transport.start",
		             "another program uses the port of %s", texts->items[i]);
		return false;
	}
	if (transport->engine.sockets_len + transport->engine.listeners_len > 0)
		return true;
	pu_host_fail(transport->host, false, "transport.start", "%s",
	             "none of network.listen_addresses can be listened on");
	return false;
}

static void log_listening(const struct transport *transport)
{
	for (size_t i = 0; i < transport->own.listen_len; i++) {
		char text[PU_MULTIADDR_TEXT_MAX];
		pu_info("listening", "addr=%s", pu_multiaddr_print(&transport->own.listen[i], text));
	}
}

/* ---- addresses of this machine ---- */

/* What goes through the old addresses may be dead, and what led nowhere may lead somewhere. */
static void on_readdress(struct transport_deadline *deadline)
{
	struct transport *transport = PU_CONTAINER_OF(deadline, struct transport, readdress);
	transport_watch_all(transport);
	transport_relays_retry(transport->relays);
	transport_swarm_retry(transport);
	if (!transport_own_addrs_refresh(transport))
		return;
	log_listening(transport);
	transport_identity_sign_record(transport);
	pu_host_note(transport->host, "listening on %zu addresses", transport->own.listen_len);
}

static void on_interfaces_changed(void *user)
{
	struct transport *transport = user;
	if (transport->readdress.node.index == 0)
		transport_deadline_set(&transport->timers, &transport->readdress,
		                       TRANSPORT_READDRESS_MS, on_readdress);
}

static void on_identity(struct transport *transport)
{
	enum pu_err err = start_engine(transport);
	if (err == PU_OK)
		err = transport_handoff_new(transport, &transport->handoff);
	if (err != PU_OK)
		pu_host_fail(transport->host, false, "transport.start", "%s", pu_strerror(err));
	if (err != PU_OK || !listen_all(transport))
		return;
	transport_own_addrs_refresh(transport);
	log_listening(transport);
	transport_identity_sign_record(transport);
	transport->interfaces =
	    transport_interfaces_new(transport->loop, on_interfaces_changed, transport);
	transport->relays = transport_relays_new(transport);
	pu_host_note(transport->host, "listening on %zu addresses", transport->own.listen_len);
	pu_host_ready(transport->host);
}

enum pu_err transport_start(struct pu_host *host, void *state)
{
	struct transport *transport = state;
	transport->host = host;
	transport->loop = pu_host_loop(host);
	transport_timers_init(&transport->timers, transport->loop);
	transport_swarm_init(transport);
	pu_map_init(&transport->sources);
	pu_rates_init(&transport->knocks, TRANSPORT_KNOCKS_MAX);
	pu_list_init(&transport->tcp_conns);
	transport_relay_init(transport);
	transport_identity_start(transport, on_identity);
	return PU_OK;
}

/* ---- changes ---- */

void transport_on_auth_changed(void *state, const struct pu_message *event)
{
	(void)event;
	transport_swarm_recheck(state);
	transport_swarm_retry(state);
}

void transport_on_naming_changed(void *state, const struct pu_message *event)
{
	(void)event;
	transport_swarm_retry(state);
}

/* Whatever changed while nobody listened. */
void transport_connected(void *state, enum pu_service service)
{
	if (service == PU_SERVICE_AUTH)
		transport_swarm_recheck(state);
}

static bool same_strings(const struct pu_strings *a, const struct pu_strings *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

/* What belongs to sockets and connections that exist. */
static bool needs_restart(const struct pu_config *old, const struct pu_config *config)
{
	const struct pu_config_limits *a = &old->limits, *b = &config->limits;
	return !same_strings(&old->network.listen_addresses, &config->network.listen_addresses) ||
	       old->network.congestion_control != config->network.congestion_control ||
	       old->network.idle_timeout_ms != config->network.idle_timeout_ms ||
	       old->network.keep_alive_ms != config->network.keep_alive_ms ||
	       a->connections < b->connections || a->pending_handshakes != b->pending_handshakes ||
	       a->streams_per_connection != b->streams_per_connection ||
	       a->handshake_timeout_ms != b->handshake_timeout_ms || a->memory != b->memory ||
	       a->stream_window != b->stream_window ||
	       a->stream_window_max != b->stream_window_max ||
	       a->connection_window != b->connection_window ||
	       a->connection_window_max != b->connection_window_max;
}

/* All other options are read where they are used. */
void transport_reload(void *state, const struct pu_config *old)
{
	struct transport *transport = state;
	const struct pu_config *config = pu_host_config(transport->host);
	if (needs_restart(old, config))
		pu_warn("reload.partly", "reason=%s",
		        "addresses, congestion control, times, windows and larger limits of "
		        "connections take effect when transport is started again");
	if (transport->handoff == NULL)
		return; /* not serving yet */
	transport_trim(transport);
	transport_relay_reload(transport);
	if (old->relay.serve != config->relay.serve)
		transport_push_later(transport);
	if (!same_strings(&old->relay.addresses, &config->relay.addresses))
		transport_relays_reload(transport->relays);
	if (strcmp(old->ping_pong.id, config->ping_pong.id) != 0 ||
	    old->ping_pong.enabled != config->ping_pong.enabled)
		transport_push_later(transport);
	if (transport_own_addrs_refresh(transport))
		transport_identity_sign_record(transport);
}

/* ---- end ---- */

/* Ends all connections and with them everything that hangs on them. */
static void say_goodbye(struct transport *transport)
{
	if (transport->draining)
		return;
	transport->draining = true;
	if (transport->engine.quic == NULL)
		return;
	if (transport->engine.upgrader != NULL)
		pu_upgrader_shutdown(transport->engine.upgrader, CONN_CODE_SHUTDOWN, "shutting down");
	transport_engine_flush(&transport->engine); /* circuits end before what carries them */
	pu_quic_endpoint_shutdown(transport->engine.quic, CONN_CODE_SHUTDOWN, "shutting down");
	transport_engine_flush(&transport->engine);
}

void transport_drain(void *state)
{
	struct transport *transport = state;
	say_goodbye(transport);
	pu_host_drained(transport->host);
}

void transport_stop(void *state)
{
	struct transport *transport = state;
	say_goodbye(transport);
	transport_interfaces_free(transport->interfaces);
	transport_handoff_free(transport->handoff);
	transport_relay_fini(transport);
	transport_relays_free(transport->relays);
	transport->relays = NULL;
	transport_watch_fini(transport);
	transport_swarm_fini(transport);
	transport_tcp_conn_fini(transport);
	transport_engine_fini(&transport->engine);
	transport_identity_fini(transport);
	transport_own_addrs_fini(&transport->own);
	pu_map_fini(&transport->sources);
	pu_rates_fini(&transport->knocks);
	transport_timers_fini(&transport->timers);
}
