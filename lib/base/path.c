/* Knows how paths in arguments and configurations become paths for the system. Text only: no
 * file is touched. The contract stands in file.h. */
#include <stdlib.h>
#include <string.h>

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

char *pu_path_expand(const char *path)
{
	const char *home = getenv("HOME");

	if (strncmp(path, "~/", 2) != 0 || home == NULL || home[0] == '\0')
		return pu_strdup(path);
	return pu_asprintf("%s/%s", home, path + 2);
}
