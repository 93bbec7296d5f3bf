/* Multiaddrs, binary and text: whatever is accepted must survive the other form. */
#include <stdlib.h>

#include "base/alloc.h"
#include "p2p/multiaddr.h"
#include "p2p/multiaddr_class.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* Taking the peer off and putting it back changes nothing, unless there are two. */
static void check_peer(const struct pu_multiaddr *addr)
{
	struct pu_multiaddr bare = *addr;
	struct pu_peer_id id, second;

	pu_multiaddr_strip_peer(&bare);
	if (pu_multiaddr_peer(addr, &id) != PU_OK) {
		expect(pu_multiaddr_eq(addr, &bare));
	} else if (pu_multiaddr_peer(&bare, &second) != PU_OK) {
		expect(pu_multiaddr_add_peer(&bare, &id) == PU_OK);
		expect(pu_multiaddr_eq(addr, &bare));
	}
}

static void check(const struct pu_multiaddr *addr)
{
	char text[PU_MULTIADDR_TEXT_MAX];
	struct pu_multiaddr back;
	struct sockaddr_storage sockaddr;
	socklen_t len;

	expect(pu_multiaddr_parse(pu_multiaddr_print(addr, text), &back) == PU_OK);
	expect(pu_multiaddr_eq(addr, &back));
	expect(pu_multiaddr_decode(pu_multiaddr_bytes(addr), &back) == PU_OK);
	expect(pu_multiaddr_rank(addr) < 32);
	if (pu_multiaddr_to_sockaddr(addr, &sockaddr, &len) == PU_OK)
		expect(pu_multiaddr_from_sockaddr((struct sockaddr *)&sockaddr,
		                                  pu_multiaddr_carrier(addr), &back) == PU_OK);
	check_peer(addr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_multiaddr addr;
	char *text = pu_strndup((const char *)data, size);

	if (pu_multiaddr_decode(pu_bytes(data, size), &addr) == PU_OK)
		check(&addr);
	if (pu_multiaddr_parse(text, &addr) == PU_OK)
		check(&addr);
	pu_free(text);
	return 0;
}
