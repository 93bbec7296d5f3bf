/* Knows how commands read the configuration, and how they change it without losing what
 * another program changes at the same time. */
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/yaml_node.h"
#include "daemon.h"
#include "owner.h"

enum cli_exit cli_files_expand(const struct cli *cli, const char *typed, char **path)
{
	char *expanded = pu_path_expand(typed);

	if (expanded == NULL)
		return cli_fail(cli, CLI_FAILED, "set HOME, or write the whole path",
		                "%s: no home directory is known", typed);
	*path = expanded;
	return CLI_DONE;
}

enum cli_exit cli_files_path(const struct cli *cli, char **path)
{
	const char *wanted = cli->config != NULL ? cli->config : cli_value(cli, "config");

	if (pu_config_find(wanted, path) == PU_OK) {
		char *dir = pu_path_dir(*path);
		enum cli_exit code = cli_owner_become(cli, dir);

		pu_free(dir);
		if (code != CLI_DONE)
			pu_free(*path);
		return code;
	}
	return cli_fail(cli, CLI_FAILED, "make one with: peerup init", "there is no configuration");
}

/* Somebody else's, or ours and open to others. */
static enum cli_exit no_access(const struct cli *cli, const char *path)
{
	if (access(path, R_OK) == 0)
		return cli_fail(cli, CLI_FAILED, "it must be yours alone: chmod 600 it",
		                "others have access to %s", path);
	return cli_fail_err(cli, PU_EPERM,
	                    "run this as the user to whom it belongs, or name another: --config",
	                    "cannot read %s", path);
}

bool cli_files_unreadable(enum pu_err err)
{
	return err == PU_ENOTFOUND || err == PU_EPERM || err == PU_EIO;
}

enum cli_exit cli_files_failed(const struct cli *cli, const char *path, enum pu_err err,
                               const struct pu_report *report)
{
	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, "make one with: peerup init",
		                "there is no configuration at %s", path);
	if (err == PU_EPERM)
		return no_access(cli, path);
	if (err == PU_EIO || report->len == 0)
		return cli_fail_err(cli, err, NULL, "cannot read %s", path);
	pu_config_report_print(report, STDERR_FILENO);
	return cli_fail(cli, CLI_FAILED, "correct it; peerup config validate checks it",
	                "the configuration cannot be used");
}

enum cli_exit cli_files_load(const struct cli *cli, struct pu_config *config)
{
	struct pu_report report = {0};
	enum cli_exit code;
	char *path;
	enum pu_err err;

	code = cli_files_path(cli, &path);
	if (code != CLI_DONE)
		return code;
	err = pu_config_load(path, config, &report);
	if (err != PU_OK)
		code = cli_files_failed(cli, path, err, &report);
	pu_report_fini(&report);
	pu_free(path);
	return code;
}

enum cli_exit cli_files_runtime_dir(const struct cli *cli, char **runtime_dir)
{
	struct pu_config config = {0};
	struct pu_report report = {0};
	enum cli_exit code;
	char *path;
	enum pu_err err;

	code = cli_files_path(cli, &path);
	if (code != CLI_DONE)
		return code;
	err = pu_config_load(path, &config, &report);
	if (err == PU_OK) {
		*runtime_dir = pu_strdup(config.runtime_dir);
		pu_config_fini(&config);
	} else if (err == PU_EINVAL) {
		cli_warn(cli, "%s has mistakes: see peerup config validate", path);
		*runtime_dir = pu_path_resolve(path, "run");
	} else {
		code = cli_files_failed(cli, path, err, &report);
	}
	pu_report_fini(&report);
	pu_free(path);
	return code;
}

enum pu_err cli_files_peer(const struct pu_config *config, const char *name,
                           struct pu_peer_id *peer)
{
	const struct pu_config_name *known = pu_config_name(config, name);

	return pu_peer_id_parse(known != NULL ? known->peer : name, peer) == PU_OK ? PU_OK
	                                                                           : PU_ENOTFOUND;
}

