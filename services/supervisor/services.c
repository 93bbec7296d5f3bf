/* What this file knows: which services there are, and in which order they start. */
#include "services.h"

const struct sup_service sup_services[SUP_SERVICES_LEN] = {
    {PU_SERVICE_AUTH, .core = true},
    {PU_SERVICE_TRANSPORT, .core = true},
    {PU_SERVICE_NAMING, .core = true},
    {PU_SERVICE_PROXY, .core = true},
};
