/* Circuit relay: how a frame is cut must not change what is read or left; what was decoded
 * encodes, and decodes to the same; the addresses of a reservation are all of its relay. The
 * first byte says which message it is. */
#include <stdlib.h>

#include "p2p/relay_addrs.h"
#include "p2p/relay_reader.h"
#include "p2p/relay_voucher.h"
#include "p2p/uvi.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static enum pu_err read_in_pieces(struct pu_bytes in, size_t piece, size_t *taken,
                                  struct pu_relay_reader *reader)
{
	enum pu_err err = PU_EAGAIN;
	size_t at = 0;

	while (err == PU_EAGAIN && at < in.len) {
		size_t len = in.len - at < piece ? in.len - at : piece;
		struct pu_bytes part = pu_bytes(in.data + at, len), message;

		err = pu_relay_reader_read(reader, &part, &message);
		expect(err != PU_EAGAIN || part.len == 0);
		at += len - part.len;
	}
	*taken = at;
	return err;
}

static void check_reader(struct pu_bytes in)
{
	struct pu_relay_reader whole = {0}, bytewise = {0};
	size_t taken, taken_bytewise;
	struct pu_bytes rest = in, message;
	enum pu_err err = read_in_pieces(in, in.len, &taken, &whole);

	expect(read_in_pieces(in, 1, &taken_bytewise, &bytewise) == err);
	if (err == PU_OK) {
		expect(taken == taken_bytewise);
		expect(pu_delimited_get(&rest, PU_RELAY_MESSAGE_MAX, &message) == PU_OK);
		expect(in.len - rest.len == taken);
		expect(pu_bytes_eq(message, pu_bytes(whole.data, whole.len)));
	}
	pu_relay_reader_fini(&whole);
	pu_relay_reader_fini(&bytewise);
}

static void check_addrs(const struct pu_relay_reservation *reservation)
{
	static struct pu_relay_addrs addrs;
	struct pu_peer_id relay, ending;

	expect(pu_peer_id_parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", &relay) ==
	       PU_OK);
	pu_relay_addrs_of(reservation, &relay, PU_ADDR_LOOPBACK, &addrs);
	for (size_t i = 0; i < addrs.count; i++) {
		expect(pu_multiaddr_peer(&addrs.addrs[i], &ending) == PU_OK);
		expect(pu_peer_id_eq(&ending, &relay));
		expect(!pu_multiaddr_has(&addrs.addrs[i], PU_MA_P2P_CIRCUIT));
	}
}

static void check_hop(struct pu_bytes in)
{
	static uint8_t out[PU_RELAY_MESSAGE_MAX + 8];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_bytes body, framed;
	struct pu_relay_hop hop, back;

	if (pu_relay_hop_decode(in, &hop) != PU_OK)
		return;
	check_addrs(&hop.reservation);
	if (pu_relay_hop_encode(&hop, &writer) != PU_OK)
		return;
	framed = pu_writer_bytes(&writer);
	expect(pu_delimited_get(&framed, PU_RELAY_MESSAGE_MAX, &body) == PU_OK && framed.len == 0);
	expect(pu_relay_hop_decode(body, &back) == PU_OK);
	expect(back.type == hop.type && back.status == hop.status);
	expect(pu_peer_id_eq(&back.peer, &hop.peer) || hop.peer.len == 0);
	expect(back.limit.data == hop.limit.data && back.limit.duration_s == hop.limit.duration_s);
	expect(back.reservation.addr_count == hop.reservation.addr_count);
	expect(back.reservation.expires_s == hop.reservation.expires_s);
	expect(pu_bytes_eq(back.reservation.voucher, hop.reservation.voucher));
}

static void check_stop(struct pu_bytes in)
{
	uint8_t out[256];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_relay_stop stop;

	if (pu_relay_stop_decode(in, &stop) == PU_OK)
		expect(pu_relay_stop_encode(&stop, &writer) == PU_OK);
}

static void check_voucher(struct pu_bytes in)
{
	uint8_t out[PU_RELAY_VOUCHER_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_relay_voucher voucher, back;

	if (pu_relay_voucher_open(in, &voucher) == PU_OK ||
	    pu_relay_voucher_decode(in, &voucher) != PU_OK)
		return;
	pu_relay_voucher_encode(&voucher, &writer);
	expect(pu_relay_voucher_decode(pu_writer_bytes(&writer), &back) == PU_OK);
	expect(back.expires_s == voucher.expires_s && pu_peer_id_eq(&back.peer, &voucher.peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(struct pu_bytes) = {check_reader, check_hop, check_stop,
	                                                  check_voucher};

	if (size > 0)
		checks[data[0] % 4](pu_bytes(data + 1, size - 1));
	return 0;
}
