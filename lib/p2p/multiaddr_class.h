/* Where an address is good for: the ranges of the IANA special-purpose registries as
 * libp2p implementations agree on them, and what identify may tell to whom. */
#ifndef PU_P2P_MULTIADDR_CLASS_H
#define PU_P2P_MULTIADDR_CLASS_H

#include <sys/socket.h>

#include "p2p/multiaddr.h"

enum pu_addr_class {
	PU_ADDR_PUBLIC,
	PU_ADDR_PRIVATE,     /* RFC 1918, 100.64/10, fc00::/7, link-local, .local names */
	PU_ADDR_LOOPBACK,    /* 127/8, ::1, localhost */
	PU_ADDR_UNSPECIFIED, /* 0.0.0.0, :: */
	PU_ADDR_UNROUTABLE,  /* documentation, multicast, reserved, names that cannot exist */
	PU_ADDR_OTHER, /* says nothing about a network: relayed without an address, unix, ... */
};

/* By the first component. A relayed address has the class of its relay's address. */
enum pu_addr_class pu_multiaddr_class(const struct pu_multiaddr *addr);
enum pu_addr_class pu_sockaddr_class(const struct sockaddr *addr);
const char *pu_addr_class_name(enum pu_addr_class class);

/* 64:ff9b::/96 or 64:ff9b:1::/48: public, but nothing to believe as an observed address. */
bool pu_multiaddr_is_nat64(const struct pu_multiaddr *addr);

/* Whether to tell one of our addresses to a peer whose connection is of class `remote`:
 * loopback only over loopback, never unspecified. */
bool pu_addr_class_may_tell(enum pu_addr_class addr, enum pu_addr_class remote);
/* Whether to believe an address that such a peer tells of itself: over loopback all of
 * them, over a private (or test) network all but loopback, otherwise only public ones. */
bool pu_addr_class_may_keep(enum pu_addr_class addr, enum pu_addr_class remote);

/* Lower is kept first when not all addresses fit: public before private before the
 * rest, then quic-v1, tcp, websocket, webtransport, webrtc-direct, anything else. */
unsigned pu_multiaddr_rank(const struct pu_multiaddr *addr);

#endif
