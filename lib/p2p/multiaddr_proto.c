/* The protocols of multiaddrs. This file knows their codes, names and values, binary and
 * text: one row each. */
#include "p2p/multiaddr_proto.h"

#include <arpa/inet.h>

#include "base/alloc.h"
#include "p2p/multibase.h"
#include "p2p/multihash.h"
#include "p2p/text.h"
#include "p2p/uvi.h"

#define IP4_LEN      4
#define IP6_LEN      16
#define PORT_LEN     2
#define MEMORY_LEN   8
#define ONION3_KEY   35
#define ONION3_LEN   (ONION3_KEY + PORT_LEN)
#define DNS_NAME_MAX 253
#define CIDR_MAX     128
/* Longest text of an IP address, with its NUL. */
#define IP_TEXT_MAX 48

static enum pu_err parse_number(struct pu_bytes text, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	if (text.len == 0)
		return PU_EMALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = text.data[i] - (unsigned)'0';
		if (digit > 9 || number > (max - digit) / 10)
			return PU_EMALFORMED;
		number = number * 10 + digit;
	}
	*out = number;
	return PU_OK;
}

static void print_number(uint64_t number, struct pu_writer *text)
{
	uint8_t digits[20];
	size_t start = sizeof(digits);

	do {
		digits[--start] = (uint8_t)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	pu_writer_put(text, pu_bytes(digits + start, sizeof(digits) - start));
}

static void put_big_endian(uint64_t number, size_t len, struct pu_writer *value)
{
	while (len > 0)
		pu_writer_put_byte(value, (uint8_t)(number >> 8 * --len));
}

static uint64_t get_big_endian(struct pu_bytes value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < value.len; i++)
		number = number << 8 | value.data[i];
	return number;
}

static enum pu_err parse_ip(struct pu_bytes text, int family, size_t len,
                            struct pu_writer *value)
{
	char copy[IP_TEXT_MAX];
	uint8_t ip[IP6_LEN];

	if (text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return PU_EMALFORMED;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(family, copy, ip) != 1)
		return PU_EMALFORMED;
	pu_writer_put(value, pu_bytes(ip, len));
	return PU_OK;
}

static enum pu_err print_ip(struct pu_bytes value, int family, struct pu_writer *text)
{
	char copy[IP_TEXT_MAX];

	if (!inet_ntop(family, value.data, copy, sizeof(copy)))
		return PU_EINTERNAL;
	pu_writer_put(text, pu_bytes_of_str(copy));
	return PU_OK;
}

static enum pu_err parse_ip4(struct pu_bytes text, struct pu_writer *value)
{
	return parse_ip(text, AF_INET, IP4_LEN, value);
}

static enum pu_err print_ip4(struct pu_bytes value, struct pu_writer *text)
{
	return print_ip(value, AF_INET, text);
}

static enum pu_err parse_ip6(struct pu_bytes text, struct pu_writer *value)
{
	return parse_ip(text, AF_INET6, IP6_LEN, value);
}

static enum pu_err print_ip6(struct pu_bytes value, struct pu_writer *text)
{
	return print_ip(value, AF_INET6, text);
}

static enum pu_err parse_port(struct pu_bytes text, struct pu_writer *value)
{
	uint64_t port;
	enum pu_err err = parse_number(text, UINT16_MAX, &port);

	if (err == PU_OK)
		put_big_endian(port, PORT_LEN, value);
	return err;
}

static enum pu_err print_uint(struct pu_bytes value, struct pu_writer *text)
{
	print_number(get_big_endian(value), text);
	return PU_OK;
}

static bool is_cidr(struct pu_bytes value)
{
	return value.data[0] <= CIDR_MAX;
}

static enum pu_err parse_cidr(struct pu_bytes text, struct pu_writer *value)
{
	uint64_t bits;
	enum pu_err err = parse_number(text, CIDR_MAX, &bits);

	if (err == PU_OK)
		pu_writer_put_byte(value, (uint8_t)bits);
	return err;
}

static enum pu_err parse_memory(struct pu_bytes text, struct pu_writer *value)
{
	uint64_t number;
	enum pu_err err = parse_number(text, UINT64_MAX, &number);

	if (err == PU_OK)
		put_big_endian(number, MEMORY_LEN, value);
	return err;
}

/* Names and zones: printable, so that text and terminals survive them. */
static bool is_name(struct pu_bytes value)
{
	return value.len <= DNS_NAME_MAX && !memchr(value.data, '/', value.len) &&
	       !memchr(value.data, ' ', value.len) && pu_text_is_printable(value);
}

