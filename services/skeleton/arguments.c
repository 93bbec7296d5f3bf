/* The options that every service has. */
#include "skeleton/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define STATUS_USAGE 2

static const char *const levels[] = {
    [PU_LOG_ERROR] = "error", [PU_LOG_WARN] = "warn",   [PU_LOG_INFO] = "info",
    [PU_LOG_DEBUG] = "debug", [PU_LOG_TRACE] = "trace",
};
static const char *const formats[] = {[PU_LOG_LOGFMT] = "logfmt", [PU_LOG_JSON] = "json"};

static const char usage[] = "Options:\n"
                            "  --config PATH       configuration file\n"
                            "  --log-level LEVEL   error, warn, info, debug or trace\n"
                            "  --log-format FORMAT logfmt or json\n"
                            "  --help              this text\n"
                            "  --version           peerup's version\n"
                            "Runs in the foreground. Started by peerup-supervisor.\n";

/* The index of `word`, or -1. */
static int find(const char *const *words, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

static bool set_level(struct skeleton_arguments *arguments, const char *word)
{
	int index = find(levels, PU_ARRAY_LEN(levels), word);

	arguments->has_level = index >= 0;
	arguments->level = (enum pu_log_level)index;
	return index >= 0;
}

static bool set_format(struct skeleton_arguments *arguments, const char *word)
{
	int index = find(formats, PU_ARRAY_LEN(formats), word);

	arguments->has_format = index >= 0;
	arguments->format = (enum pu_log_format)index;
	return index >= 0;
}

static void print_help(const struct pu_service_description *description)
{
	const char *name = pu_service_name(description->id);

	printf("peerup-%s: %s\n\nUsage: peerup-%s [options]\n\n%s", name, description->about, name,
	       usage);
}

static int refuse(const struct pu_service_description *description, const char *what)
{
	fprintf(stderr, "peerup-%s: %s; see --help\n", pu_service_name(description->id), what);
	return STATUS_USAGE;
}

int skeleton_arguments_parse(int argc, char **argv,
                             const struct pu_service_description *description,
                             struct skeleton_arguments *arguments)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"log-level", required_argument, NULL, 'l'},
	                                        {"log-format", required_argument, NULL, 'f'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {"version", no_argument, NULL, 'v'},
	                                        {NULL, 0, NULL, 0}};
	int option;

	*arguments = (struct skeleton_arguments){0};
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (option == 'c') {
			arguments->config = optarg;
		} else if (option == 'l') {
			if (!set_level(arguments, optarg))
				return refuse(description, "unknown log level");
		} else if (option == 'f') {
			if (!set_format(arguments, optarg))
				return refuse(description, "unknown log format");
		} else if (option == 'h') {
			print_help(description);
			return 0;
		} else if (option == 'v') {
			printf("peerup-%s %s\n", pu_service_name(description->id), PEERUP_VERSION);
			return 0;
		} else {
			return refuse(description, "wrong usage");
		}
	}
	return optind == argc ? -1 : refuse(description, "takes no arguments");
}
