/* Knows how paths in arguments and configurations become paths for the system. Text only, but
 * for the home directory of a user whose environment has none. The contract stands in file.h. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

char *pu_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return pu_strdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? pu_strdup("/") : pu_strndup(path, (size_t)(slash - path));
}

char *pu_path_resolve(const char *base, const char *path)
{
	char *dir, *full;

	if (path[0] == '/')
		return pu_strdup(path);
	dir = pu_path_dir(base);
	full = pu_asprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
	pu_free(dir);
	return full;
}

static const char *home_dir(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home != NULL && home[0] != '\0')
		return home;
	user = getpwuid(getuid());
	return user != NULL && user->pw_dir[0] != '\0' ? user->pw_dir : NULL;
}

char *pu_path_expand(const char *path)
{
	const char *home;

	if (path[0] != '~' || (path[1] != '/' && path[1] != '\0'))
		return pu_strdup(path);
	home = home_dir();
	return home != NULL ? pu_asprintf("%s%s", home, path + 1) : NULL;
}
