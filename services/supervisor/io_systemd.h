/* What systemd is told, when it asked to be told. All of these do nothing elsewhere. */
#ifndef SUPERVISOR_IO_SYSTEMD_H
#define SUPERVISOR_IO_SYSTEMD_H

#include <stdint.h>

void sup_systemd_ready(void);
void sup_systemd_reloading(uint64_t now_ns); /* until ready is said again */
void sup_systemd_stopping(void);
void sup_systemd_status(const char *text);
void sup_systemd_alive(void);
/* How often sup_systemd_alive() is to be called, in ms; 0 = never. */
uint64_t sup_systemd_alive_every_ms(void);

#endif
