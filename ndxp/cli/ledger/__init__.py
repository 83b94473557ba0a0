"""The commands of the ledger: `ndxp log`, `ndxp explain` and `ndxp stats`."""

from ndxp.cli.ledger import archive, backup, log, proof, statistics, subject

app = log.app
for more in (subject.app, proof.app, archive.app, backup.app):
    log.log_app.registered_commands += more.registered_commands
app.registered_commands += statistics.app.registered_commands
