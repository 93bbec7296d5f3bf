/* A list of strings: what a LIST option and a list of strings in a message are. */
#ifndef PU_BASE_STRINGS_H
#define PU_BASE_STRINGS_H

#include <stddef.h>

/* Who owns it is said where it stands. */
struct pu_strings {
	const char *const *items;
	size_t len;
};

#endif
