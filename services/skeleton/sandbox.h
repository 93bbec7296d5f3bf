/* What a service's process may do from now on: no new privileges, no core dumps, a seccomp list
 * of calls that no service needs, and Landlock rules where the kernel has it. Landlock
 * restricts the calling thread and those it makes: call this before there is a second one. */
#ifndef PU_SKELETON_SANDBOX_H
#define PU_SKELETON_SANDBOX_H

#include "skeleton/service.h"

/* What the description says, and how the process learns of a new configuration. */
struct skeleton_sandbox {
	struct pu_sandbox allowed;
	/* It opens the file by itself, so it can read the config directory. */
	bool reads_config;
};

/* PU_EPERM when the kernel refuses. */
enum pu_err skeleton_sandbox_enter(const struct skeleton_sandbox *sandbox,
                                   const struct pu_config *config) PU_MUST_CHECK;

/* Its halves. PU_EUNSUPPORTED: this kernel has no Landlock. */
enum pu_err skeleton_landlock_enter(const struct skeleton_sandbox *sandbox,
                                    const struct pu_config *config) PU_MUST_CHECK;
enum pu_err skeleton_seccomp_enter(const struct pu_sandbox *sandbox) PU_MUST_CHECK;

/* Before the event loop is made: a libuv that finds io_uring uses it, and bears no refusal
 * afterwards. */
enum pu_err skeleton_seccomp_no_rings(void) PU_MUST_CHECK;

bool skeleton_landlock_available(void);

/* Sanitizers look at the process from outside of it when it ends, and coverage is written then.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(PEERUP_COVERAGE)
#define SKELETON_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SKELETON_SANITIZED 1
#endif
#endif
#ifndef SKELETON_SANITIZED
#define SKELETON_SANITIZED 0
#endif

#endif
