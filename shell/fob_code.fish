# fob_code NAME prints a passcode; fob_code -v VAR NAME puts it into a global variable. fob's agent is asked, with `nc` where it is there: fish
# has no sockets and no coprocesses. What the agent does not answer, `fob code` answers or refuses.
function fob_code
    set -l into
    if test (count $argv) -eq 3; and test "$argv[1]" = -v; and string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $argv[2]
        set into $argv[2]
        set -e argv[1..2]
    end
    set -l reply
    if test (count $argv) -eq 1
        set reply (_fob_ask $argv[1])
    end
    if test -z "$reply"
        if test -z "$into"
            command fob code $argv
            return
        end
        set reply (command fob code $argv); or return
    end
    if test -n "$into"
        set -g $into $reply
    else
        printf '%s\n' $reply
    end
end

# Prints the agent's passcode, or nothing. Not for what a line of the protocol would not carry as it is, nor for another vault.
function _fob_ask
    string match -qr '^[^-\s\pC](?:[^\pC]*[^\s\pC])?$' -- $argv[1]; or return
    # a grant counts, be it an empty one
    set -q FOB_GRANT; and return
    test "$FOB_HOME" = "$_fob_home"; and test -n "$_fob_vault"; or return
    set -l socket $_fob_socket
    test -n "$FOB_AGENT_SOCK"; and set socket $FOB_AGENT_SOCK
    string match -q '*/*' -- $socket; or set socket ./$socket
    # one that this user has made, in a folder of this user's
    test -S $socket; and test -O $socket; and test -O (string replace -r '/[^/]*$' /. -- $socket); and command -q nc; or return
    set -l lines (printf 'vault %s\ncode %s\n' $_fob_vault $argv[1] | command nc -N -U $socket 2>/dev/null)
    test "$lines[1]" = "ok $_fob_vault"; and string match -q 'ok *' -- $lines[2]; or return
    string replace -r '^ok ' '' -- $lines[2]
end

set -g _fob_home "$FOB_HOME"
