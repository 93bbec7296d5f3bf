/* Published vectors that several tests of lib/p2p share, and hex. */
#ifndef PU_P2P_TEST_VECTORS_H
#define PU_P2P_TEST_VECTORS_H

#include <stdio.h>

#include <criterion/criterion.h>

#include "base/alloc.h"
#include "base/bytes.h"

/* libp2p specs, peer-ids/peer-ids.md. */
#define ED25519_SEED       "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
#define ED25519_PUBLIC     "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
#define ED25519_PRIVATE_PB "08011240" ED25519_SEED ED25519_PUBLIC
#define ED25519_PUBLIC_PB  "08011220" ED25519_PUBLIC
#define ED25519_PEER_ID    "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define SECP256K1_PUBLIC_PB                                                                    \
	"08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99"
#define SECP256K1_PEER_ID "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY"
#define ECDSA_PUBLIC_PB                                                                        \
	"0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa36ae0e8f5d53089"   \
	"9d83abab44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d6851510c098e5c47c646a597fb4d"   \
	"cec034e9f77c409e62"
#define RSA_PUBLIC_PB                                                                          \
	"080012a60430820222300d06092a864886f70d01010105000382020f003082020a0282020100e1beab07"     \
	"1d08200bde24eef00d049449b07770ff9910257b2d7d5dda242ce8f0e2f12e1af4b32d9efd2c090f66b0"     \
	"f29986dbb645dae9880089704a94e5066d594162ae6ee8892e6ec70701db0a6c445c04778eb3de1293aa"     \
	"1a23c3825b85c6620a2bc3f82f9b0c309bc0ab3aeb1873282bebd3da03c33e76c21e9beb172fd44c9e43"     \
	"be32e2c99827033cf8d0f0c606f4579326c930eb4e854395ad941256542c793902185153c474bed109d6"     \
	"ff5141ebf9cd256cf58893a37f83729f97e7cb435ec679d2e33901d27bb35aa0d7e20561da08885ef0ab"     \
	"bf8e2fb48d6a5487047a9ecb1ad41fa7ed84f6e3e8ecd5d98b3982d2a901b4454991766da295ab78822a"     \
	"dd5612a2df83bcee814cf50973e80d7ef38111b1bd87da2ae92438a2c8cbcc70b31ee319939a3b9c761d"     \
	"bc13b5c086d6b64bf7ae7dacc14622375d92a8ff9af7eb962162bbddebf90acb32adb5e4e4029f1c9601"     \
	"9949ecfbfeffd7ac1e3fbcc6b6168c34be3d5a2e5999fcbb39bba7adbca78eab09b9bc39f7fa4b93411f"     \
	"4cc175e70c0a083e96bfaefb04a9580b4753c1738a6a760ae1afd851a1a4bdad231cf56e9284d832483d"     \
	"f215a46c1c21bdf0c6cfe951c18f1ee4078c79c13d63edb6e14feaeffabc90ad317e4875fe648101b086"     \
	"4097e998f0ca3025ef9638cd2b0caecd3770ab54a1d9c6ca959b0f5dcbc90caeefc4135baca6fd475224"     \
	"269bbe1b0203010001"                                                                       \
	""

/* The bytes that `text` spells, in memory of exactly their size, which the caller frees:
 * address sanitizers see any read beyond it. */
static inline struct pu_bytes unhex(const char *text)
{
	size_t len = strlen(text) / 2;
	uint8_t *bytes = pu_alloc(len > 0 ? len : 1);

	for (size_t i = 0; i < len; i++) {
		unsigned byte = 0;
		cr_assert_eq(sscanf(text + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	return pu_bytes(bytes, len);
}

/* The first `len` bytes in memory of exactly that size, which the caller frees. */
static inline struct pu_bytes prefix_of(struct pu_bytes bytes, size_t len)
{
	uint8_t *copy = pu_alloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, bytes.data, len);
	return pu_bytes(copy, len);
}

static inline void free_bytes(struct pu_bytes bytes)
{
	pu_free((void *)bytes.data);
}

#endif
