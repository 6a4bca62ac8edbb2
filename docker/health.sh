#!/bin/bash
# Healthy is who answers: asked for encryption, as every client may ask first, Spillway says yes or no.
# Nothing is logged in to, so no password is needed and no server connection is used.
exec 3<>"/dev/tcp/127.0.0.1/${SPILLWAY_LISTEN_PORT:-6432}" || exit 1
printf '\x00\x00\x00\x08\x04\xd2\x16\x2f' >&3
IFS= read -r -n 1 -t 3 answer <&3 && [[ $answer == [NS] ]]
