/* What the configuration says about services and forwards. */
#ifndef PROXY_SETTINGS_H
#define PROXY_SETTINGS_H

#include "config/config.h"
#include "exposed.h"
#include "forward.h"

/* Fills an empty table; it borrows from the configuration. Entries that cannot be used are
 * logged and left out. */
void proxy_settings_expose(const struct pu_config *config, struct proxy_exposed *exposed);

/* The permanent forwards, borrowing from the configuration: `wishes` has room for
 * PROXY_FORWARDS_MAX. Answers how many; what cannot be used is logged and left out. */
size_t proxy_settings_wishes(const struct pu_config *config, struct proxy_wish *wishes);

#endif
