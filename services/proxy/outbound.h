/* Forwards at work: who they lead to, where they listen, and the clients that come. */
#ifndef PROXY_OUTBOUND_H
#define PROXY_OUTBOUND_H

#include "proxy.h"

/* Makes the permanent forwards what the wishes say; those that are so already are not touched.
 */
void proxy_outbound_apply(struct proxy *proxy, const struct proxy_wish *wishes, size_t len);

/* An ephemeral forward; the request is answered once it listens or cannot. */
void proxy_outbound_ask(struct proxy *proxy, const struct proxy_wish *wish,
                        struct pu_request *request);
/* Closes the forward and frees it. Its streams go on until they end by themselves. */
void proxy_outbound_end(struct proxy_forward *forward);

/* Names have changed: asks again whom each forward leads to. */
void proxy_outbound_resolve_again(struct proxy *proxy);
/* Takes no more clients; they wait in the sockets. */
void proxy_outbound_pause(struct proxy *proxy);
/* Gives up everything as the process ends. */
void proxy_outbound_stop(struct proxy *proxy);

/* Where it really listens, or wants to. Returns `out`. */
const char *proxy_outbound_listen(const struct proxy_forward *forward,
                                  char out[PROXY_ENDPOINT_MAX]);

/* ---- clients.c ---- */

/* A client connected to the forward `user`. */
void proxy_clients_accept(void *user, int fd);
/* Transport is there (again): takes the clients that were held. */
void proxy_clients_connected(struct proxy *proxy);
/* The client was held for as long as it may be. */
void proxy_clients_give_up(struct proxy_forward *forward, int fd);
void proxy_clients_opened(struct proxy *proxy, uint64_t id, enum pu_err err, const char *text);
void proxy_clients_closed(struct proxy *proxy, const struct pu_stream_closed *closed);

#endif
