/* The page that says which process is which service: a sealed memory file that the supervisor
 * writes and its children map read-only. */
#include "proto/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define ROSTER_MAGIC 0x70755231u /* "puR1" */

struct pu_roster {
	uint32_t magic;
	uint32_t count;
	_Atomic(int32_t) pids[PU_SERVICE_COUNT]; /* 0 = does not run */
};

static const char *const names[PU_SERVICE_COUNT] = {
    [PU_SERVICE_USER] = "user",     [PU_SERVICE_SUPERVISOR] = "supervisor",
    [PU_SERVICE_AUTH] = "auth",     [PU_SERVICE_TRANSPORT] = "transport",
    [PU_SERVICE_NAMING] = "naming", [PU_SERVICE_PROXY] = "proxy",
};

const char *pu_service_name(enum pu_service service)
{
	return names[service];
}

enum pu_err pu_service_by_name(const char *name, enum pu_service *service)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*service = (enum pu_service)i;
			return PU_OK;
		}
	}
	return PU_ENOTFOUND;
}

/* Maps the file writable, once, and then forbids that to everybody else. */
static enum pu_err map_and_seal(int fd, struct pu_roster **roster)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

	if (ftruncate(fd, sizeof(struct pu_roster)) != 0)
		return pu_err_from_errno(errno);
	struct pu_roster *map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return pu_err_from_errno(errno);
	if (fcntl(fd, F_ADD_SEALS, seals) != 0) {
		enum pu_err err = pu_err_from_errno(errno);
		munmap(map, sizeof(*map));
		return err;
	}
	map->magic = ROSTER_MAGIC;
	map->count = PU_SERVICE_COUNT;
	*roster = map;
	return PU_OK;
}

enum pu_err pu_roster_create(struct pu_roster **roster, int *fd)
{
	int file = memfd_create("peerup-roster", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file < 0)
		return pu_err_from_errno(errno);
	enum pu_err err = map_and_seal(file, roster);
	if (err != PU_OK) {
		close(file);
		return err;
	}
	*fd = file;
	return PU_OK;
}

void pu_roster_set(struct pu_roster *roster, enum pu_service service, pid_t pid)
{
	atomic_store(&roster->pids[service], pid);
}

enum pu_err pu_roster_open(int fd, const struct pu_roster **roster)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_size != sizeof(struct pu_roster))
		return PU_ENOTFOUND;
	/* Only a sealed memory file is one: a stray descriptor has no such seal. */
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & F_SEAL_FUTURE_WRITE) == 0)
		return PU_ENOTFOUND;
	const struct pu_roster *map = mmap(NULL, sizeof(*map), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return pu_err_from_errno(errno);
	if (map->magic != ROSTER_MAGIC || map->count != PU_SERVICE_COUNT) {
		munmap((void *)map, sizeof(*map));
		return PU_ENOTFOUND;
	}
	*roster = map;
	return PU_OK;
}

enum pu_service pu_roster_find(const struct pu_roster *roster, pid_t pid)
{
	if (roster == NULL || pid <= 0)
		return PU_SERVICE_USER;
	for (size_t i = 0; i < PU_SERVICE_COUNT; i++)
		if (atomic_load(&roster->pids[i]) == pid)
			return (enum pu_service)i;
	return PU_SERVICE_USER;
}
