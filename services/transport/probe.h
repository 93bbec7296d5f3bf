/* Who answers at an address: one connection that is closed as soon as it says so. */
#ifndef TRANSPORT_PROBE_H
#define TRANSPORT_PROBE_H

#include "conn.h"
#include "proto/messages.h"

struct pu_request;

/* Answers the request (transport.probe) once, later or at once. */
void transport_probe_start(struct transport *transport, struct pu_request *request,
                           const struct pu_transport_probe *ask);

/* For conn.c: conn->probe has its answer, or will have none. */
void transport_probe_answered(struct transport_conn *conn);
void transport_probe_failed(struct transport_conn *conn, enum pu_err err, const char *text);

#endif
