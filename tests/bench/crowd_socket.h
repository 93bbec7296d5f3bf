/* One UDP socket for the connections of many addresses, all of which lead here. */
#ifndef CROWD_SOCKET_H
#define CROWD_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "quic/endpoint.h"

/* `prefix`: the two first bytes of the addresses, as in 10.88. Ends the process on failure. */
void crowd_socket_open(const char *host, const char *port, const char *prefix);
/* From the address of the client of that number. */
struct pu_quic_path crowd_socket_path(size_t client);
/* The endpoint's send(). */
size_t crowd_socket_send(void *user, const struct pu_quic_datagrams *out);
/* Waits until a time or a datagram, then lets the endpoint work. True: there is something on
 * standard input. */
bool crowd_socket_turn(struct pu_quic_endpoint *endpoint, uint64_t until);

__attribute__((noreturn)) void crowd_die(const char *what);

#endif
