/* Every bound and interval of the supervisor, by name. */
#ifndef SUPERVISOR_LIMITS_H
#define SUPERVISOR_LIMITS_H

#define SUP_KEPT_MAX 512 /* descriptors kept for one service */
#define SUP_NOTE_MAX 256 /* bytes of what is said about a service, with its NUL */

#define SUP_BACKOFF_BASE_MS 100
#define SUP_BACKOFF_MAX_MS  10000
#define SUP_HEALTHY_MS      30000 /* run this long and earlier failures are forgotten */

#define SUP_HEALTH_EVERY_MS  10000
#define SUP_HEALTH_ANSWER_MS 5000
#define SUP_LATE_MS          1000 /* we ourselves slept: a deadline that old proves nothing */

/* One service, from SIGTERM to SIGKILL: its own drain (PU_DRAIN_MS) and a little more. The
 * services stop one after the other, so the whole daemon takes at most this times their number.
 */
#define SUP_STOP_MS 3000

#endif
