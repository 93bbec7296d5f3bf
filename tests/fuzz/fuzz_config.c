/* Any text as a configuration: what is accepted must print as YAML that is accepted again and
 * prints the same. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct pu_config *config, struct pu_buffer *out)
{
	if (pu_config_print(config, out) != PU_OK)
		abort();
}

static void print_again(const struct pu_buffer *first)
{
	struct pu_config config;
	struct pu_report report = {0};
	struct pu_buffer second;

	pu_buffer_init(&second, first->max);
	if (pu_config_parse(pu_buffer_bytes(first), "/f", &config, &report) != PU_OK)
		abort();
	print(&config, &second);
	if (!pu_bytes_eq(pu_buffer_bytes(first), pu_buffer_bytes(&second)))
		abort();
	pu_buffer_fini(&second);
	pu_report_fini(&report);
	pu_config_fini(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_config config;
	struct pu_report report = {0};
	struct pu_buffer text;

	pu_buffer_init(&text, (size_t)16 << 20);
	if (pu_config_parse(pu_bytes(data, size), "/f", &config, &report) == PU_OK) {
		print(&config, &text);
		print_again(&text);
		pu_config_fini(&config);
	}
	pu_buffer_clear(&text);
	if (pu_report_print(&report, &text) != PU_OK)
		abort();
	pu_report_fini(&report);
	pu_buffer_fini(&text);
	return 0;
}
