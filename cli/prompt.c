/* Knows how an answer is read, and that silence is no consent. */
#include "prompt.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

bool cli_prompt_possible(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* Drops the rest of a line that did not fit. */
static void skip_line(FILE *in)
{
	int c;

	do
		c = fgetc(in);
	while (c != EOF && c != '\n');
}

static bool read_line(FILE *in, char answer[CLI_PROMPT_MAX])
{
	char line[CLI_PROMPT_MAX];
	const char *start;
	size_t len;

	if (fgets(line, sizeof(line), in) == NULL)
		return false;
	if (strchr(line, '\n') == NULL && !feof(in)) {
		skip_line(in);
		return false;
	}
	start = line + strspn(line, " \t\r\n");
	len = strlen(start);
	while (len > 0 && strchr(" \t\r\n", start[len - 1]) != NULL)
		len--;
	memcpy(answer, start, len);
	answer[len] = '\0';
	return true;
}

bool cli_prompt_yes(FILE *in, FILE *out, const char *question)
{
	char answer[CLI_PROMPT_MAX];

	fprintf(out, "%s [y/N] ", question);
	fflush(out);
	return read_line(in, answer) &&
	       (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
}

bool cli_prompt_line(FILE *in, FILE *out, const char *question, const char *fallback,
                     char answer[CLI_PROMPT_MAX])
{
	fputs(question, out);
	if (fallback[0] != '\0')
		fprintf(out, " [%s]", fallback);
	fputs(": ", out);
	fflush(out);
	if (!read_line(in, answer))
		return false;
	if (answer[0] == '\0')
		snprintf(answer, CLI_PROMPT_MAX, "%s", fallback);
	return true;
}
