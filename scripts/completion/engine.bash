# Completion of fob's command line for bash 3.2 and newer. Made from the command definitions by `npm run generate`.

# What can follow the words $1: sets commands, options and places.
_fob_look_up() {
  commands= options= refused= places=()
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

# Takes the line $1 apart as the shell would: sets words, the last of which is to be completed, the quote that is open in it, and what of it
# readline keeps when it puts in an answer.
_fob_split() {
  local line=$1 char i
  words=('') quote= kept=
  local -i last=0
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    case $quote$char in
    \'\' | \"\") quote= ;;
    \'?) words[last]+=$char ;;
    \"\\)
      i=$((i + 1))
      case ${line:i:1} in
      [\$\`\"\\]) words[last]+=${line:i:1} ;;
      *) words[last]+=\\${line:i:1} ;;
      esac
      ;;
    \"?) words[last]+=$char ;;
    \\)
      i=$((i + 1))
      words[last]+=${line:i:1}
      ;;
    \' | \") quote=$char kept=${words[last]} ;;
    ' ' | $'\t' | $'\n')
      if [[ -n ${words[last]} ]]; then last+=1; fi
      words[last]= kept=
      ;;
    *)
      # an @ begins what readline takes for a host's name, and is a part of it
      if [[ $char == @ && $COMP_WORDBREAKS == *@* ]]; then kept=${words[last]}; fi
      words[last]+=$char
      if [[ $char != @ && $COMP_WORDBREAKS == *"$char"* ]]; then kept=${words[last]}; fi
      ;;
    esac
  done
}

# Offers $1 as the shell must read it, without what readline keeps.
_fob_offer() {
  local text=${1:${#kept}} char i quoted=
  local special=$' \t\n\'"\\$`!&;|<>(){}*?[]#~^'
  case $quote in
  \') special=\' ;;
  \") special='"\$`' ;;
  esac
  if [[ $text != *["$special"]* ]]; then
    COMPREPLY+=("$text")
    return
  fi
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $special in
    *"$char"*) if [[ $quote == \' ]]; then quoted+="'\\''"; else quoted+=\\$char; fi ;;
    *) quoted+=$char ;;
    esac
  done
  # readline closes an open quote, unless the answer ends in that very sign
  if [[ -n $quote && $quoted == *"$quote" ]]; then quoted+=$quote; fi
  COMPREPLY+=("$quoted")
}

# Offers those of the words that begin with $1; $2 stands before each.
_fob_offer_words() {
  local begun=$1 before=$2 word
  shift 2
  for word in "$@"; do
    if [[ $word == "$begun"* ]]; then _fob_offer "$before$word"; fi
  done
}

# Offers the $3 (names, tags) that fob says begin with $1, in any letter case; $2 stands before each.
_fob_offer_tokens() {
  local name
  while IFS= read -r name; do
    _fob_offer "$2$name"
  done < <(if [[ -n $home ]]; then export FOB_HOME=$home; fi && fob __complete "$3" "$1" 2>/dev/null)
}

# Offers what can stand in the place $1 and begins with $2; $3 stands before it.
_fob_offer_place() {
  local list
  case ${1#more } in
  token) _fob_offer_tokens "$2" "$3" names ;;
  tag) _fob_offer_tokens "$2" "$3" tags ;;
  'words '*)
    read -r -a list <<<"${1#*words }"
    _fob_offer_words "$2" "$3" "${list[@]}"
    ;;
  # readline's own completion knows tildes and variables
  command) while IFS= read -r list; do _fob_offer "$list"; done < <(compgen -c -- "$2") ;;
  file) if type compopt >/dev/null 2>&1; then compopt -o default; fi ;;
  folder) if type compopt >/dev/null 2>&1; then compopt -o dirnames; fi ;;
  esac
}

# Follows the words before the last: sets path, the place that an option before it has opened, and the index of its argument.
_fob_follow() {
  local word option=
  path= place= home= index=0 only_arguments=
  for word in "${words[@]:1:${#words[@]}-2}"; do
    if [[ -n $only_arguments ]]; then
      index=$((index + 1))
    elif [[ -n $place && $word != -?* ]]; then
      if [[ $option == --home ]]; then home=${word/#\~\//$HOME/}; fi
      if [[ $place != 'more '* ]]; then place=; fi
    else
      place=
      case $word in
      --) only_arguments=yes ;;
      --home=*) home=${word#*=} ;;
      -*=*) ;;
      -?*) option=$word && _fob_look_up_value "$path" "$word" ;;
      *)
        if [[ -z $path ]]; then case $word in
@ALIASES@
        esac; fi
        _fob_look_up "$path"
        if [[ " $commands " == *" $word "* ]]; then path+=${path:+ }$word; else index=$((index + 1)); fi
        ;;
      esac
    fi
  done
}

_fob() {
  local words quote kept commands options refused word places path place home index only_arguments
  COMPREPLY=()
  _fob_split "${COMP_LINE:0:COMP_POINT}"
  _fob_follow
  _fob_look_up "$path"
  local current=${words[${#words[@]} - 1]} list
  if [[ -n $only_arguments || $current != -* ]]; then
    if [[ -n $place ]]; then
      _fob_offer_place "$place" "$current" ''
    elif [[ -n $commands ]]; then
      _fob_offer_place "words $commands" "$current" ''
    elif ((${#places[@]} > 0)); then
      if ((index >= ${#places[@]})); then index=$((${#places[@]} - 1)) && [[ ${places[index]} == 'more '* ]] || return 0; fi
      _fob_offer_place "${places[index]}" "$current" ''
    fi
  elif [[ $current == --*=* ]]; then
    _fob_look_up_value "$path" "${current%%=*}"
    _fob_offer_place "$place" "${current#*=}" "${current%%=*}="
  else
    options=" $options @GLOBAL_OPTIONS@ "
    for word in $refused; do options=${options/ $word / }; done
    _fob_offer_place "words $options" "$current" ''
  fi
}

if type compopt >/dev/null 2>&1; then
  complete -F _fob fob
else
  complete -o default -F _fob fob
fi
