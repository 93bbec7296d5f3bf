/* Knows what the processes around transport do in its tests. */
#include "net_stage.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct net net;
struct net_node *a, *b;
struct net_service client, server;
struct transport_conn *conn;

/* ---- processes at stream.sock ---- */

static void take_fd(struct net_service *service, int fd)
{
	if (fd < 0)
		return;
	if (service->fd >= 0)
		close(service->fd);
	service->fd = fd;
}

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	(void)channel;
	struct net_service *service = user;
	take_fd(service, fd);
	if (message->row->id == PU_MSG_STREAM_OPENED) {
		service->opened++;
		service->id = ((const struct pu_stream_opened *)message->body)->id;
	} else if (message->row->id == PU_MSG_STREAM_INBOUND) {
		const struct pu_stream_inbound *inbound = message->body;
		service->inbound++;
		service->id = inbound->id;
		snprintf(service->protocol, sizeof(service->protocol), "%s", inbound->protocol);
	} else if (message->row->id == PU_MSG_STREAM_FAILED) {
		const struct pu_stream_failed *failed = message->body;
		service->failed++;
		service->id = failed->id;
		snprintf(service->code, sizeof(service->code), "%s", failed->code);
		snprintf(service->text, sizeof(service->text), "%s", failed->message);
	} else if (message->row->id == PU_MSG_STREAM_CLOSED) {
		const struct pu_stream_closed *closed = message->body;
		service->closed++;
		service->id = closed->id;
		service->bytes_in = closed->bytes_in;
		service->bytes_out = closed->bytes_out;
		snprintf(service->code, sizeof(service->code), "%s", closed->code);
		snprintf(service->text, sizeof(service->text), "%s", closed->message);
	}
}

static void on_closed(void *user, struct pu_channel *channel)
{
	(void)channel;
	((struct net_service *)user)->gone = true;
}

static const struct pu_channel_ops service_ops = {
    .on_message = on_message,
    .on_closed = on_closed,
};

void net_service_start(struct net_service *service, struct net_node *node)
{
	int fd;
	char *path = pu_config_runtime_path(&node->config, PU_STREAM_SOCKET);
	*service = (struct net_service){.fd = -1};
	cr_assert(pu_channel_connect(path, &fd) == PU_OK);
	pu_free(path);
	cr_assert(pu_channel_new(&service->channel, &node->net->loop, fd, &service_ops, service) ==
	          PU_OK);
	pu_channel_set_peer(service->channel, PU_SERVICE_TRANSPORT);
}

void net_service_stop(struct net_service *service)
{
	pu_channel_free(service->channel);
	if (service->fd >= 0)
		close(service->fd);
	service->fd = -1;
}

void net_service_send(struct net_service *service, enum pu_msg id, const void *message, int fd)
{
	cr_assert(pu_channel_send(service->channel, id, message, fd) == PU_OK);
}

/* ---- the stage ---- */

void stage_begin(void)
{
	net_init(&net);
	a = net_add(&net);
	b = net_add(&net);
	conn = net_join(a, b);
	net_service_start(&client, a);
	net_service_start(&server, b);
	net_sleep(&net, 20);
}

void stage_end(void)
{
	net_service_stop(&client);
	net_service_stop(&server);
	net_fini(&net);
}

/* ---- what processes say ---- */

void stage_registers(struct net_service *service, const char *protocol)
{
	struct pu_stream_register message = {.id = 1, .protocol = protocol};
	net_service_send(service, PU_MSG_STREAM_REGISTER, &message, -1);
	net_sleep(&net, 20);
}

void stage_opens(uint64_t id, const char *protocol, int fd)
{
	struct pu_stream_open message = {
	    .id = id, .peer = b->transport.identity.text, .protocol = protocol};
	net_service_send(&client, PU_MSG_STREAM_OPEN, &message, fd);
	net_sleep(&net, 50);
}

void stage_accepts(struct net_service *service, int fd)
{
	struct pu_stream_accept message = {.id = service->id};
	net_service_send(service, PU_MSG_STREAM_ACCEPT, &message, fd);
	net_sleep(&net, 50);
}

void stage_refuses(const char *code)
{
	struct pu_stream_failed message = {.id = server.id, .code = code, .message = "no"};
	net_service_send(&server, PU_MSG_STREAM_FAILED, &message, -1);
	net_sleep(&net, 50);
}

void stage_nonblocking(int fd)
{
	cr_assert(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

int stage_pair(int *theirs)
{
	int fds[2];
	cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	stage_nonblocking(fds[0]);
	*theirs = fds[1];
	return fds[0];
}

void stage_through(int *here, int *there)
{
	int theirs;
	stage_registers(&server, "/peerup/*");
	*here = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.opened == 1 && server.inbound == 1, "%s", client.text);
	*there = stage_pair(&theirs);
	stage_accepts(&server, theirs);
}

bool stage_gives(int fd, const char *text)
{
	char got[256];
	ssize_t len = read(fd, got, sizeof(got));
	return len == (ssize_t)strlen(text) && memcmp(got, text, (size_t)len) == 0;
}

void stage_says(int fd, const char *text)
{
	cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	net_sleep(&net, 50);
}
