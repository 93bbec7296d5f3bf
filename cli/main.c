/* Knows the order of one run: parse, help, check for the daemon, run, flush. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "daemon.h"
#include "help.h"

static enum cli_exit show_help(const struct cli *cli)
{
	if (cli->args.command == NULL)
		cli_help_all(stdout, cli->color);
	else
		cli_help_command(stdout, cli->args.group, cli->args.command, cli->color);
	return CLI_DONE;
}

static enum cli_exit run_with_daemon(struct cli *cli)
{
	struct cli_daemon daemon;
	enum cli_exit code = cli_daemon_open(cli, &daemon);

	if (code != CLI_DONE)
		return code;
	cli->daemon = &daemon;
	code = cli->args.command->run(cli);
	cli_daemon_close(&daemon);
	cli->daemon = NULL;
	return code;
}

static enum cli_exit run(struct cli *cli)
{
	const struct cli_command *command = cli->args.command;

	if (cli->args.help)
		return show_help(cli);
	if (cli->args.version)
		return cli_cmd_version.run(cli);
	if (command == NULL) {
		cli_help_all(stderr, cli->err_color);
		return CLI_USAGE;
	}
	return command->needs_daemon ? run_with_daemon(cli) : command->run(cli);
}

static enum cli_exit finish(const struct cli *cli, enum cli_exit code)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	return code != CLI_DONE ? code : cli_fail(cli, CLI_FAILED, NULL, "cannot write the output");
}

/* A closed one would be the number of the next file that is opened. These neither read nor
 * write, so that what is lost is told. */
static bool occupy_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	enum cli_exit code;
	enum pu_err err;

	if (!occupy_standard_files() || sodium_init() < 0)
		return CLI_FAILED;
	err =
	    cli_args_parse(&cli.args, cli_commands, cli_commands_len,
	                   (const char *const *)argv + (argc > 0), argc > 0 ? (size_t)argc - 1 : 0);
	cli_init(&cli);
	if (err != PU_OK)
		code = cli_fail(&cli, CLI_USAGE, cli.args.hint, "%s", cli.args.error);
	else
		code = finish(&cli, run(&cli));
	cli_args_fini(&cli.args);
	return (int)code;
}
