/* The text that services are handed. */
#include "io_config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

static char dir[64], path[96];

static void write_file(const char *text)
{
	cr_assert(pu_file_write(path, pu_bytes_of_str(text)) == PU_OK);
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/peerup-config-XXXXXX");
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/config.yaml", dir);
	write_file("version: 1\nnode: {name: first}\n");
}

static void tear_down(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(config_text, .init = set_up, .fini = tear_down);

Test(config_text, outlives_its_file)
{
	struct pu_report report = {0};
	struct pu_config config;
	char text[64] = "";
	int fd;

	cr_assert(sup_config_load(path, &config, &fd, &report) == PU_OK);
	cr_expect_str_eq(config.node.name, "first");
	write_file("nonsense");
	cr_expect(pread(fd, text, sizeof(text) - 1, 0) > 0);
	cr_expect_str_eq(text, "version: 1\nnode: {name: first}\n");
	cr_expect(pwrite(fd, "x", 1, 0) < 0 && errno == EPERM, "nobody can change it");
	cr_expect(ftruncate(fd, 0) < 0 && errno == EPERM);
	close(fd);
	pu_config_fini(&config);
	pu_report_fini(&report);
}

Test(config_text, is_not_made_of_a_bad_file)
{
	struct pu_report report = {0};
	struct pu_config config;
	int fd = -2;

	write_file("no_such_key: 1\n");
	cr_expect(sup_config_load(path, &config, &fd, &report) == PU_EINVAL);
	cr_expect(fd == -2 && report.errors > 0);
	pu_report_fini(&report);
}
