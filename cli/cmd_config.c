/* `peerup config`: look at the configuration. */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/yaml_node.h"
#include "files.h"
#include "json.h"

static enum cli_exit run_path(struct cli *cli)
{
	struct cli_json json;
	char *path;
	enum cli_exit code = cli_files_path(cli, &path);

	if (code != CLI_DONE)
		return code;
	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "path", path);
		cli_json_end(&json);
	} else {
		puts(path);
	}
	pu_free(path);
	return CLI_DONE;
}

/* ---- validate ---- */

static void put_report_json(const char *path, enum pu_err err, const struct pu_report *report)
{
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "file", path);
	cli_json_bool(&json, "valid", err == PU_OK);
	cli_json_list(&json, "mistakes");
	for (size_t i = 0; i < report->len; i++) {
		cli_json_object(&json, NULL);
		cli_json_u64(&json, "line", report->items[i].line);
		cli_json_u64(&json, "column", report->items[i].column);
		cli_json_str(&json, "key", report->items[i].key);
		cli_json_str(&json, "text", report->items[i].text);
		cli_json_bool(&json, "warning", report->items[i].warning);
		cli_json_end(&json);
	}
	cli_json_end(&json);
	cli_json_end(&json);
}

static enum cli_exit validate(struct cli *cli, const char *path)
{
	struct pu_config config = {0};
	struct pu_report report = {0};
	enum pu_err err = pu_config_load(path, &config, &report);
	enum cli_exit code = CLI_DONE;

	if (cli->json) {
		put_report_json(path, err, &report);
	} else if (!cli_files_unreadable(err)) {
		fflush(stdout);
		pu_config_report_print(&report, STDOUT_FILENO);
	}
	if (cli_files_unreadable(err)) {
		code = cli_files_failed(cli, path, err, &report);
	} else if (err == PU_OK) {
		cli_say(cli, "%s is right", path);
		pu_config_fini(&config);
	} else if (report.errors > 0) {
		code = cli_fail(cli, CLI_FAILED, NULL, "%s: %zu %s", path, report.errors,
		                report.errors == 1 ? "mistake" : "mistakes");
	} else {
		code = cli_fail_err(cli, err, NULL, "cannot read %s", path);
	}
	pu_report_fini(&report);
	return code;
}

static enum cli_exit run_validate(struct cli *cli)
{
	char *path;
	enum cli_exit code;

	if (cli_word(cli, 0) != NULL)
		return validate(cli, cli_word(cli, 0));
	code = cli_files_path(cli, &path);
	if (code != CLI_DONE)
		return code;
	code = validate(cli, path);
	pu_free(path);
	return code;
}

/* ---- show ---- */

/* Numbers and truth values as YAML writes them; everything else is a string. */
static void put_scalar(struct cli_json *json, const char *key, const struct pu_yaml_node *node)
{
	uint64_t number;

	if (pu_yaml_is_null(node))
		cli_json_null(json, key);
	else if (!node->quoted &&
	         (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0))
		cli_json_bool(json, key, node->text[0] == 't');
	else if (!node->quoted && cli_args_number(node->text, &number) == PU_OK)
		cli_json_u64(json, key, number);
	else
		cli_json_str(json, key, node->text);
}

static void put_node(struct cli_json *json, const char *key, const struct pu_yaml_node *node)
{
	switch (node->kind) {
	case PU_YAML_SCALAR:
		put_scalar(json, key, node);
		break;
	case PU_YAML_LIST:
		cli_json_list(json, key);
		for (size_t i = 0; i < node->item_count; i++)
			put_node(json, NULL, node->items[i]);
		cli_json_end(json);
		break;
	case PU_YAML_MAP:
		cli_json_object(json, key);
		for (size_t i = 0; i + 1 < node->item_count; i += 2)
			put_node(json, node->items[i]->text, node->items[i + 1]);
		cli_json_end(json);
		break;
	}
}

static enum pu_err put_json(struct pu_bytes text)
{
	struct pu_yaml_error error;
	struct pu_yaml_node *root;
	struct cli_json json;
	enum pu_err err = pu_yaml_parse(text, &root, &error);

	if (err != PU_OK || root == NULL)
		return err;
	cli_json_init(&json, stdout);
	put_node(&json, NULL, root);
	pu_yaml_free(root);
	return PU_OK;
}

static enum cli_exit run_show(struct cli *cli)
{
	struct pu_config config = {0};
	struct pu_buffer text;
	enum cli_exit code = cli_files_load(cli, &config);
	enum pu_err err;

	if (code != CLI_DONE)
		return code;
	pu_buffer_init(&text, 4 * PU_YAML_BYTES_MAX);
	err = pu_config_print(&config, &text);
	if (err == PU_OK && cli->json)
		err = put_json(pu_buffer_bytes(&text));
	else if (err == PU_OK)
		fwrite(text.data, 1, text.len, stdout);
	if (err != PU_OK)
		code = cli_fail_err(cli, err, NULL, "cannot print the configuration");
	pu_buffer_fini(&text);
	pu_config_fini(&config);
	return code;
}

/* ---- the command ---- */

static const struct cli_positional validate_positionals[] = {
    {.name = "FILE",
     .optional = true,
     .offer = CLI_OFFER_FILE,
     .help = "another file than the one in use"},
};
static const struct cli_command cmd_validate = {
    .name = "validate",
    .summary = "report every mistake in the configuration",
    .about =
        "Each with file, line, column and key. Ends with 1 when there is a mistake; warnings "
        "are none.",
    CLI_ROWS(positionals, validate_positionals),
    .run = run_validate,
};
static const struct cli_command cmd_show = {
    .name = "show",
    .summary = "print the effective configuration, defaults included",
    .run = run_show,
};
static const struct cli_command cmd_path = {
    .name = "path",
    .summary = "print which file is used",
    .run = run_path,
};
static const struct cli_command *const subs[] = {&cmd_validate, &cmd_show, &cmd_path};

const struct cli_command cli_cmd_config = {
    .name = "config",
    .summary = "check and show the configuration",
    CLI_ROWS(subs, subs),
};
