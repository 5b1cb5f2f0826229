# fob_code NAME prints a passcode; fob_code -v VAR NAME puts it into a variable, without a subshell. fob's agent is asked over a connection
# that stays open. What the agent does not answer, `fob code` answers or refuses.
fob_code() {
  emulate -L zsh
  local _fob_into='' _fob_reply=''
  if [[ $# -eq 3 && $1 == -v && $2 =~ '^[A-Za-z_][A-Za-z0-9_]*$' ]]; then
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
  if [[ -n $_fob_into ]]; then typeset -g "$_fob_into=$_fob_reply"; else print -r -- "$_fob_reply"; fi
}

# Puts the agent's passcode into _fob_reply. Not for what a line of the protocol would not carry as it is, nor for another vault.
_fob_ask() {
  emulate -L zsh
  setopt local_traps
  # an agent that has gone must not end the shell that writes to it
  trap '' PIPE
  [[ -n $1 && $1 != [-[:space:]]* && $1 != *[[:space:]] && $1 != *[[:cntrl:]]* ]] || return 1
  # a grant counts, be it an empty one
  [[ -z ${FOB_GRANT+set} && ${FOB_HOME-} == "$_fob_home" ]] || return 1
  # a subshell makes a connection of its own, so that replies never meet
  if [[ -n $_fob_connection && $_fob_owner == $sysparams[pid] ]]; then
    _fob_ask_kept "$1" && return
  fi
  _fob_connect && _fob_ask_kept "$1"
}

_fob_ask_kept() {
  local line tag="#$sysparams[pid].$RANDOM$RANDOM"
  print -r -u $_fob_connection -- "$tag code $1" 2>/dev/null || return 1
  while IFS= read -r -t 2 -u $_fob_connection line 2>/dev/null; do
    [[ $line == "$tag "* ]] || continue
    _fob_reply=${line#"$tag ok "}
    [[ $_fob_reply != "$line" ]]
    return
  done
  return 1
}

_fob_connect() {
  emulate -L zsh
  local REPLY socket=${FOB_AGENT_SOCK:-$_fob_socket}
  [[ -n $_fob_connection ]] && exec {_fob_connection}>&-
  _fob_connection=''
  # one that only this user can have made: nobody else can write to the folder
  local -a folder=(${socket:h}(N-/U^IW))
  [[ -n $_fob_vault && -S $socket && -O $socket && $#folder -eq 1 ]] || return 1
  zsocket $socket 2>/dev/null || return 1
  _fob_connection=$REPLY _fob_owner=$sysparams[pid]
  print -r -u $_fob_connection -- "vault $_fob_vault" 2>/dev/null
}

zmodload zsh/net/socket zsh/system
typeset -g _fob_home=${FOB_HOME-} _fob_connection='' _fob_owner=''
