/* Knows the man(7) macros, and which pages there are. */
#include "man.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"

void cli_man_text(FILE *out, const char *text)
{
	bool line_start = true;

	for (; *text != '\0'; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		line_start = *text == '\n';
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

void cli_man_head(FILE *out, const char *title, int section, const char *summary)
{
	fputs(".TH ", out);
	for (const char *c = title; *c != '\0'; c++)
		fputc(toupper((unsigned char)*c), out);
	fprintf(out, " %d \"\" \"peerup %s\" \"peerup\"\n", section, PEERUP_VERSION);
	cli_man_section(out, "NAME");
	cli_man_text(out, title);
	fputs(" \\- ", out);
	cli_man_text(out, summary);
	fputc('\n', out);
}

void cli_man_section(FILE *out, const char *title)
{
	fprintf(out, ".SH %s\n", title);
}

void cli_man_paragraphs(FILE *out, const char *text)
{
	while (*text != '\0') {
		const char *end = strstr(text, "\n\n");
		size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
		char *paragraph = pu_strndup(text, len);
		bool example = paragraph[0] == ' ';

		fputs(example ? ".PP\n.nf\n" : ".PP\n", out);
		cli_man_text(out, paragraph);
		fputs(example ? "\n.fi\n" : "\n", out);
		pu_free(paragraph);
		text += len;
		text += strspn(text, "\n");
	}
}

void cli_man_term(FILE *out, const char *term, const char *text)
{
	fputs(".TP\n\\fB", out);
	cli_man_text(out, term);
	fputs("\\fR\n", out);
	cli_man_text(out, text);
	fputc('\n', out);
}

/* ---- the services' pages ---- */

static const struct {
	const char *name, *summary, *about;
} services[] = {
    {"peerup-supervisor", "starts and watches the processes of the peerup daemon",
     "Starts the other services from a table, waits until each is ready, starts again what "
     "dies "
     "(with growing delays) and what does not answer a question about its health, and stops "
     "everything in order. SIGTERM and SIGINT stop the daemon, SIGHUP makes all services read "
     "the configuration again. It tells systemd when the daemon is ready."},
    {"peerup-auth", "holds the identity of a peerup node and decides who may connect",
     "Holds the Ed25519 key, signs with it for the other services, reads authorized_keys and "
     "notices its changes at once, and writes every decision to the audit log."},
    {"peerup-transport", "carries the connections of a peerup node",
     "One libp2p host over QUIC, TCP, WebSocket and relays, and a relay itself where the "
     "configuration says so: connections, streams, circuits, limits. It has neither the key "
     "nor "
     "any policy; it asks peerup-auth(8)."},
    {"peerup-naming", "knows who is who and where for a peerup node",
     "Resolves names to peer IDs, keeps the known addresses of peers, and asks peers which "
     "services they offer."},
    {"peerup-proxy", "joins local services and listeners to peers",
     "Exposes configured local services to peers, and listens locally for connections that "
     "lead "
     "to the services of peers."},
};

static void put_service(FILE *out, size_t i)
{
	cli_man_head(out, services[i].name, 8, services[i].summary);
	cli_man_section(out, "SYNOPSIS");
	fputs("\\fB", out);
	cli_man_text(out, services[i].name);
	fputs("\\fR \\-\\-config \\fIPATH\\fR\n", out);
	cli_man_section(out, "DESCRIPTION");
	cli_man_paragraphs(out, services[i].about);
	cli_man_paragraphs(out, "This program is started by `peerup daemon`; nobody needs to start "
	                        "it by hand.");
	cli_man_section(out, "OPTIONS");
	cli_man_term(out, "--config PATH", "The configuration file; see peerup.yaml(5).");
	cli_man_section(out, "SEE ALSO");
	cli_man_text(out, "peerup(1), peerup.yaml(5)\n");
}

bool cli_man_print(FILE *out, const char *page)
{
	if (strcmp(page, "peerup") == 0) {
		cli_man_commands(out);
		return true;
	}
	if (strcmp(page, "peerup.yaml") == 0) {
		cli_man_config(out);
		return true;
	}
	for (size_t i = 0; i < PU_ARRAY_LEN(services); i++) {
		if (strcmp(services[i].name, page) == 0) {
			put_service(out, i);
			return true;
		}
	}
	return false;
}
