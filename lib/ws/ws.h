/* WebSocket (RFC 6455) as a carrier of one byte stream, for libp2p's /ws and /wss: both roles,
 * without sockets, clocks and TLS. To its host a WebSocket is one more channel below the
 * security handshake (secure/secure.h), with these particulars:
 *
 *     read()   yields the payload that is there, of as many frames as the input holds; a frame
 *              is never collected, whatever its length. MORE leaves less than
 *              PU_WS_FRAME_MIN bytes behind.
 *     output() is valid until the next call; it holds at most PU_WS_OUTPUT_MAX bytes, and one
 *              answer to pings that is not yet on its way.
 *     seal()   makes one binary frame. A short frame has a shorter header: ops->overhead is the
 *              most that it adds, the answer is the frame's length.
 *     end()    begins the close handshake. What the peer still sends is read until END.
 *     END      the peer closed; the answer is in output(). Nothing can be sealed any more: a
 *              WebSocket has no half-close.
 *     result() tells no peer and no muxer.
 *
 * FAILED is PU_EMALFORMED, PU_ELIMIT (a header block beyond PU_WS_HEAD_MAX or
 * PU_WS_LINES_MAX), PU_EUNSUPPORTED (a text frame; an extension; a request that is no upgrade:
 * the HTTP answer is in output()), or PU_EREFUSED (the server's answer is no upgrade; the peer
 * closed with an error). A peer that takes for ever is its host's deadline. */
#ifndef PU_WS_WS_H
#define PU_WS_WS_H

#include "secure/secure.h"

#define PU_WS_HEAD_MAX   4096 /* bytes of a request's or response's header block */
#define PU_WS_LINES_MAX  64   /* its lines */
#define PU_WS_HOST_MAX   261  /* a DNS name, ':' and a port */
#define PU_WS_PATH_MAX   1024
#define PU_WS_FRAME_MIN  139   /* the longest header and the longest control payload */
#define PU_WS_FRAME_MAX  65535 /* payload of a frame of ours */
#define PU_WS_OUTPUT_MAX 2048

/* `host` is what the Host field says ("name", "name:port", "[::1]:port"), `path` begins with
 * '/'; both go onto the wire as they are. PU_EINVAL: empty, too long, or with bytes that are
 * not visible ASCII. */
enum pu_err pu_ws_client_new(const char *host, const char *path,
                             struct pu_secure **out) PU_MUST_CHECK;
/* Upgrades requests for `path` (a query behind it is ignored), whatever their Host and Origin.
 * PU_EINVAL as above. */
enum pu_err pu_ws_server_new(const char *path, struct pu_secure **out) PU_MUST_CHECK;

#endif
