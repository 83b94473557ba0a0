#!/bin/sh
# Gives the ledger and every agency a database of its own, owned by a role that may enter no other. Run again, it adds
# what is missing and changes nothing else; passwords become those of the environment (NAME_PASSWORD for each name).
set -eu
until psql -qAtc 'SELECT 1' >/dev/null 2>&1; do sleep 1; done
psql -qAt -v ON_ERROR_STOP=1 -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'  # everybody's by default
for name in "$@"; do
  ROLE_PASSWORD=$(printenv "$(printf %s "$name" | tr a-z A-Z)_PASSWORD") || { echo "databases: no password for $name" >&2; exit 1; }
  case $ROLE_PASSWORD in change-me*) echo "databases: the password of $name is that of .env.example, which everybody knows: set another" >&2 ;; esac
  export ROLE_PASSWORD  # psql reads it there: its arguments are for everybody to see
  psql -qAt -v ON_ERROR_STOP=1 -v name="$name" <<'SQL'
\set password `printenv ROLE_PASSWORD`
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
  # With amcheck `ndxp log verify` compares the ledger's indexes with its table. Where there is none, verify says so.
  [ "$name" != ledger ] || psql -qAt -d ledger <<'SQL'
SELECT 'CREATE EXTENSION IF NOT EXISTS amcheck' WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'amcheck') \gexec
SELECT 'GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO ledger' WHERE EXISTS (SELECT FROM pg_extension WHERE extname = 'amcheck') \gexec
SQL
  echo "database $name is there"
done
