/* Knows how a closed connection keeps answering for a while without a connection's memory. */
#include "quic/tomb.h"

#include <string.h>

#include "quic/output.h"
#include "quic/route.h"

void pu_quic_tomb_new(struct pu_quic_conn *conn, struct pu_bytes packet, uint64_t until)
{
	struct pu_quic_endpoint *ep = conn->ep;
	struct pu_quic_tomb *tomb;

	if (ep->stats.tombs >= PU_QUIC_TOMBS_MAX)
		pu_quic_tomb_free(ep,
		                  PU_LIST_ENTRY(pu_list_first(&ep->tombs), struct pu_quic_tomb, in_ep));
	tomb = pu_zalloc(sizeof(*tomb) + packet.len);
	tomb->owner.is_tomb = true;
	tomb->path = conn->path;
	tomb->len = packet.len;
	if (packet.len > 0)
		memcpy(tomb->packet, packet.data, packet.len);
	pu_quic_route_move(ep, &conn->owner, &tomb->owner);
	pu_list_append(&ep->tombs, &tomb->in_ep);
	pu_heap_set(&ep->deadlines, &tomb->owner.timer, until);
	ep->stats.tombs++;
}

void pu_quic_tomb_free(struct pu_quic_endpoint *ep, struct pu_quic_tomb *tomb)
{
	pu_quic_route_del_all(ep, &tomb->owner);
	pu_heap_remove(&ep->deadlines, &tomb->owner.timer);
	pu_list_remove(&tomb->in_ep);
	ep->stats.tombs--;
	pu_free(tomb);
}

void pu_quic_tomb_input(struct pu_quic_endpoint *ep, struct pu_quic_tomb *tomb,
                        const struct pu_quic_path *path)
{
	tomb->packets_in++;
	if (tomb->len == 0 || (tomb->packets_in & (tomb->packets_in - 1)) != 0)
		return;
	pu_quic_output_single(ep, path, pu_bytes(tomb->packet, tomb->len));
}
