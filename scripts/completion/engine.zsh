#compdef fob
# Completion of fob's command line for zsh. Made from the command definitions by `npm run generate`.

# What can follow the words $1: sets subcommands, own_options and places (`commands` and `options` are variables of zsh).
_fob_look_up() {
  subcommands=() own_options=() refused=() places=()
  case $1 in
@ENTRIES@
  esac
}

# What stands after the option $2 of the command $1: sets place, to nothing for a flag.
_fob_look_up_value() {
  case $2 in
@GLOBAL_VALUES@
  *)
    case "$1 $2" in
@VALUES@
    *) place= ;;
    esac
    ;;
  esac
}

_fob_offer_tokens() {
  local -a names expl
  if [[ -n $home ]]; then local -x FOB_HOME=$home; fi
  names=("${(@f)$(fob __complete $1 2>/dev/null)}")
  names=("${(@)names:#}")
  # fob takes a name in any letter case
  _wanted ${2}s expl $2 compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -a names
}

# Offers what can stand in the place $1.
_fob_offer_place() {
  local expl
  case ${1#more } in
  token) _fob_offer_tokens names token ;;
  tag) _fob_offer_tokens tags tag ;;
  'words '*) _wanted words expl word compadd - ${=1#*words } ;;
  file) _files ;;
  folder) _files -/ ;;
  command) _command_names -e ;;
  *) _message 'nothing to choose from' ;;
  esac
}

# Follows the words before the current one: sets path, the place that an option before it has opened, and the index of its argument.
_fob_follow() {
  local word option=
  path_so_far= place= home= index=1 only_arguments=
  for word in "${(@Q)words[2,CURRENT-1]}"; do
    if [[ -n $only_arguments ]]; then
      (( index++ ))
    elif [[ -n $place && $word != -?* ]]; then
      if [[ $option == --home ]]; then home=${word/#\~\//$HOME/}; fi
      if [[ $place != 'more '* ]]; then place=; fi
    else
      place=
      case $word in
      --) only_arguments=yes ;;
      --home=*) home=${word#*=} ;;
      -*=*) ;;
      -?*) option=$word && _fob_look_up_value "$path_so_far" "$word" ;;
      *)
        if [[ -z $path_so_far ]]; then case $word in
@ALIASES@
        esac; fi
        _fob_look_up "$path_so_far"
        if (( ${subcommands[(I)${(b)word}:*]} )); then
          path_so_far+=${path_so_far:+ }$word
        else
          (( index++ ))
        fi
        ;;
      esac
    fi
  done
}

_fob() {
  local path_so_far place word home index only_arguments
  local -a subcommands own_options refused places
  _fob_follow
  _fob_look_up "$path_so_far"
  if [[ -n $only_arguments || $PREFIX != -* ]]; then
    if [[ -n $place ]]; then
      _fob_offer_place $place
    elif (( $#subcommands )); then
      _describe -t commands command subcommands
    elif (( index <= $#places )); then
      _fob_offer_place $places[index]
    elif [[ $places[-1] == 'more '* ]]; then
      _fob_offer_place $places[-1]
    fi
  elif [[ $PREFIX == --*=* ]]; then
    _fob_look_up_value "$path_so_far" "${PREFIX%%=*}"
    compset -P '*='
    _fob_offer_place $place
  else
    own_options+=(
@GLOBAL_OPTIONS@
    )
    for word in $refused; do own_options=(${own_options:#$word:*}); done
    _describe -o -t options option own_options
  fi
}

# as a file of its own in fpath, or read by the shell's profile
if [[ $funcstack[1] == _fob ]]; then
  _fob "$@"
else
  compdef _fob fob
fi
