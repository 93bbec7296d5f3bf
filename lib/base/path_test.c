#include <criterion/criterion.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

static void expect(char *got, const char *wanted)
{
	cr_assert_str_eq(got, wanted);
	pu_free(got);
}

Test(path, names_the_directory_of_a_file)
{
	expect(pu_path_dir("a/b/c.yaml"), "a/b");
	expect(pu_path_dir("c.yaml"), ".");
	expect(pu_path_dir("/c.yaml"), "/");
	expect(pu_path_dir("//c.yaml"), "/");
	expect(pu_path_dir("/etc//c.yaml"), "/etc");
}

Test(path, resolves_beside_the_base_file)
{
	expect(pu_path_resolve("/etc/peerup/config.yaml", "key"), "/etc/peerup/key");
	expect(pu_path_resolve("config.yaml", "key"), "./key");
	expect(pu_path_resolve("/config.yaml", "key"), "/key");
	expect(pu_path_resolve("/etc/peerup/config.yaml", "/key"), "/key");
}

Test(path, expands_the_home_directory)
{
	setenv("HOME", "/home/ada", 1);
	expect(pu_path_expand("~/key"), "/home/ada/key");
	expect(pu_path_expand("~key"), "~key");
	expect(pu_path_expand("~"), "/home/ada");
	expect(pu_path_expand("/a/~/key"), "/a/~/key");
}

Test(path, begins_at_the_root_when_absolute)
{
	cr_assert_eq(chdir("/usr"), 0);
	expect(pu_path_absolute("a/b"), "/usr/a/b");
	expect(pu_path_absolute("./a"), "/usr/a");
	expect(pu_path_absolute("/a"), "/a");
	cr_assert_eq(chdir("/"), 0);
	expect(pu_path_absolute("a"), "/a");
}

static void expect_the_systems_home(void)
{
	const struct passwd *user = getpwuid(getuid());
	char *wanted = user != NULL ? pu_asprintf("%s/key", user->pw_dir) : NULL;
	char *got = pu_path_expand("~/key");

	cr_assert_eq(got == NULL, wanted == NULL);
	if (wanted != NULL)
		cr_assert_str_eq(got, wanted);
	pu_free(got);
	pu_free(wanted);
}

Test(path, never_takes_a_missing_home_directory_for_a_name)
{
	unsetenv("HOME");
	expect_the_systems_home();
	setenv("HOME", "", 1);
	expect_the_systems_home();
	expect(pu_path_expand("key"), "key");
}
