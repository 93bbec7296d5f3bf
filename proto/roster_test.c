/* The roster as the supervisor writes it and its children see it. */
#include "proto/roster.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

Test(roster, names_services_both_ways)
{
	for (int i = 0; i < PU_SERVICE_COUNT; i++) {
		enum pu_service service = PU_SERVICE_COUNT;
		cr_assert_eq(pu_service_by_name(pu_service_name((enum pu_service)i), &service), PU_OK);
		cr_assert_eq(service, (enum pu_service)i);
	}
	enum pu_service service;
	cr_assert_eq(pu_service_by_name("nobody", &service), PU_ENOTFOUND);
}

Test(roster, a_child_sees_what_the_supervisor_writes)
{
	struct pu_roster *roster;
	const struct pu_roster *child;
	int fd;

	cr_assert_eq(pu_roster_create(&roster, &fd), PU_OK);
	cr_assert_eq(pu_roster_open(fd, &child), PU_OK);
	cr_assert_eq(pu_roster_find(child, 4711), PU_SERVICE_USER);
	pu_roster_set(roster, PU_SERVICE_NAMING, 4711);
	cr_assert_eq(pu_roster_find(child, 4711), PU_SERVICE_NAMING);
	pu_roster_set(roster, PU_SERVICE_NAMING, 0);
	cr_assert_eq(pu_roster_find(child, 4711), PU_SERVICE_USER);
	cr_assert_eq(pu_roster_find(child, 0), PU_SERVICE_USER);
	close(fd);
}

Test(roster, a_child_cannot_write)
{
	struct pu_roster *roster;
	int fd;

	cr_assert_eq(pu_roster_create(&roster, &fd), PU_OK);
	cr_assert_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	cr_assert_eq(write(fd, "x", 1), -1);
	cr_assert_neq(ftruncate(fd, 0), 0);
	close(fd);
}

Test(roster, another_descriptor_is_no_roster)
{
	const struct pu_roster *roster;
	int null_fd = open("/dev/null", O_RDONLY);
	int file = memfd_create("other", 0);

	cr_assert_eq(pu_roster_open(-1, &roster), PU_ENOTFOUND);
	cr_assert_eq(pu_roster_open(null_fd, &roster), PU_ENOTFOUND);
	cr_assert_eq(pu_roster_open(file, &roster), PU_ENOTFOUND);
	cr_assert_eq(pu_roster_find(NULL, getpid()), PU_SERVICE_USER);
	close(null_fd);
	close(file);
}
