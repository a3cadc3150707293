#!/bin/sh
# Starts one of a team's services; its secrets are files, and enter the environment of its process alone.
#   start.sh server | deploy | worker QUEUE | review
set -eu

secret() { cat "${LANGKAH_SECRETS:-/run/secrets}/$1"; }
as_client() { PREFECT_API_AUTH_STRING=$(secret prefect_auth); export PREFECT_API_AUTH_STRING; }
as_reviewer() { LANGKAH_REVIEW_PASSWORD=$(secret review_password); export LANGKAH_REVIEW_PASSWORD; }

service=$1
shift
case "$service" in
server)
    PREFECT_SERVER_API_AUTH_STRING=$(secret prefect_auth)
    PREFECT_SERVER_DATABASE_CONNECTION_URL="postgresql+asyncpg://prefect:$(secret database_password)@database/prefect"
    export PREFECT_SERVER_API_AUTH_STRING PREFECT_SERVER_DATABASE_CONNECTION_URL
    exec prefect server start --host 0.0.0.0
    ;;
deploy)
    as_client
    exec langkah deploy "$@"
    ;;
worker)
    as_client
    as_reviewer
    exec prefect worker start --pool langkah --type process --work-queue "$1" --with-healthcheck
    ;;
review)
    as_client
    as_reviewer
    LANGKAH_REVIEW_TOKEN=$(secret review_token)
    export LANGKAH_REVIEW_TOKEN
    exec langkah review --host 0.0.0.0
    ;;
*)
    echo "start.sh: expected server, deploy, worker or review, got $service" >&2
    exit 2
    ;;
esac
