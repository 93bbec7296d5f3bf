/* What the values of a configuration must look like. Each answers NULL for a good value, else
 * what was expected. The command line asks the same questions before it edits a file. */
#ifndef PU_CONFIG_CHECK_H
#define PU_CONFIG_CHECK_H

const char *pu_check_version(const char *value);
const char *pu_check_label(const char *value);   /* a DNS label: services, forwards */
const char *pu_check_name(const char *value);    /* what a node or peer is called */
const char *pu_check_peer_id(const char *value); /* any text form */
const char *pu_check_peer(const char *value);    /* a name or a peer ID */
const char *pu_check_multiaddr(const char *value);
const char *pu_check_relay(const char *value);  /* a multiaddr that ends in /p2p/ID */
const char *pu_check_target(const char *value); /* host:port or unix:/path to connect to */
const char *pu_check_listen(const char *value); /* the same to listen on: port 0 = any */
const char *pu_check_protocol_id(const char *value);
const char *pu_check_tag(const char *value);

#endif
