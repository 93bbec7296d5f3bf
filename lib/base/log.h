/* Structured log on stderr: one event, one line, logfmt or JSON.
 *
 *   pu_info("peer.up", "peer=%s addr=%s rtt_us=%u", id, addr, rtt);
 *
 * The first argument is a stable event ID. The format is a list of key=value
 * pairs separated by single spaces, one conversion (or plain word) per value; values
 * that need it are quoted and escaped, control characters never reach the
 * terminal. Libraries return errors and do not log. Never log a secret. */
#ifndef PU_BASE_LOG_H
#define PU_BASE_LOG_H

enum pu_log_level {
	PU_LOG_ERROR,
	PU_LOG_WARN,
	PU_LOG_INFO,
	PU_LOG_DEBUG,
	PU_LOG_TRACE,
};

enum pu_log_format {
	PU_LOG_LOGFMT,
	PU_LOG_JSON,
};

/* tag = the service's name; it stands in every line. */
void pu_log_init(const char *tag, enum pu_log_level level, enum pu_log_format format);
void pu_log_set(enum pu_log_level level, enum pu_log_format format);
enum pu_log_level pu_log_level(void);

void pu_log_write(enum pu_log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Six calls. Arguments are not evaluated when the level is off. */
#define PU_LOG_AT(level, event, ...)                                                           \
	do {                                                                                       \
		if ((level) <= pu_log_level())                                                         \
			pu_log_write((level), (event), __VA_ARGS__);                                       \
	} while (0)
#define pu_error(event, ...) PU_LOG_AT(PU_LOG_ERROR, event, __VA_ARGS__)
#define pu_warn(event, ...)  PU_LOG_AT(PU_LOG_WARN, event, __VA_ARGS__)
#define pu_info(event, ...)  PU_LOG_AT(PU_LOG_INFO, event, __VA_ARGS__)
#define pu_debug(event, ...) PU_LOG_AT(PU_LOG_DEBUG, event, __VA_ARGS__)
#define pu_trace(event, ...) PU_LOG_AT(PU_LOG_TRACE, event, __VA_ARGS__)
/* Ends the process with status 1; never for anything that a peer can cause. */
void pu_fatal(const char *event, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
