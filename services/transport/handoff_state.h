/* What the parts of the stream handoff share: channels, registrations, streams. Private to
 * handoff*.c. */
#ifndef TRANSPORT_HANDOFF_STATE_H
#define TRANSPORT_HANDOFF_STATE_H

#include "handoff.h"
#include "io_pump.h"
#include "proto/handoff.h"
#include "swarm.h"

struct handoff_channel {
	struct pu_list_node node;
	struct transport_handoff *handoff;
	struct pu_channel *channel;
	struct pu_map streams; /* struct handoff_key -> struct handoff_stream */
	struct pu_list needs;  /* struct handoff_need */
};

struct handoff_need {
	struct pu_list_node node;
	struct transport_peer *peer;
};

struct handoff_registration {
	struct pu_list_node node;
	struct transport_handoff *handoff;
	char *pattern;                   /* exact, or ending in '*' */
	struct handoff_channel *channel; /* NULL: vacant */
	struct transport_deadline vacant;
};

struct handoff_key {
	uint64_t id;
	uint64_t inbound;
};

enum handoff_stream_state {
	HANDED_CONNECTING, /* outbound: a connection to the peer is being made */
	HANDED_STARVED,    /* outbound: no stream credit */
	HANDED_OFFERED,    /* inbound: the service has not answered, or is not there */
	HANDED_PUMPING,
};

/* One stream that a process opened, or is asked to take. */
struct handoff_stream {
	struct pu_list_node in_waiting; /* connecting, starved or offered ones */
	struct transport_handoff *handoff;
	struct handoff_channel *channel; /* NULL: its process is gone, or not there yet */
	struct handoff_key key;
	enum handoff_stream_state state;
	struct transport_waiter waiter;
	struct transport_deadline deadline;
	struct transport_substream *substream;
	struct pu_peer_id peer;
	char *protocol;
	int fd;     /* to pump; -1 = none yet */
	int answer; /* the other end of a socketpair, for the process; -1 = none */
};

struct transport_handoff {
	struct transport *transport;
	struct pu_channel_listener *listener;
	struct pu_list channels, registrations;
	struct pu_list connecting, starved, offered; /* struct handoff_stream */
	size_t channels_len, registrations_len;
	uint64_t next_id;
};

/* handoff_stream.c: one stream. */
void handoff_send_to(struct handoff_channel *channel, enum pu_msg id, const void *message,
                     int fd);
void handoff_send_failed(struct handoff_channel *channel, uint64_t id, enum pu_err err,
                         const char *text);
struct handoff_stream *handoff_stream_new(struct transport_handoff *handoff,
                                          const char *protocol);
void handoff_stream_free(struct handoff_stream *handed); /* not the substream */
void handoff_stream_join(struct handoff_stream *handed, struct handoff_channel *channel);
void handoff_stream_leave(struct handoff_stream *handed);
struct pu_bytes handoff_stream_key(const struct handoff_stream *handed);
/* Makes the pump of its descriptor, which is consumed in any case. */
enum pu_err handoff_stream_pump(struct handoff_stream *handed,
                                struct transport_pump **pump) PU_MUST_CHECK;

/* handoff_out.c, handoff_in.c: what processes ask for. fd is -1 or the callee's. */
void handoff_on_open(struct handoff_channel *channel, const void *message, int fd);
void handoff_on_register(struct handoff_channel *channel, const void *message, int fd);
void handoff_on_accept(struct handoff_channel *channel, const void *message, int fd);
void handoff_on_refused(struct handoff_channel *channel, const void *message, int fd);
/* The process is gone: its registrations stay vacant for a while. */
void handoff_registrations_vacate(struct transport_handoff *handoff,
                                  struct handoff_channel *channel);
void handoff_registration_free(struct handoff_registration *registration);

#endif
