/* Knows how root works on the files of the user that the daemon runs as. */
#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool drop(uid_t uid, gid_t gid, const char *name)
{
	const gid_t groups[] = {gid};

	if ((name != NULL ? initgroups(name, gid) : setgroups(1, groups)) != 0)
		return false;
	return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

enum cli_exit cli_owner_become(const struct cli *cli, const char *dir)
{
	const struct passwd *user;
	struct stat info;

	if (geteuid() != 0 || stat(dir, &info) != 0 || info.st_uid == 0)
		return CLI_DONE;
	user = getpwuid(info.st_uid);
	if (drop(info.st_uid, user != NULL ? user->pw_gid : info.st_gid,
	         user != NULL ? user->pw_name : NULL))
		return CLI_DONE;
	return cli_fail(cli, CLI_FAILED, NULL, "cannot become the owner of %s: %s", dir,
	                strerror(errno));
}
