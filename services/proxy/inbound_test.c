/* Inbound streams against a host of the test's own: how far they get, and what they may take.
 */
#include "inbound.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "limits.h"
#include "skeleton/test_host.h"

static struct pu_host host;
static struct proxy proxy;
static uint64_t last_id;

/* ---- auth, which takes its time ---- */

struct pu_client *pu_host_client(struct pu_host *of, enum pu_service to)
{
	(void)of;
	cr_assert_eq(to, PU_SERVICE_AUTH);
	return NULL;
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	(void)client;
	(void)message;
	(void)deadline_ms;
	(void)answered;
	(void)user;
	cr_assert_eq(id, PU_MSG_AUTH_CHECK);
	return 1;
}

/* ---- transport ---- */

static struct {
	unsigned count;
	enum pu_err err;
	char text[128];
} refused;

void pu_streams_accept(struct pu_streams *streams, uint64_t id, int fd)
{
	(void)streams;
	(void)id;
	close(fd);
}

void pu_streams_refuse(struct pu_streams *streams, uint64_t id, enum pu_err err,
                       const char *text)
{
	(void)streams;
	cr_assert_eq(id, last_id);
	refused.count++;
	refused.err = err;
	snprintf(refused.text, sizeof(refused.text), "%s", text);
}

/* ---- targets ---- */

void proxy_connector_connect(struct proxy_connector *connector, const char *peer_id,
                             const struct proxy_endpoint *target, proxy_connected_fn connected,
                             void *user)
{
	(void)connector;
	(void)peer_id;
	(void)target;
	(void)connected;
	(void)user;
	cr_assert_fail("auth has not spoken");
}

/* ---- what the tests say ---- */

static void begin(void)
{
	struct pu_exposed about = {.name = "web", .target = "localhost:80", .enabled = true};
	size_t unknown;

	uv_loop_init(&host.loop);
	proxy.host = &host;
	pu_list_init(&proxy.inbound);
	proxy_exposed_init(&proxy.exposed);
	proxy_access_init(&proxy.access, PROXY_VERDICTS_MAX, PROXY_VERDICT_TTL_MS);
	proxy_usage_init(&proxy.usage, PROXY_USAGE_MAX);
	proxy_flows_init(&proxy.flows, PROXY_STREAMS_MAX);
	cr_assert_eq(proxy_exposed_add(&proxy.exposed, &about, NULL, NULL, &unknown), PU_OK);
}

static void end(void)
{
	proxy_inbound_stop(&proxy);
	cr_assert_eq(proxy.inbound_len, 0);
	proxy_flows_fini(&proxy.flows);
	proxy_usage_fini(&proxy.usage);
	proxy_access_fini(&proxy.access);
	proxy_exposed_fini(&proxy.exposed);
	cr_assert_eq(uv_loop_close(&host.loop), 0);
}

TestSuite(inbound, .init = begin, .fini = end);

static void peer_opens(const char *peer)
{
	struct pu_stream_inbound about = {
	    .id = ++last_id, .peer = peer, .protocol = "/peerup/web/1.0.0", .address = ""};

	proxy_inbound_open(&proxy, &about);
}

Test(inbound, one_peer_takes_a_quarter_of_the_room)
{
	for (unsigned i = 0; i < PROXY_INBOUND_PEER_MAX; i++)
		peer_opens("greedy");
	cr_assert_eq(refused.count, 0);
	peer_opens("greedy");
	cr_assert_eq(refused.count, 1);
	cr_assert_eq(refused.err, PU_ELIMIT);
	cr_assert_str_eq(refused.text, "too many streams of this peer wait");
	peer_opens("modest");
	cr_assert_eq(refused.count, 1);
}

Test(inbound, all_peers_together_have_a_bound)
{
	for (unsigned i = 0; i < PROXY_INBOUND_MAX; i++) {
		char peer[16];

		snprintf(peer, sizeof(peer), "%u", i % 8);
		peer_opens(peer);
	}
	cr_assert_eq(refused.count, 0);
	peer_opens("late");
	cr_assert_eq(refused.err, PU_ELIMIT);
	cr_assert_str_eq(refused.text, "too many streams");
}