static enum pu_err copy_text(struct pu_bytes from, struct pu_writer *to)
{
	pu_writer_put(to, from);
	return PU_OK;
}

static bool is_path(struct pu_bytes value)
{
	return !memchr(value.data, 0, value.len);
}

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static enum pu_err print_percent(struct pu_bytes value, struct pu_writer *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];
		if (is_unreserved(c)) {
			pu_writer_put_byte(text, c);
			continue;
		}
		const char escape[] = {'%', hex[c >> 4], hex[c & 15]};
		pu_writer_put(text, pu_bytes(escape, sizeof(escape)));
	}
	return PU_OK;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum pu_err parse_percent(struct pu_bytes text, struct pu_writer *value)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '%') {
			pu_writer_put_byte(value, text.data[i]);
			continue;
		}
		if (text.len - i < 3)
			return PU_EMALFORMED;
		int high = hex_digit(text.data[i + 1]), low = hex_digit(text.data[i + 2]);
		if (high < 0 || low < 0)
			return PU_EMALFORMED;
		pu_writer_put_byte(value, (uint8_t)(high << 4 | low));
		i += 2;
	}
	return PU_OK;
}

/* The rest of the text: "tmp/x" is the path /tmp/x as go writes it, "%2Ftmp%2Fx" the same
 * as js and we do. */
static enum pu_err parse_unix(struct pu_bytes text, struct pu_writer *value)
{
	if (!memchr(text.data, '/', text.len))
		return parse_percent(text, value);
	pu_writer_put_byte(value, '/');
	return copy_text(text, value);
}

static bool is_peer(struct pu_bytes value)
{
	struct pu_peer_id id;

	return pu_peer_id_decode(value, &id) == PU_OK;
}

static enum pu_err parse_peer(struct pu_bytes text, struct pu_writer *value)
{
	struct pu_peer_id id;
	enum pu_err err = pu_peer_id_parse_bytes(text, &id);

	if (err == PU_OK)
		pu_writer_put(value, pu_peer_id_bytes(&id));
	return err;
}

static enum pu_err print_peer(struct pu_bytes value, struct pu_writer *text)
{
	return pu_base_encode(PU_BASE58BTC, value, text);
}

static bool is_hash(struct pu_bytes value)
{
	struct pu_multihash hash;

	return pu_multihash_get(&value, &hash) == PU_OK && value.len == 0;
}

static enum pu_err parse_certhash(struct pu_bytes text, struct pu_writer *value)
{
	return pu_multibase_decode(text, value);
}

static enum pu_err print_certhash(struct pu_bytes value, struct pu_writer *text)
{
	return pu_multibase_encode(PU_BASE64URL, value, text);
}

static enum pu_err parse_onion3(struct pu_bytes text, struct pu_writer *value)
{
	const uint8_t *colon = text.len ? memchr(text.data, ':', text.len) : NULL;
	size_t key_len, before = value->len;
	enum pu_err err;

	if (!colon)
		return PU_EMALFORMED;
	key_len = (size_t)(colon - text.data);
	err = pu_base_decode(PU_BASE32, pu_bytes(text.data, key_len), value);
	if (err == PU_OK && value->len - before != ONION3_KEY)
		err = PU_EMALFORMED;
	if (err != PU_OK)
		return err;
	return parse_port(pu_bytes(colon + 1, text.len - key_len - 1), value);
}

static enum pu_err print_onion3(struct pu_bytes value, struct pu_writer *text)
{
	enum pu_err err = pu_base_encode(PU_BASE32, pu_bytes(value.data, ONION3_KEY), text);

	pu_writer_put_byte(text, ':');
	return err == PU_OK ? print_uint(pu_bytes(value.data + ONION3_KEY, PORT_LEN), text) : err;
}

