/* Knows what the skeleton and the other services are to a simulated host: messages are counted,
 * questions answered as the test says. */
#include "net_host.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "p2p/envelope.h"
#include "p2p/relay_voucher.h"

struct pu_client {
	struct net_node *node;
};

struct pu_host {
	struct pu_client client;
};

struct ask {
	struct pu_list_node node;
	uint64_t id, at_ms;
	enum pu_msg message;
	pu_answer_fn answered;
	void *user;
	char peer[128];
	uint8_t voucher[PU_RELAY_VOUCHER_MAX]; /* that auth shall sign */
	size_t voucher_len;
};

uv_loop_t *pu_host_loop(const struct pu_host *host)
{
	return &host->client.node->net->loop;
}

const struct pu_config *pu_host_config(const struct pu_host *host)
{
	return &host->client.node->config;
}

const struct pu_roster *pu_host_roster(const struct pu_host *host)
{
	(void)host;
	return NULL;
}

struct pu_client *pu_host_client(struct pu_host *host, enum pu_service to)
{
	(void)to;
	return &host->client;
}

void pu_host_ready(struct pu_host *host)
{
	(void)host;
}

void pu_host_note(struct pu_host *host, const char *fmt, ...)
{
	(void)host;
	(void)fmt;
}

void pu_host_drained(struct pu_host *host)
{
	(void)host;
}

void pu_host_fail(struct pu_host *host, bool permanent, const char *event, const char *fmt, ...)
{
	(void)host;
	(void)permanent;
	(void)fmt;
	cr_assert_fail("%s", event);
}

/* Whatever is told must fit into its message. */
void pu_host_publish(struct pu_host *host, enum pu_msg id, const void *event)
{
	struct net_node *node = host->client.node;
	struct pu_buffer buffer;
	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	cr_expect(pu_encode(&buffer, id, event) == PU_OK);
	pu_buffer_fini(&buffer);
	node->events[id]++;
	if (id == PU_MSG_PEER_DOWN) {
		const struct pu_peer_down *down = event;
		snprintf(node->down_reason, sizeof(node->down_reason), "%s", down->reason);
		node->down_code = down->code;
	} else if (id == PU_MSG_PEER_IDENTIFIED) {
		node->identified_addresses = ((const struct pu_peer_identified *)event)->addresses.len;
	}
}

static void keep_voucher(struct ask *ask, const struct pu_auth_sign *sign)
{
	if (strcmp(sign->purpose, "voucher") != 0)
		return;
	cr_assert(sign->payload.len <= sizeof(ask->voucher));
	memcpy(ask->voucher, sign->payload.data, sign->payload.len);
	ask->voucher_len = sign->payload.len;
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	(void)deadline_ms;
	struct net_node *node = client->node;
	struct ask *ask = PU_NEW(struct ask);
	*ask = (struct ask){.id = ++node->next_ask,
	                    .at_ms = pu_now_ns() / PU_NS_PER_MS,
	                    .message = id,
	                    .answered = answered,
	                    .user = user};
	if (id == PU_MSG_AUTH_CHECK)
		snprintf(ask->peer, sizeof(ask->peer), "%s",
		         ((const struct pu_auth_check *)message)->peer);
	else if (id == PU_MSG_NAMING_ADDRESSES)
		snprintf(ask->peer, sizeof(ask->peer), "%s",
		         ((const struct pu_naming_addresses *)message)->peer);
	else if (id == PU_MSG_AUTH_SIGN)
		keep_voucher(ask, message);
	node->asked[id]++;
	pu_list_append(&node->asks, &ask->node);
	return ask->id;
}

void pu_client_cancel(struct pu_client *client, uint64_t id)
{
	PU_LIST_FOREACH(node, &client->node->asks) {
		struct ask *ask = PU_LIST_ENTRY(node, struct ask, node);
		if (ask->id != id)
			continue;
		pu_list_remove(node);
		pu_free(ask);
		return;
	}
}

