/* Two hosts that are connected, a process at each one's stream.sock, and what these do. */
#ifndef TRANSPORT_NET_STAGE_H
#define TRANSPORT_NET_STAGE_H

#include "net_sim.h"

/* A process at stream.sock of a node. */
struct net_service {
	struct pu_channel *channel;
	unsigned opened, failed, closed, inbound;
	uint64_t id; /* of the last message */
	char code[32], text[256], protocol[256];
	uint64_t bytes_in, bytes_out;
	int fd;    /* that came last; the test's */
	bool gone; /* transport closed the channel */
};
void net_service_start(struct net_service *service, struct net_node *node);
void net_service_stop(struct net_service *service); /* as SIGKILL would */
void net_service_send(struct net_service *service, enum pu_msg id, const void *message, int fd);

#define ECHO_PROTOCOL "/peerup/echo/1.0.0"

/* The stage: client at a, server at b, a dialed b. One test runs at a time. */
extern struct net net;
extern struct net_node *a, *b;
extern struct net_service client, server;
extern struct transport_conn *conn; /* a's */

void stage_begin(void);
void stage_end(void);

void stage_registers(struct net_service *service, const char *protocol);
/* The client opens a stream to b. */
void stage_opens(uint64_t id, const char *protocol, int fd);
/* The last stream that the service was offered. */
void stage_accepts(struct net_service *service, int fd);
void stage_refuses(const char *code); /* the server */
void stage_nonblocking(int fd);
/* The test's end of a pair whose other end goes to transport. */
int stage_pair(int *theirs);
/* A stream all the way: the program at `here` talks with the one at `there`. */
void stage_through(int *here, int *there);
bool stage_gives(int fd, const char *text);
void stage_says(int fd, const char *text);

#endif
