#!/bin/sh
# ssh, sudo and git start a program with their prompt as its only argument
exec fob askpass -- "$@"
