/* What this file knows: how a text is kept where nobody can change it. */
#include "io_config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/yaml_node.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static enum pu_err write_all(int fd, struct pu_bytes text)
{
	while (text.len > 0) {
		ssize_t written = write(fd, text.data, text.len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return pu_err_from_errno(errno);
		text = pu_bytes(text.data + written, text.len - (size_t)written);
	}
	return fcntl(fd, F_ADD_SEALS, SEALS) == 0 ? PU_OK : pu_err_from_errno(errno);
}

static enum pu_err keep_text(struct pu_bytes text, int *text_fd)
{
	int fd = memfd_create("peerup-config", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return pu_err_from_errno(errno);
	enum pu_err err = write_all(fd, text);
	if (err == PU_OK)
		*text_fd = fd;
	else
		close(fd);
	return err;
}

static enum pu_err parse_and_keep(struct pu_bytes text, const char *path,
                                  struct pu_config *config, int *text_fd,
                                  struct pu_report *report)
{
	struct pu_config parsed;
	enum pu_err err = pu_config_parse(text, path, &parsed, report);

	if (err != PU_OK)
		return err;
	err = keep_text(text, text_fd);
	if (err == PU_OK) {
		*config = parsed;
		return PU_OK;
	}
	pu_report_add(report, (struct pu_mistake){0}, "cannot be kept in memory: %s",
	              pu_strerror(err));
	pu_config_fini(&parsed);
	return err;
}

enum pu_err sup_config_load(const char *path, struct pu_config *config, int *text_fd,
                            struct pu_report *report)
{
	struct pu_buffer text;

	pu_buffer_init(&text, PU_YAML_BYTES_MAX);
	enum pu_err err = pu_config_read(path, &text, report);
	if (err == PU_OK)
		err = parse_and_keep(pu_buffer_bytes(&text), path, config, text_fd, report);
	pu_buffer_fini(&text);
	return err;
}
