/* Prints docs/MESSAGES.md: what the rows and field tables say, in Markdown. */
#include <stdio.h>

#include "base/alloc.h"
#include "proto/codec.h"
#include "proto/messages.h"

/* Lists in lists of maps. */
#define DEPTH_MAX 4

static const char *const kinds[] = {
    [PU_KIND_BOOL] = "bool",
    [PU_KIND_U64] = "uint",
    [PU_KIND_I64] = "int",
    [PU_KIND_STR] = "str",
    [PU_KIND_BYTES] = "bin",
    [PU_KIND_STRINGS] = "array of str",
    [PU_KIND_ITEMS] = "array of map",
};

static const struct {
	enum pu_msg_kind kind;
	const char *title, *text;
} sections[] = {
    {PU_MSG_REQUEST, "Requests",
     "Over `ipc://<runtime dir>/<service>.ipc`, as NNG's REQ/REP speaks there. Each has one "
     "answer: the message named here, or `error`."},
    {PU_MSG_ANSWER, "Answers", "To requests, on the same line."},
    {PU_MSG_EVENT, "Events",
     "Over `ipc://<runtime dir>/<service>.events.ipc`, as NNG's PUB/SUB speaks there. A "
     "published message is the type, a NUL byte, and the map: subscribe to a type or to a "
     "prefix of one. A subscriber that does not read is disconnected."},
    {PU_MSG_CONTROL, "Control channel",
     "Between the supervisor and each service: a Unix seqpacket socket, the service's "
     "descriptor 3. A packet is one map, with at most one descriptor (SCM_RIGHTS)."},
    {PU_MSG_STREAM, "Stream handoff",
     "Over the Unix seqpacket socket `<runtime dir>/stream.sock`, where transport listens. A "
     "packet is one map, with at most one descriptor (SCM_RIGHTS): the socket of the stream. "
     "Whoever asks chooses the `id`; transport's have the top bit clear, all others have it "
     "set."},
};

static void print_head(void)
{
	printf(
	    "# Messages\n\n"
	    "Generated from the rows in `proto/messages.c` by `messages_doc`; do not edit.\n\n"
	    "Every message is one msgpack map: `{\"type\": \"auth.check\", ...fields}`, at most %d "
	    "bytes. Fields that a receiver does not know are ignored; a required field that is "
	    "missing, of another type or too long is an error that names it. `nil` is as good as "
	    "missing. An optional field that is missing is 0, false, empty. The bound of a str or "
	    "bin is in bytes, that of an array in entries (× bytes of each str).\n\n"
	    "Who sends is known from the kernel's peer credentials and the supervisor's list of "
	    "its "
	    "children, never from what the sender says. `user` is any process of the same user, or "
	    "of "
	    "root, that is no service: the command line, scripts, SDKs.\n",
	    PU_MESSAGE_MAX);
}

static void print_senders(unsigned from)
{
	const char *separator = "";

	if (from == PU_FROM_ANY) {
		printf("anybody");
		return;
	}
	for (unsigned i = 0; i < PU_SERVICE_COUNT; i++) {
		if ((from & PU_FROM(i)) == 0)
			continue;
		printf("%s%s", separator, pu_service_name((enum pu_service)i));
		separator = ", ";
	}
}

static void print_bound(const struct pu_field *field)
{
	if (field->kind == PU_KIND_STRINGS)
		printf("%u × %u", field->max, field->item_max);
	else if (field->max > 0)
		printf("%u", field->max);
}

static void print_fields(const struct pu_shape *shape, const char *prefix, int depth)
{
	for (size_t i = 0; i < shape->fields_len; i++) {
		const struct pu_field *field = &shape->fields[i];
		char inner[128];
		printf("| %s`%s` | %s | ", prefix, field->name, kinds[field->kind]);
		print_bound(field);
		printf(" | %s | %s |\n", field->need == PU_REQUIRED ? "yes" : "", field->help);
		if (field->kind != PU_KIND_ITEMS || depth == DEPTH_MAX)
			continue;
		snprintf(inner, sizeof(inner), "%s`%s[].` ", prefix, field->name);
		print_fields(field->items, inner, depth + 1);
	}
}

static void print_row(const struct pu_msg_row *row)
{
	printf("\n### %s\n\n%s\n\n", row->type, row->help);
	printf("Sent by: ");
	print_senders(row->from);
	if (row->kind == PU_MSG_REQUEST)
		printf(". Answered by: %s with `%s`", pu_service_name(row->to),
		       pu_msg_row(row->answer)->type);
	printf(".\n");
	if (row->shape->fields_len == 0)
		return;
	printf("\n| field | type | bound | required | |\n|---|---|---|---|---|\n");
	print_fields(row->shape, "", 0);
}

int main(void)
{
	print_head();
	for (size_t i = 0; i < PU_ARRAY_LEN(sections); i++) {
		printf("\n## %s\n\n%s\n", sections[i].title, sections[i].text);
		for (int id = PU_MSG_NONE + 1; id < PU_MSG_COUNT; id++)
			if (pu_msg_row((enum pu_msg)id)->kind == sections[i].kind)
				print_row(pu_msg_row((enum pu_msg)id));
	}
	return 0;
}
