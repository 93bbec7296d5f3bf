/* What the operator of a new relay has to know. */
#ifndef CLI_RELAY_REPORT_H
#define CLI_RELAY_REPORT_H

#include "relay_plan.h"
#include "relay_reach.h"

/* Of a plan that was carried out, with the configuration that there is now. */
void cli_relay_report(const struct cli *cli, const struct cli_relay_plan *plan,
                      const struct pu_config *config, const struct cli_reach *reach);

#endif
