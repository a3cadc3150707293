#!/bin/sh
# Makes what is missing of docker/secrets/: random passwords, each in a file that the images' users can read, in a folder that only you can enter.
set -eu
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
chmod 700 "$folder"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
for name in database_password review_password review_token; do
    [ -s "$folder/$name" ] || random >"$folder/$name"
done
[ -s "$folder/prefect_auth" ] || printf 'team:%s' "$(random)" >"$folder/prefect_auth"
chmod 644 "$folder"/*
