/* Tells when this machine gains or loses an address. */
#ifndef TRANSPORT_IO_INTERFACES_H
#define TRANSPORT_IO_INTERFACES_H

#include <uv.h>

struct transport_interfaces;

/* NULL when the system does not tell; addresses are then read at the start and on reload only.
 * on_changed comes once per batch of news, which may be about anything. */
struct transport_interfaces *
transport_interfaces_new(uv_loop_t *loop, void (*on_changed)(void *user), void *user);
/* Accepts NULL; the loop must turn once more. */
void transport_interfaces_free(struct transport_interfaces *interfaces);

#endif
