/* One log line under construction: logfmt or JSON, bounded, without control characters. */
#ifndef PU_BASE_LOG_LINE_H
#define PU_BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/log.h"

/* PIPE_BUF: a line of this size is written whole, never mixed with another's. */
#define PU_LOG_LINE_MAX 4096

struct pu_log_line {
	enum pu_log_format format;
	bool cut; /* something did not fit; what comes later is left out */
	size_t len;
	char text[PU_LOG_LINE_MAX];
};

void pu_log_line_begin(struct pu_log_line *line, enum pu_log_format format);
/* Adds key and value. The value may hold any bytes. With `number`, JSON gets it without
 * quotes if it is a JSON number. */
void pu_log_line_add(struct pu_log_line *line, struct pu_bytes key, struct pu_bytes value,
                     bool number);
/* Adds what closes the line, the newline included, and `truncated=true` if it was cut. */
void pu_log_line_end(struct pu_log_line *line);

#endif
