/* One operating system process: started with its two inherited descriptors, and what the system
 * says of it. */
#ifndef SUPERVISOR_IO_PROCESS_H
#define SUPERVISOR_IO_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Runs argv[0] (a path) as a child that dies with this thread, in its own process group (a
 * Ctrl-C on the terminal is the supervisor's to handle), with standard input from /dev/null,
 * PU_CONTROL_FD and PU_ROSTER_FD as given and no other descriptor but standard output and
 * error. Returns once the program runs. PU_ENOTFOUND when there is none; both descriptors stay
 * the caller's. */
enum pu_err sup_process_spawn(const char *const argv[], int control_fd, int roster_fd,
                              pid_t *pid) PU_MUST_CHECK;

/* False while it runs. Then *wait_status is what waitpid() gave. */
bool sup_process_reap(pid_t pid, int *wait_status);

/* "exited with status 1", "was killed by signal 9 (Killed)". Answers `out`. */
const char *sup_process_describe(int wait_status, char *out, size_t out_size);

/* Zeros for a process that is gone. */
struct sup_memory {
	uint64_t rss_bytes;     /* in use, shared pages included */
	uint64_t private_bytes; /* of these, not backed by a file or shared */
};
struct sup_memory sup_process_memory(pid_t pid);

#endif
