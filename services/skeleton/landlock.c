/* Landlock: the files that a service may touch (Linux
 * Documentation/userspace-api/landlock.rst). Bare system calls, because Debian 12's C library
 * has none for it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "skeleton/sandbox.h"

/* Newer than Debian 12's kernel headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define ABI_REFER    2
#define ABI_TRUNCATE 3

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define MAKE                                                                                   \
	(LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                              \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REFER)
#define ALL                                                                                    \
	(READ | WRITE | MAKE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |        \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                              \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
/* What a rule about a file, and not a directory, may say. */
#define OF_A_FILE                                                                              \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	 LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_TRUNCATE)

struct ruleset {
	int fd;
	uint64_t handled; /* what this kernel knows of */
};

/* Libraries that are loaded late (name services), and what libraries read by themselves. */
static const char *const system_paths[] = {
    "/usr",           "/lib",        "/lib64",       "/etc/ld.so.cache",
    "/etc/localtime", "/etc/gnutls", "/dev/urandom", "/sys/devices/system/cpu",
    "/proc/self",     "/proc/sys",
};

/* What the resolver reads. */
static const char *const resolver_paths[] = {
    "/etc/resolv.conf", "/etc/hosts",          "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/host.conf",   "/etc/services",       "/etc/protocols",     "/run/systemd/resolve",
    "/run/resolvconf",  "/run/NetworkManager",
};

/* Where GnuTLS finds whom the system trusts. */
static const char *const web_paths[] = {"/etc/ssl/certs", "/etc/pki", "/etc/ca-certificates"};

static long abi_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool skeleton_landlock_available(void)
{
	return abi_version() >= 1;
}

static bool ruleset_open(struct ruleset *ruleset)
{
	long abi = abi_version();

	if (abi < 1)
		return false;
	ruleset->handled = ALL;
	if (abi < ABI_REFER)
		ruleset->handled &= ~LANDLOCK_ACCESS_FS_REFER;
	if (abi < ABI_TRUNCATE)
		ruleset->handled &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	struct landlock_ruleset_attr attr = {.handled_access_fs = ruleset->handled};
	ruleset->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	return ruleset->fd >= 0;
}

/* What does not exist needs no rule. */
static enum pu_err allow(const struct ruleset *ruleset, const char *path, uint64_t access)
{
	struct stat stat;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return PU_OK;
	access &= ruleset->handled;
	if (fstat(fd, &stat) == 0 && !S_ISDIR(stat.st_mode))
		access &= OF_A_FILE;
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
	enum pu_err err = PU_OK;
	if (syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		err = pu_err_from_errno(errno);
	close(fd);
	return err;
}

static enum pu_err allow_all(const struct ruleset *ruleset, const char *const *paths,
                             size_t len)
{
	enum pu_err err = PU_OK;

	for (size_t i = 0; i < len && err == PU_OK; i++)
		err = allow(ruleset, paths[i], READ);
	return err;
}

/* Programs replace resolv.conf by a new file, which a rule about the old one does not cover; so
 * all of /etc, unless our own secrets are in there. */
static enum pu_err allow_resolver(const struct ruleset *ruleset, const struct pu_config *config)
{
	enum pu_err err = allow_all(ruleset, resolver_paths, PU_ARRAY_LEN(resolver_paths));

	if (err == PU_OK && strncmp(config->dir, "/etc/", strlen("/etc/")) != 0 &&
	    strncmp(config->identity.key_file, "/etc/", strlen("/etc/")) != 0)
		err = allow(ruleset, "/etc", READ);
	return err;
}

static enum pu_err allow_dir_of(const struct ruleset *ruleset, const char *file)
{
	char *dir = pu_path_dir(file);
	enum pu_err err = allow(ruleset, dir, READ | WRITE | MAKE);

	pu_free(dir);
	return err;
}

/* The directories of the files that only auth may touch, and of those they are links to. */
static enum pu_err allow_secrets(const struct ruleset *ruleset, const struct pu_config *config)
{
	const char *const files[] = {config->path, config->identity.key_file,
	                             config->security.authorized_keys_file,
	                             config->security.audit_log};
	enum pu_err err = PU_OK;

	for (size_t i = 0; i < PU_ARRAY_LEN(files) && err == PU_OK; i++) {
		char *real = realpath(files[i], NULL);
		err = allow_dir_of(ruleset, files[i]);
		if (err == PU_OK && real != NULL)
			err = allow_dir_of(ruleset, real);
		free(real);
	}
	return err;
}

/* Authorities of the web, and what network.tls_* names, wherever that is. They are read when
 * the process starts, so it is enough to name the files that are there now. */
static enum pu_err allow_web(const struct ruleset *ruleset, const struct pu_config *config)
{
	const char *const own[] = {config->network.tls_certificate, config->network.tls_key};
	enum pu_err err = allow_all(ruleset, web_paths, PU_ARRAY_LEN(web_paths));

	for (size_t i = 0; i < PU_ARRAY_LEN(own) && err == PU_OK; i++)
		if (own[i] != NULL)
			err = allow(ruleset, own[i], LANDLOCK_ACCESS_FS_READ_FILE);
	return err;
}

static enum pu_err add_rules(const struct ruleset *ruleset,
                             const struct skeleton_sandbox *sandbox,
                             const struct pu_config *config)
{
	enum pu_err err = allow_all(ruleset, system_paths, PU_ARRAY_LEN(system_paths));

	if (err == PU_OK)
		err = allow(ruleset, "/dev/null", READ | WRITE);
	if (err == PU_OK)
		err = allow(ruleset, config->runtime_dir, READ | WRITE | MAKE);
	if (err == PU_OK && sandbox->reads_config)
		err = allow(ruleset, config->dir, READ);
	if (err == PU_OK && sandbox->allowed.config_dir)
		err = allow_secrets(ruleset, config);
	if (err == PU_OK && sandbox->allowed.system_dns)
		err = allow_resolver(ruleset, config);
	if (err == PU_OK && sandbox->allowed.web)
		err = allow_web(ruleset, config);
	/* Listening sockets of forwards; connecting is nothing that Landlock knows of. */
	if (err == PU_OK && sandbox->allowed.connect_unix)
		err =
		    allow(ruleset, "/", LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE);
	if (err == PU_OK && SKELETON_SANITIZED)
		err = allow(ruleset, "/", ALL);
	return err;
}

enum pu_err skeleton_landlock_enter(const struct skeleton_sandbox *sandbox,
                                    const struct pu_config *config)
{
	struct ruleset ruleset;

	if (!ruleset_open(&ruleset))
		return PU_EUNSUPPORTED;
	enum pu_err err = add_rules(&ruleset, sandbox, config);
	if (err == PU_OK && syscall(SYS_landlock_restrict_self, ruleset.fd, 0) != 0)
		err = pu_err_from_errno(errno);
	close(ruleset.fd);
	return err;
}
