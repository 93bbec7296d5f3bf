#include <criterion/criterion.h>
#include <stdlib.h>

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
	expect(pu_path_expand("/a/~/key"), "/a/~/key");
	unsetenv("HOME");
	expect(pu_path_expand("~/key"), "~/key");
}