static void answer_addresses(struct net_node *node, const struct ask *ask)
{
	struct pu_naming_address found[NET_NODES_MAX + 1] = {0};
	char text[PU_MULTIADDR_TEXT_MAX];
	struct pu_naming_known known = {.name = "", .peer_id = ask->peer, .addresses = {found, 0}};
	struct pu_multiaddr addr;
	if (node->also != NULL)
		found[known.addresses.len++].address = node->also;
	for (size_t i = 0; i < node->net->len && !node->unnamed; i++) {
		const struct net_node *other = &node->net->nodes[i];
		if (strcmp(other->transport.identity.text, ask->peer) == 0 &&
		    pu_multiaddr_from_sockaddr(&other->sim->addr.sa, PU_CARRIER_QUIC, &addr) == PU_OK)
			found[known.addresses.len++].address = pu_multiaddr_print(&addr, text);
	}
	ask->answered(ask->user, PU_OK, "", &known);
}

static void sign_voucher(const struct net_node *node, const struct ask *ask)
{
	struct pu_public_key key = pu_key_public(&node->sim->key);
	uint8_t bytes[256], signature[PU_ED25519_SIGNATURE_LEN], pb[PU_ED25519_PUBLIC_PB_LEN];
	struct pu_writer to_sign = pu_writer(bytes, sizeof(bytes)), out = pu_writer(pb, sizeof(pb));
	pu_envelope_signed_bytes(&pu_envelope_relay_voucher,
	                         pu_bytes(ask->voucher, ask->voucher_len), &to_sign);
	pu_key_sign(&node->sim->key, pu_writer_bytes(&to_sign), signature);
	pu_public_key_encode(&key, &out);
	signature[0] ^= node->forges;
	struct pu_auth_signature answer = {.signature = pu_bytes(signature, sizeof(signature)),
	                                   .public_key = pu_writer_bytes(&out)};
	ask->answered(ask->user, PU_OK, "", &answer);
}

static void answer(struct net_node *node, const struct ask *ask)
{
	const uint8_t zeros[64] = {0};
	struct pu_auth_verdict verdict = {
	    .allowed = !node->denied,
	    .guest = node->guests,
	    .reason = node->denied ? "not in authorized_keys" : "authorized",
	};
	struct pu_auth_signature signature = {.signature = pu_bytes(zeros, sizeof(zeros))};
	if (ask->message == PU_MSG_NAMING_ADDRESSES)
		answer_addresses(node, ask);
	else if (node->auth_silent)
		ask->answered(ask->user, PU_ETIMEOUT, "auth does not answer", NULL);
	else if (node->auth_fails != PU_OK)
		ask->answered(ask->user, node->auth_fails, "cannot ask auth", NULL);
	else if (ask->message == PU_MSG_AUTH_CHECK)
		ask->answered(ask->user, PU_OK, "", &verdict);
	else if (ask->voucher_len > 0)
		sign_voucher(node, ask);
	else
		ask->answered(ask->user, PU_OK, "", &signature);
}

static bool is_due(const struct net_node *node, const struct ask *ask)
{
	return ask->message == PU_MSG_NAMING_ADDRESSES || !node->auth_silent ||
	       pu_now_ns() / PU_NS_PER_MS - ask->at_ms >= PU_ASK_DEADLINE_MS;
}

void net_host_answer(struct net_node *node)
{
	struct pu_list_node *it = pu_list_first(&node->asks);
	while (it != NULL) {
		struct ask *ask = PU_LIST_ENTRY(it, struct ask, node);
		if (!is_due(node, ask))
			return; /* the others came later */
		pu_list_remove(it);
		answer(node, ask);
		pu_free(ask);
		it = pu_list_first(&node->asks);
	}
}

void net_host_init(struct net_node *node)
{
	node->host = PU_NEW(struct pu_host);
	node->host->client.node = node;
	node->transport.host = node->host;
	pu_list_init(&node->asks);
}

void net_host_fini(struct net_node *node)
{
	PU_LIST_FOREACH(it, &node->asks)
		pu_free(PU_LIST_ENTRY(it, struct ask, node));
	pu_free(node->host);
}
