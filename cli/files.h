/* The configuration that a command works on, and edits of it. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "base/file.h"
#include "base/yaml_edit.h"
#include "cli.h"
#include "config/config.h"
#include "p2p/peer_id.h"

#define CLI_LOCK_MS 3000 /* how long an edit waits for another program's edit */

/* pu_path_expand(), or says what is missing. The caller owns *path. */
enum cli_exit cli_files_expand(const struct cli *cli, const char *typed, char **path);
/* Which file it is; from here on root is its owner (owner.h). The caller owns *path. */
enum cli_exit cli_files_path(const struct cli *cli, char **path);
/* Reads it, saying what is wrong with it. The caller calls pu_config_fini(). */
enum cli_exit cli_files_load(const struct cli *cli, struct pu_config *config);
/* Says why a configuration could not be loaded, and answers CLI_FAILED. */
enum cli_exit cli_files_failed(const struct cli *cli, const char *path, enum pu_err err,
                               const struct pu_report *report);
/* That was not for what stands in it. */
bool cli_files_unreadable(enum pu_err err);
/* Where the daemon's sockets are; also while the configuration has mistakes (then the
 * default place). The caller owns *runtime_dir. */
enum cli_exit cli_files_runtime_dir(const struct cli *cli, char **runtime_dir);

/* The peer ID that a name in the config, or a peer ID, stands for. PU_ENOTFOUND. */
enum pu_err cli_files_peer(const struct pu_config *config, const char *name,
                           struct pu_peer_id *peer) PU_MUST_CHECK;
/* The name of that peer in the config, or "". */
const char *cli_files_name_of(const struct pu_config *config, const struct pu_peer_id *peer);

/* One edit: begin, change `text` by pu_yaml_*(), commit. */
struct cli_edit {
	struct pu_file_lock lock;
	char *path;
	struct pu_buffer text;
	struct pu_config config; /* as it was at the beginning */
};

/* Locks and reads the configuration. On failure there is nothing to abort. */
enum cli_exit cli_edit_begin(const struct cli *cli, struct cli_edit *edit);
/* Checks the new text, writes it unless err (of the edits so far) is an error, which it
 * reports, and lets a running daemon know. Ends the edit in every case. */
enum cli_exit cli_edit_commit(struct cli *cli, struct cli_edit *edit, enum pu_err err);
/* The same without the last: the daemon is told later, by cli_daemon_reload(). */
enum cli_exit cli_edit_write(const struct cli *cli, struct cli_edit *edit, enum pu_err err);
void cli_edit_abort(struct cli_edit *edit);

#endif
