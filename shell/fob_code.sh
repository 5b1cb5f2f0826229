# fob_code NAME prints a passcode; fob_code -v VAR NAME puts it into a variable. fob's agent is asked, with `nc` where it is there. What the
# agent does not answer, `fob code` answers or refuses.
fob_code() {
  _fob_into=''
  if [ $# -eq 3 ] && [ "$1" = -v ]; then
    case $2 in
      '' | [0-9]* | *[!A-Za-z0-9_]*) ;;
      *)
        _fob_into=$2
        shift 2
        ;;
    esac
  fi
  if [ $# -ne 1 ] || ! _fob_ask "$1"; then
    if [ -z "$_fob_into" ]; then
      command fob code "$@"
      return
    fi
    _fob_reply=$(command fob code "$@") || return
  fi
  if [ -n "$_fob_into" ]; then eval "$_fob_into=\$_fob_reply"; else printf '%s\n' "$_fob_reply"; fi
}

# Puts the agent's passcode into _fob_reply. Not for what a line of the protocol would not carry as it is, nor for another vault.
_fob_ask() {
  case $1 in '' | [-[:space:]]* | *[[:space:]] | *[[:cntrl:]]*) return 1 ;; esac
  # a grant counts, be it an empty one
  [ -z "${FOB_GRANT+set}" ] && [ "${FOB_HOME-}" = "$_fob_home" ] && [ -n "$_fob_vault" ] || return 1
  _fob_place=${FOB_AGENT_SOCK:-$_fob_socket}
  case $_fob_place in */*) ;; *) _fob_place=./$_fob_place ;; esac
  # one that this user has made, in a folder of this user's; a shell whose test has no -O goes without
  [ -S "$_fob_place" ] && [ -O "$_fob_place" ] 2>/dev/null && [ -O "${_fob_place%/*}/." ] 2>/dev/null && command -v nc >/dev/null || return 1
  _fob_lines=$(printf 'vault %s\ncode %s\n' "$_fob_vault" "$1" | nc -N -U "$_fob_place" 2>/dev/null)
  _fob_reply=${_fob_lines#"ok $_fob_vault
ok "}
  [ "$_fob_reply" != "$_fob_lines" ]
}

_fob_home=${FOB_HOME-}
