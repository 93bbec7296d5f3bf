// wiresim: a netem replacement for kernels without sch_netem. Makes one TAP in each of two
// network namespaces and carries Ethernet frames between them with delay / jitter / loss /
// rate+queue / duplication / reordering, per direction, seeded.
//   gcc -O2 -o wiresim wiresim.c -lpthread
//   wiresim NS1 IF1 NS2 IF2 [--delay-ms D] [--jitter-ms J] [--loss P] [--rate-mbit R]
//   [--queue-kb Q] [--dup P] [--reorder P] [--seed N] [--gso] [--back-...]
// Settings apply to both directions; "--back-loss P" etc. override the NS2->NS1 direction. NS
// "." = the current one. Prints "ready"; SIGTERM prints counters. SIGUSR1 toggles a total
// outage (blackhole) on/off.
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
typedef struct {
	double delay, jitter, loss, rate, queue, dup, reorder;
} Cfg;
typedef struct {
	int64_t t;
	uint32_t len;
	uint8_t *b;
} Pkt;
typedef struct {
	int in, out;
	Cfg c;
	uint64_t rng, rx, tx, lost, qdrop, dups, bytes;
	Pkt *h;
	int n, cap;
	uint64_t seq;
} Dir;
static volatile sig_atomic_t stop, dark;
static void on_term(int s)
{
	(void)s;
	stop = 1;
}
static void on_usr(int s)
{
	(void)s;
	dark = !dark;
}
static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static double rnd(Dir *d)
{
	d->rng ^= d->rng << 13;
	d->rng ^= d->rng >> 7;
	d->rng ^= d->rng << 17;
	return (d->rng >> 11) * 0x1.0p-53;
}
static int tap(const char *ns, const char *name, int gso)
{
	int self = open("/proc/self/ns/net", O_RDONLY), f = -1;
	if (strcmp(ns, ".")) {
		char p[256];
		snprintf(p, 256, "/run/netns/%s", ns);
		int n = open(p, O_RDONLY);
		if (n < 0 || setns(n, CLONE_NEWNET)) {
			perror(p);
			exit(2);
		}
		close(n);
	}
	f = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	struct ifreq r = {0};
	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	r.ifr_flags = IFF_TAP | IFF_NO_PI | (gso ? IFF_VNET_HDR : 0);
	if (f < 0 || ioctl(f, TUNSETIFF, &r)) {
		perror("TUNSETIFF");
		exit(2);
	}
	if (gso) {
		if (ioctl(f, TUNSETOFFLOAD,
		          TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6) &&
		    ioctl(f, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
			perror("TUNSETOFFLOAD");
	}
	int sk = socket(2, 2, 0);
	struct ifreq q = {0};
	strcpy(q.ifr_name, r.ifr_name);
	q.ifr_qlen = 10000;
	ioctl(sk, SIOCSIFTXQLEN, &q);
	close(sk); // a longer txqueue, so that the emulator is what drops
	setns(self, CLONE_NEWNET);
	close(self);
	return f;
}
static void push(Dir *d, Pkt p)
{
	if (d->n == d->cap)
		d->h = realloc(d->h, sizeof(Pkt) * (d->cap = d->cap ? d->cap * 2 : 1024));
	int i = d->n++;
	while (i && d->h[(i - 1) / 2].t > p.t) {
		d->h[i] = d->h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	d->h[i] = p;
}
static Pkt pop(Dir *d)
{
	Pkt r = d->h[0], p = d->h[--d->n];
	int i = 0;
	for (;;) {
		int c = 2 * i + 1;
		if (c >= d->n)
			break;
		if (c + 1 < d->n && d->h[c + 1].t < d->h[c].t)
			c++;
		if (d->h[c].t >= p.t)
			break;
		d->h[i] = d->h[c];
		i = c;
	}
	if (d->n)
		d->h[i] = p;
	return r;
}
static void *run(void *a)
{
	Dir *d = a;
	static __thread uint8_t b[70000];
	int64_t busy = 0, last = 0;
	prctl(PR_SET_TIMERSLACK, 1);
	while (!stop) {
		struct timespec ts = {0, 200000000};
		int64_t t = now();
		if (d->n) {
			int64_t w = d->h[0].t - t;
			if (w < 0)
				w = 0;
			if (w < 200000000)
				ts.tv_nsec = w;
		}
		struct pollfd p = {d->in, POLLIN, 0};
		if (ppoll(&p, 1, &ts, NULL) > 0)
			for (int k = 0; k < 64; k++) {
				ssize_t n = read(d->in, b, sizeof b);
				if (n <= 0)
					break;
				d->rx++;
				t = now();
				if (dark || (d->c.loss > 0 && rnd(d) < d->c.loss)) {
					d->lost++;
					continue;
				}
				int64_t dep = t;
				if (d->c.rate > 0) {
					if (busy < t)
						busy = t;
					if ((busy - t) * d->c.rate / 8e9 > d->c.queue) {
						d->qdrop++;
						continue;
					}
					busy += (int64_t)(n * 8e9 / d->c.rate);
					dep = busy;
				}
				int64_t due = dep + (int64_t)(d->c.delay * 1e6) +
				              (d->c.jitter > 0 ? (int64_t)(rnd(d) * d->c.jitter * 1e6) : 0);
				if (d->c.reorder > 0 && rnd(d) < d->c.reorder)
					due = t;
				else {
					if (due <= last)
						due = last + 1;
					last = due;
				} // jitter alone keeps the order
				int copies = 1 + (d->c.dup > 0 && rnd(d) < d->c.dup);
				d->dups += copies - 1;
				while (copies--) {
					Pkt q = {due, (uint32_t)n, malloc(n)};
					memcpy(q.b, b, n);
					push(d, q);
				}
			}
		t = now();
		while (d->n && d->h[0].t <= t) {
			Pkt q = pop(d);
			if (write(d->out, q.b, q.len) >= 0) {
				d->tx++;
				d->bytes += q.len;
			} else
				d->qdrop++;
			free(q.b);
		}
	}
	return 0;
}
int main(int c, char **v)
{
	if (c < 5) {
		fprintf(stderr, "usage: wiresim NS1 IF1 NS2 IF2 [options]\n");
		return 2;
	}
	Cfg f = {.queue = 256e3}, b;
	int gso = 0;
	uint64_t seed = 1;
	const char *bk[32], *bv[32];
	int nb = 0;
#define SET(C, K, V)                                                                           \
	(!strcmp(K, "delay-ms")    ? ((C).delay = atof(V))                                         \
	 : !strcmp(K, "jitter-ms") ? ((C).jitter = atof(V))                                        \
	 : !strcmp(K, "loss")      ? ((C).loss = atof(V))                                          \
	 : !strcmp(K, "rate-mbit") ? ((C).rate = atof(V) * 1e6)                                    \
	 : !strcmp(K, "queue-kb")  ? ((C).queue = atof(V) * 1e3)                                   \
	 : !strcmp(K, "dup")       ? ((C).dup = atof(V))                                           \
	 : !strcmp(K, "reorder")   ? ((C).reorder = atof(V))                                       \
	                           : (fprintf(stderr, "unknown option %s\n", K), exit(2), 0.0))
	for (int i = 5; i < c; i++) {
		const char *k = v[i] + 2;
		if (!strcmp(k, "gso")) {
			gso = 1;
			continue;
		}
		if (i + 1 >= c)
			return 2;
		if (!strcmp(k, "seed"))
			seed = strtoull(v[++i], 0, 10);
		else if (!strncmp(k, "back-", 5)) {
			bk[nb] = k + 5;
			bv[nb++] = v[++i];
		} else {
			SET(f, k, v[i + 1]);
			i++;
		}
	}
	b = f;
	for (int i = 0; i < nb; i++)
		SET(b, bk[i], bv[i]);
	int t1 = tap(v[1], v[2], gso), t2 = tap(v[3], v[4], gso);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	signal(SIGUSR1, on_usr);
	Dir d1 = {.in = t1, .out = t2, .c = f, .rng = seed * 0x9E3779B97F4A7C15ULL | 1},
	    d2 = {.in = t2, .out = t1, .c = b, .rng = (seed + 77) * 0x9E3779B97F4A7C15ULL | 1};
	pthread_t x, y;
	pthread_create(&x, 0, run, &d1);
	pthread_create(&y, 0, run, &d2);
	puts("ready");
	fflush(stdout);
	pthread_join(x, 0);
	pthread_join(y, 0);
	for (int i = 0; i < 2; i++) {
		Dir *d = i ? &d2 : &d1;
		fprintf(stderr, "%s rx=%lu tx=%lu lost=%lu queue_drop=%lu dup=%lu bytes=%lu\n",
		        i ? "back" : "fwd", d->rx, d->tx, d->lost, d->qdrop, d->dups, d->bytes);
	}
	return 0;
}
