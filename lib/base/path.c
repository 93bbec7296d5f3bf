/* Knows how paths in arguments and configurations become paths for the system. Text only, but
 * for the current directory and a home directory that the environment does not say. The
 * contract stands in file.h. */
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

char *pu_path_absolute(const char *path)
{
	char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *absolute;

	if (strncmp(path, "./", 2) == 0)
		path += 2;
	absolute = cwd != NULL ? pu_asprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path)
	                       : pu_strdup(path);
	free(cwd);
	return absolute;
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
