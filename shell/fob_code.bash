# fob_code NAME prints a passcode; fob_code -v VAR NAME puts it into a variable, without a subshell. fob's agent is asked over a connection
# that stays open, which `nc` holds: bash has no sockets. What the agent does not answer, `fob code` answers or refuses.
fob_code() {
  local _fob_into='' _fob_reply=''
  if [[ $# -eq 3 && $1 == -v && $2 =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
    _fob_into=$2
    shift 2
  fi
  if [[ $# -ne 1 ]] || ! _fob_ask "$1"; then
    if [[ -z $_fob_into ]]; then
      command fob code "$@"
      return
    fi
    _fob_reply=$(command fob code "$@") || return
  fi
  if [[ -n $_fob_into ]]; then printf -v "$_fob_into" %s "$_fob_reply"; else printf '%s\n' "$_fob_reply"; fi
}

# Puts the agent's passcode into _fob_reply. Not for what a line of the protocol would not carry as it is, nor for another vault.
_fob_ask() {
  [[ -n $1 && $1 != [-[:space:]]* && $1 != *[[:space:]] && $1 != *[[:cntrl:]]* ]] || return 1
  # a grant counts, be it an empty one
  [[ -z ${FOB_GRANT+set} && ${FOB_HOME-} == "$_fob_home" ]] || return 1
  _fob_ask_kept "$1" && return
  # subshells share the connection of their shell, and cannot make another one for it
  [[ $BASHPID == "$$" ]] && _fob_connect && _fob_ask_kept "$1" && return
  _fob_ask_once "$1"
}

# One at a time: whoever has taken the byte out of the pipe _fob_turn has the turn. A reply that nobody waited for has another tag.
_fob_ask_kept() {
  local byte tag="#$BASHPID.$RANDOM$RANDOM" line='' heard=1
  [[ -n $_fob_turn ]] && IFS= read -r -N 1 -t 2 -u "$_fob_turn" byte 2>/dev/null || return 1
  printf '%s code %s\n' "$tag" "$1" 2>/dev/null >&"$_fob_requests"
  while IFS= read -r -t 2 -u "$_fob_replies" line 2>/dev/null; do
    [[ $line == "$tag "* ]] && heard=0 && break
  done
  printf . 2>/dev/null >&"$_fob_turn"
  [[ $heard -eq 0 ]] || return 1
  _fob_reply=${line#"$tag ok "}
  [[ $_fob_reply != "$line" ]]
}

_fob_ask_once() {
  local reply
  _fob_listens || return 1
  reply=$(printf 'vault %s\ncode %s\n' "$_fob_vault" "$1" | nc -N -U "${FOB_AGENT_SOCK:-$_fob_socket}" 2>/dev/null)
  _fob_reply=${reply#"ok $_fob_vault"$'\n'ok }
  [[ $_fob_reply != "$reply" ]]
}

# Keeps `nc` running, which ends with this shell: all writing ends of its pipe are then closed. This shell can read that pipe too, so that
# writing never fails, whatever became of `nc`. It is no child of this shell, or `wait` would wait for it, nor ended by Ctrl-C.
_fob_connect() {
  _fob_disconnect
  _fob_listens || return 1
  exec {_fob_requests}<> <(:)
  exec {_fob_replies}< <(
    trap '' INT QUIT TSTP
    nc -N -U "${FOB_AGENT_SOCK:-$_fob_socket}" </dev/fd/"$_fob_requests" {_fob_requests}>&- 2>/dev/null &
  )
  exec {_fob_turn}<> <(:)
  printf 'vault %s\n' "$_fob_vault" >&"$_fob_requests"
  printf . >&"$_fob_turn"
}

_fob_disconnect() {
  [[ -n $_fob_turn ]] || return 0
  exec {_fob_turn}>&- {_fob_requests}>&- {_fob_replies}<&-
  _fob_turn=''
}

# Whether a socket is there that this user has made, in a folder of this user's, for a shell that can do all this. Whether others can write to
# the folder no builtin tells; an agent refuses to listen there.
_fob_listens() {
  local socket=${FOB_AGENT_SOCK:-$_fob_socket}
  [[ $socket == */* ]] || socket=./$socket
  [[ -n $_fob_vault && -S $socket && -O $socket && -O ${socket%/*}/. ]] && type -P nc >/dev/null
}

_fob_home=${FOB_HOME-} _fob_turn=''
_fob_connect || :
