/* Writes one JSON document per line. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/field.h"

#define CLI_JSON_DEPTH_MAX 8

struct cli_json {
	FILE *out;
	unsigned depth;
	char close[CLI_JSON_DEPTH_MAX];
	bool filled[CLI_JSON_DEPTH_MAX]; /* something stands in this object or list already */
};

/* `key` is NULL inside a list and for the document itself. A newline follows the document. */
void cli_json_init(struct cli_json *json, FILE *out);
void cli_json_object(struct cli_json *json, const char *key);
void cli_json_list(struct cli_json *json, const char *key);
void cli_json_end(struct cli_json *json); /* of the innermost object or list */
/* Broken UTF-8 becomes U+FFFD. */
void cli_json_str(struct cli_json *json, const char *key, const char *value);
void cli_json_u64(struct cli_json *json, const char *key, uint64_t value);
void cli_json_bool(struct cli_json *json, const char *key, bool value);
void cli_json_null(struct cli_json *json, const char *key);
/* Thousandths, as a decimal fraction: 1234 is 1.234. */
void cli_json_milli(struct cli_json *json, const char *key, uint64_t value);
void cli_json_strings(struct cli_json *json, const char *key, struct pu_strings value);

#endif
