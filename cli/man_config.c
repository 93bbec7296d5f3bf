/* Knows the shape of peerup.yaml(5): one entry for each option row. */
#include "config/config.h"
#include "man.h"

static void put_option(const struct pu_option_doc *doc, void *arg)
{
	FILE *out = arg;
	char text[1024];

	snprintf(text, sizeof(text), "%s\nType: %s.%s%s%s%s", doc->help, doc->kind,
	         doc->def != NULL ? " Default: " : "", doc->def != NULL ? doc->def : "",
	         doc->def != NULL ? "." : "", doc->required ? " Required." : "");
	cli_man_term(out, doc->key, text);
}

void cli_man_config(FILE *out)
{
	cli_man_head(out, "peerup.yaml", 5, "configuration of a peerup node");
	cli_man_section(out, "DESCRIPTION");
	cli_man_paragraphs(
	    out,
	    "The configuration is YAML. It belongs to the user that runs the daemon and nobody "
	    "else may have access to it. Relative paths start at its own folder. Durations are "
	    "written like 10s or 1h30m, sizes like 64MB (powers of 1024). A key that is not "
	    "known is a mistake; peerup config validate finds all mistakes.\n\n"
	    "peerup init writes a first one. The commands auth, peer, relay, service and proxy "
	    "edit it, keep its comments and tell a running daemon. What is changed by hand counts "
	    "after peerup daemon reload.");
	cli_man_section(out, "OPTIONS");
	pu_options_doc(&pu_config_schema, put_option, out);
	cli_man_section(out, "FILES");
	cli_man_text(out,
	             "The first of these is used: the argument of --config, $PEERUP_CONFIG,\n"
	             "./peerup.yaml, ~/.config/peerup/config.yaml, /etc/peerup/config.yaml.\n");
	cli_man_section(out, "EXAMPLE");
	cli_man_paragraphs(out, "  version: 1\n"
	                        "  network:\n"
	                        "    listen_addresses: [/ip4/0.0.0.0/udp/41641/quic-v1]\n"
	                        "  services:\n"
	                        "    web:\n"
	                        "      local_address: localhost:8000\n"
	                        "  names:\n"
	                        "    home: 12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5");
	cli_man_section(out, "SEE ALSO");
	cli_man_text(out, "peerup(1)\n");
}
