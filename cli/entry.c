/* Knows how an entry of the configuration is removed, and switched on and off. */
#include "entry.h"

#include "files.h"

static const struct cli_entry_kind *kind_of(const struct cli *cli)
{
	return cli->args.command->entry;
}

static enum cli_exit begin(struct cli *cli, struct cli_edit *edit)
{
	const struct cli_entry_kind *kind = kind_of(cli);
	enum cli_exit code = cli_edit_begin(cli, edit);

	if (code != CLI_DONE || kind->is_there(&edit->config, cli_word(cli, 0)))
		return code;
	cli_edit_abort(edit);
	return cli_fail(cli, CLI_FAILED, kind->hint, "there is no %s \"%s\"", kind->words,
	                cli_word(cli, 0));
}

enum cli_exit cli_entry_remove(struct cli *cli)
{
	const struct cli_entry_kind *kind = kind_of(cli);
	const char *name = cli_word(cli, 0);
	struct cli_edit edit;
	enum cli_exit code = begin(cli, &edit);

	if (code == CLI_DONE)
		code = cli_edit_commit(cli, &edit,
		                       pu_yaml_remove(&edit.text, PU_YAML_PATH(kind->section, name)));
	if (code == CLI_DONE)
		cli_done(cli, kind->noun, name, "removed", "%s is removed", name);
	return code;
}

static enum cli_exit set_enabled(struct cli *cli, const char *value, const char *state)
{
	const struct cli_entry_kind *kind = kind_of(cli);
	const char *name = cli_word(cli, 0);
	struct cli_edit edit;
	enum cli_exit code = begin(cli, &edit);

	if (code == CLI_DONE)
		code = cli_edit_commit(
		    cli, &edit,
		    pu_yaml_set(&edit.text, PU_YAML_PATH(kind->section, name, "enabled"), value));
	if (code == CLI_DONE)
		cli_done(cli, kind->noun, name, state, "%s is %s", name, state);
	return code;
}

enum cli_exit cli_entry_enable(struct cli *cli)
{
	return set_enabled(cli, "true", "enabled");
}

enum cli_exit cli_entry_disable(struct cli *cli)
{
	return set_enabled(cli, "false", "disabled");
}