#define VARIABLE PU_MA_VARIABLE
/* clang-format off */
static const struct pu_ma_proto protos[] = {
	/* code               name             size        valid    parse           print */
	{PU_MA_IP4,           "ip4",           IP4_LEN,    NULL,    parse_ip4,      print_ip4},
	{PU_MA_TCP,           "tcp",           PORT_LEN,   NULL,    parse_port,     print_uint},
	{PU_MA_IP6,           "ip6",           IP6_LEN,    NULL,    parse_ip6,      print_ip6},
	{PU_MA_IP6ZONE,       "ip6zone",       VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_IPCIDR,        "ipcidr",        1,          is_cidr, parse_cidr,     print_uint},
	{PU_MA_DNS,           "dns",           VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_DNS4,          "dns4",          VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_DNS6,          "dns6",          VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_DNSADDR,       "dnsaddr",       VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_UDP,           "udp",           PORT_LEN,   NULL,    parse_port,     print_uint},
	{PU_MA_WEBRTC_DIRECT, "webrtc-direct", 0,          NULL,    NULL,           NULL},
	{PU_MA_WEBRTC,        "webrtc",        0,          NULL,    NULL,           NULL},
	{PU_MA_P2P_CIRCUIT,   "p2p-circuit",   0,          NULL,    NULL,           NULL},
	{PU_MA_UNIX,          "unix",          VARIABLE,   is_path, parse_unix,     print_percent},
	{PU_MA_P2P,           "p2p",           VARIABLE,   is_peer, parse_peer,     print_peer},
	{PU_MA_HTTPS,         "https",         0,          NULL,    NULL,           NULL},
	{PU_MA_ONION3,        "onion3",        ONION3_LEN, NULL,    parse_onion3,   print_onion3},
	{PU_MA_TLS,           "tls",           0,          NULL,    NULL,           NULL},
	{PU_MA_SNI,           "sni",           VARIABLE,   is_name, copy_text,      copy_text},
	{PU_MA_NOISE,         "noise",         0,          NULL,    NULL,           NULL},
	{PU_MA_QUIC,          "quic",          0,          NULL,    NULL,           NULL},
	{PU_MA_QUIC_V1,       "quic-v1",       0,          NULL,    NULL,           NULL},
	{PU_MA_WEBTRANSPORT,  "webtransport",  0,          NULL,    NULL,           NULL},
	{PU_MA_CERTHASH,      "certhash",      VARIABLE,   is_hash, parse_certhash, print_certhash},
	{PU_MA_WS,            "ws",            0,          NULL,    NULL,           NULL},
	{PU_MA_WSS,           "wss",           0,          NULL,    NULL,           NULL},
	{PU_MA_HTTP,          "http",          0,          NULL,    NULL,           NULL},
	{PU_MA_HTTP_PATH,     "http-path",     VARIABLE,   is_path, parse_percent,  print_percent},
	{PU_MA_MEMORY,        "memory",        MEMORY_LEN, NULL,    parse_memory,   print_uint},
};
/* clang-format on */

const struct pu_ma_proto *pu_ma_proto_by_code(uint64_t code)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(protos); i++) {
		if ((uint64_t)protos[i].code == code)
			return &protos[i];
	}
	return NULL;
}

const struct pu_ma_proto *pu_ma_proto_by_name(struct pu_bytes name)
{
	if (pu_bytes_eq(name, pu_bytes_of_str("ipfs")))
		return pu_ma_proto_by_code(PU_MA_P2P);
	for (size_t i = 0; i < PU_ARRAY_LEN(protos); i++) {
		if (pu_bytes_eq(name, pu_bytes_of_str(protos[i].name)))
			return &protos[i];
	}
	return NULL;
}

bool pu_ma_value_is_valid(const struct pu_ma_proto *proto, struct pu_bytes value)
{
	if (proto->size == PU_MA_VARIABLE ? value.len == 0 : value.len != (size_t)proto->size)
		return false;
	return !proto->is_valid || proto->is_valid(value);
}

bool pu_ma_is_path(const struct pu_ma_proto *proto)
{
	return proto->code == PU_MA_UNIX;
}

enum pu_err pu_ma_get(struct pu_bytes *in, const struct pu_ma_proto **proto,
                      struct pu_bytes *value)
{
	struct pu_bytes rest = *in, found;
	const struct pu_ma_proto *row;
	uint64_t code;
	enum pu_err err = pu_uvi_get(&rest, &code);

	if (err != PU_OK)
		return err;
	row = pu_ma_proto_by_code(code);
	if (!row)
		return PU_EUNSUPPORTED;
	if (row->size == PU_MA_VARIABLE) {
		err = pu_delimited_get(&rest, PU_MULTIADDR_MAX, &found);
		if (err != PU_OK)
			return err;
	} else {
		if ((size_t)row->size > rest.len)
			return PU_ETRUNCATED;
		found = pu_bytes(rest.data, (size_t)row->size);
		rest = pu_bytes(rest.data + row->size, rest.len - (size_t)row->size);
	}
	if (!pu_ma_value_is_valid(row, found))
		return PU_EMALFORMED;
	*in = rest;
	*proto = row;
	*value = found;
	return PU_OK;
}
