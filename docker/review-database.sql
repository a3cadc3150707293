-- The review queue's own database and role, which can see nothing of Prefect's. The image of PostgreSQL runs this on an empty
-- volume; on one that is in use: docker compose exec database psql -U prefect -f /docker-entrypoint-initdb.d/review.sql
\set ON_ERROR_STOP on
\set password `cat "${LANGKAH_SECRETS:-/run/secrets}/review_password"`
CREATE ROLE review LOGIN PASSWORD :'password';
CREATE DATABASE review OWNER review;
REVOKE CONNECT ON DATABASE prefect FROM PUBLIC;
