/* Two ends of a secure channel in memory, for tests. */
#ifndef PU_SECURE_SECURE_SIM_H
#define PU_SECURE_SECURE_SIM_H

#include "base/buffer.h"
#include "secure/secure.h"

struct secure_end {
	struct pu_secure *secure;
	struct pu_buffer wire;  /* on its way to this end */
	struct pu_buffer input; /* arrived, not taken yet */
	struct pu_buffer plain; /* what came out */
	size_t records;         /* with data */
	bool established, failed, ended;
};

/* Owns `secure`. */
void secure_end_init(struct secure_end *end, struct pu_secure *secure);
void secure_end_fini(struct secure_end *end);

/* What `from` has to say goes onto the wire to `to`. */
void secure_flush(struct secure_end *from, struct secure_end *to);
/* Delivers everything that is on the wire to `end`, `chunk` bytes at a time. */
void secure_deliver(struct secure_end *end, size_t chunk);
/* Both ways until both are silent. */
void secure_pump(struct secure_end *a, struct secure_end *b, size_t chunk);
/* The handshake from the first end of two up to its message `n` (0 to 2), which stays on the
 * wire; answers the end that it is for. */
struct secure_end *secure_run_until(struct secure_end ends[2], size_t n);
/* Seals data as one record of up to 3 pieces, onto the wire to `to`; answers the record's
 * length, 0 if it could not be sealed. */
size_t secure_send(struct secure_end *from, struct secure_end *to, const void *data,
                   size_t len);
/* Records of all lengths both ways, most of them short, in pieces that do not fit them. Whether
 * all of it came out. */
bool secure_exchange(struct secure_end *a, struct secure_end *b, size_t rounds, size_t len_max);

#endif
