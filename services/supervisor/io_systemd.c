/* What this file knows: systemd's notification protocol (sd_notify(3)), through libsystemd. */
#include "io_systemd.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"

void sup_systemd_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void sup_systemd_reloading(uint64_t now_ns)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_ns / PU_NS_PER_US);
}

void sup_systemd_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void sup_systemd_status(const char *text)
{
	(void)sd_notifyf(0, "STATUS=%s", text);
}

void sup_systemd_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

uint64_t sup_systemd_alive_every_ms(void)
{
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	uint64_t half_ms = usec / 2000;
	return half_ms > 0 ? half_ms : 1;
}