const char *cli_files_name_of(const struct pu_config *config, const struct pu_peer_id *peer)
{
	const struct pu_config_name *names = pu_config_names(config);

	for (size_t i = 0; i < config->names.len; i++) {
		struct pu_peer_id id;

		if (pu_peer_id_parse(names[i].peer, &id) == PU_OK && pu_peer_id_eq(&id, peer))
			return names[i].name;
	}
	return "";
}

/* ---- edits ---- */

static enum cli_exit read_text(const struct cli *cli, struct cli_edit *edit)
{
	struct pu_report report = {0};
	enum cli_exit code = CLI_DONE;
	enum pu_err err = pu_file_read(edit->path, true, &edit->text);

	if (err == PU_OK)
		err = pu_config_parse(pu_buffer_bytes(&edit->text), edit->path, &edit->config, &report);
	if (err != PU_OK)
		code = cli_files_failed(cli, edit->path, err, &report);
	pu_report_fini(&report);
	return code;
}

enum cli_exit cli_edit_begin(const struct cli *cli, struct cli_edit *edit)
{
	enum cli_exit code;
	enum pu_err err;

	*edit = (struct cli_edit){.lock = {.fd = -1}};
	pu_buffer_init(&edit->text, PU_YAML_BYTES_MAX);
	code = cli_files_path(cli, &edit->path);
	if (code != CLI_DONE)
		return code;
	if (access(edit->path, F_OK) != 0 && errno != EACCES) {
		code = cli_fail(cli, CLI_FAILED, "make one with: peerup init",
		                "there is no configuration at %s", edit->path);
		cli_edit_abort(edit);
		return code;
	}
	err = pu_file_lock(&edit->lock, edit->path, CLI_LOCK_MS);
	if (err == PU_OK)
		code = read_text(cli, edit);
	else if (err == PU_EPERM && access(edit->path, R_OK) != 0)
		code = no_access(cli, edit->path);
	else
		code = cli_fail_err(cli, err, NULL, "cannot lock %s", edit->path);
	if (code != CLI_DONE)
		cli_edit_abort(edit);
	return code;
}

static enum cli_exit write_text(const struct cli *cli, const struct cli_edit *edit)
{
	struct pu_config config = {0};
	struct pu_report report = {0};
	enum cli_exit code = CLI_DONE;
	enum pu_err err =
	    pu_config_parse(pu_buffer_bytes(&edit->text), edit->path, &config, &report);

	if (err != PU_OK) {
		pu_config_report_print(&report, STDERR_FILENO);
		code = cli_fail(cli, CLI_FAILED, NULL, "the configuration was left as it is");
	} else {
		pu_config_fini(&config);
		err = pu_file_write(edit->path, pu_buffer_bytes(&edit->text));
		if (err != PU_OK)
			code = cli_fail_err(cli, err, NULL, "cannot write %s", edit->path);
	}
	pu_report_fini(&report);
	return code;
}

enum cli_exit cli_edit_write(const struct cli *cli, struct cli_edit *edit, enum pu_err err)
{
	enum cli_exit code;

	if (err == PU_OK)
		code = write_text(cli, edit);
	else
		code = cli_fail_err(cli, err, "edit the file by hand, then: peerup config validate",
		                    "cannot edit %s", edit->path);
	cli_edit_abort(edit);
	return code;
}

enum cli_exit cli_edit_commit(struct cli *cli, struct cli_edit *edit, enum pu_err err)
{
	enum cli_exit code = cli_edit_write(cli, edit, err);

	if (code == CLI_DONE)
		cli_daemon_reload(cli);
	return code;
}

void cli_edit_abort(struct cli_edit *edit)
{
	pu_file_unlock(&edit->lock);
	pu_buffer_fini(&edit->text);
	pu_config_fini(&edit->config);
	pu_free(edit->path);
}
