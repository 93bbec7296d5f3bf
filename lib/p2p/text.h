/* Text that strangers send. */
#ifndef PU_P2P_TEXT_H
#define PU_P2P_TEXT_H

#include "base/bytes.h"

/* Valid UTF-8 without characters that steer a terminal. */
bool pu_text_is_printable(struct pu_bytes text);

#endif
