/* A network in memory for tests and measurements: endpoints with addresses, a virtual clock,
 * and a seeded wire that delays, loses, doubles and reorders. Not part of the product. */
#ifndef PU_QUIC_SIM_H
#define PU_QUIC_SIM_H

#include "base/clock.h"
#include "base/heap.h"
#include "quic/endpoint.h"

#define SIM_HOSTS_MAX 4

struct sim_wire {
	uint64_t delay, jitter;          /* ns, one way */
	double loss, duplicate, reorder; /* probabilities */
	size_t mtu;                      /* longer UDP payloads vanish */
	uint64_t rate;                   /* bytes per second; 0 = infinite */
	size_t queue_max;                /* bytes waiting when there is a rate */
};

struct sim_host {
	struct sim *sim;
	size_t index;
	struct pu_quic_endpoint *ep;
	struct pu_quic_callbacks cb; /* the test's; send and accept are ours */
	struct pu_quic_config config;
	struct pu_peer_id id;
	struct pu_key key;         /* of the same identity */
	struct pu_quic_addr local; /* where it believes to be */
	struct pu_quic_addr addr;  /* where others find it */
	bool spoof_ports;          /* every datagram from another port */
	bool blocked;              /* the socket takes nothing */
	size_t gso_left;           /* datagrams until it blocks by itself; 0 = never */
	void *test;
};

struct sim {
	uint64_t now;
	uint64_t random;
	struct sim_wire wire;
	struct sim_host hosts[SIM_HOSTS_MAX];
	size_t hosts_len;
	struct pu_heap flying;
	uint64_t link_free_at[SIM_HOSTS_MAX], last_arrival[SIM_HOSTS_MAX];
	uint64_t datagrams, lost, steps;
	/* Sees each datagram sent; false = it is lost. May be NULL. */
	bool (*tap)(struct sim *sim, const struct sim_host *from, const uint8_t *data, size_t len);
};

void sim_init(struct sim *sim, uint64_t seed);
void sim_fini(struct sim *sim);
uint64_t sim_random(struct sim *sim);
/* A host with defaults to be changed before sim_start(). */
struct sim_host *sim_add(struct sim *sim, const struct pu_quic_callbacks *cb, void *test);
/* Makes the endpoint (again, with the same secret and a new identity key if there was one). */
void sim_start(struct sim_host *host);
/* The process dies: nothing is sent any more. */
void sim_kill(struct sim_host *host);
struct pu_quic_conn *sim_dial(struct sim_host *from, const struct sim_host *to,
                              const struct pu_peer_id *expected, void *user);
/* Whoever sends to this host's old address finds nobody from now on. */
void sim_move(struct sim_host *host, uint16_t port);

/* Lets everybody flush, then goes to the next event; false: nothing will ever happen. */
bool sim_step(struct sim *sim);
/* Steps until the time has passed or (*done)(test) says so; true: done. */
bool sim_run(struct sim *sim, uint64_t duration, bool (*done)(void *test), void *test);
/* One datagram from nowhere. */
void sim_inject(struct sim_host *to, const struct sim_host *from, const uint8_t *data,
                size_t len);

#endif
