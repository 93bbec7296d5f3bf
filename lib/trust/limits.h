/* Every bound that lib/trust keeps on the files it reads. */
#ifndef PU_TRUST_LIMITS_H
#define PU_TRUST_LIMITS_H

/* A private key message; ours have 68 bytes, the legacy form 100. */
#define PU_KEY_FILE_MAX 256

/* authorized_keys as a whole. */
#define PU_AUTHORIZED_KEYS_FILE_MAX  (1024 * 1024)
#define PU_AUTHORIZED_KEYS_LINES_MAX 65536
#define PU_AUTHORIZED_KEYS_PEERS_MAX 10000

/* One line of it. Sizes in bytes. */
#define PU_AUTHORIZED_KEYS_LINE_MAX       1024
#define PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX 16
#define PU_AUTHORIZED_KEYS_NAME_MAX       64
#define PU_AUTHORIZED_KEYS_VALUE_MAX      256
#define PU_AUTHORIZED_KEYS_COMMENT_MAX    512

/* How long an edit waits for another program's edit. */
#define PU_TRUST_LOCK_MS 1000

#endif
