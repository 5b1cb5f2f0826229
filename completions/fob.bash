# Completion of fob's command line for bash 3.2 and newer. Made from the command definitions by `npm run generate`.

# What can follow the words $1: sets commands, options and places.
_fob_look_up() {
  commands= options= refused= places=()
  case $1 in
  '') commands='enroll list show code run challenge push pin keychain biometric unlock lock agent access rename hold remove restore tag untag note codes favorite resync import export backup inspect provision verify askpass link config lab sync doctor shellenv completion help' ;;
  'help') places=('words enroll list show code run challenge push pin keychain biometric unlock lock agent access rename hold remove restore tag untag note codes favorite resync import export backup inspect provision verify askpass link config lab sync doctor shellenv completion') ;;
  'enroll') options='--qr --clipboard --codes --screen --name --tag --dry-run --replace --yes --pin --hold --counter --trace --insecure' places=('more any') ;;
  'list') options='--tag --sort --codes --watch' places=('token') ;;
  'show') options='--note' places=('token') ;;
  'code') options='--all --tag --copy --clear-after --once --notify --notify-code --next --at --watch --min-validity --with-pin --format' places=('more token') ;;
  'run') options='--token --env --stdin --fresh --min-validity' places=('command' 'more file') ;;
  'challenge') options='--qr --server-challenge --verify --session --at --copy --once' places=('token' 'any') ;;
  'push') commands='listen list approve deny history' ;;
  'push listen') options='--once --timeout --exec --notify --poll' ;;
  'push approve') options='--qr --choice --yes' places=('any' 'token') ;;
  'push deny') options='--report --all' places=('any') ;;
  'push history') places=('token') ;;
  'pin') commands='set change remove status' ;;
  'pin set') options='--policy --revoke-grants --keep-grants' places=('token') ;;
  'pin change') places=('token') ;;
  'pin remove') places=('token') ;;
  'pin status') places=('token') ;;
  'keychain') commands='move' ;;
  'keychain move') places=('words system file tpm none') ;;
  'biometric') commands='enable disable status test' ;;
  'biometric enable') places=('token') ;;
  'biometric disable') places=('token') ;;
  'unlock') options='--for --idle --push --notify' ;;
  'agent') commands='start stop status install remove serve' ;;
  'agent start') options='--for --idle --push --notify --export' ;;
  'agent install') options='--yes --dry-run' ;;
  'agent remove') options='--yes --dry-run' ;;
  'access') commands='grant list log revoke confirm domain' ;;
  'access grant') options='--token --tag --rights --expires --confirm --export' places=('any') ;;
  'access log') places=('token') ;;
  'access revoke') places=('any') ;;
  'access confirm') places=('token' 'words never others always') ;;
  'access domain') places=('token' 'words 00 02 FF full pin none') ;;
  'rename') places=('token' 'any') ;;
  'hold') options='--yes --counter' places=('token' 'any') ;;
  'remove') options='--yes' places=('more token') ;;
  'restore') options='--replace --keep-both --identity' places=('file') ;;
  'tag') places=('token' 'more tag') ;;
  'untag') options='--all' places=('token' 'more tag') ;;
  'note') options='--remove' places=('token' 'any') ;;
  'codes') commands='add list' options='--copy --once' places=('token') ;;
  'codes add') options='--qr --clipboard --lines --replace --yes' places=('token' 'any') ;;
  'favorite') options='--off' places=('token') ;;
  'resync') places=('token' 'any' 'any') ;;
  'import') options='--dry-run --pass --key-file --replace --keep-both' places=('file') ;;
  'export') options='--format --output --qr --unencrypted --psk --yes' refused='--plain' places=('more token') ;;
  'backup') options='--recipient --armor' places=('file') ;;
  'inspect') options='--qr --key-file --reveal' places=('file') ;;
  'provision') options='--issuer --account --serial --algorithm --digits --alphabet --period --counter --suite --pinpolicy --bits --csv --hold --format --output --qr --unencrypted --psk' refused='--plain' places=('words totp hotp ocra') ;;
  'verify') options='--window --at' places=('token' 'any') ;;
  'askpass') places=('any') ;;
  'link') commands='install remove status open' ;;
  'link install') options='--yes --dry-run' ;;
  'link remove') options='--dry-run' ;;
  'link open') options='--window --take' places=('any') ;;
  'config') commands='list get set unset' ;;
  'config get') places=('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every') ;;
  'config set') places=('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every' 'any') ;;
  'config unset') places=('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every') ;;
  'lab') commands='serve user issue push log' ;;
  'lab serve') options='--port --host --for --old' ;;
  'lab user') commands='add list unlock' ;;
  'lab user add') options='--password' places=('any') ;;
  'lab user unlock') places=('any') ;;
  'lab issue') options='--user --qr --algorithm --digits --period --suite --server-pin --device-pin --token --ttl --url --old --page --two-pass' places=('words totp hotp ocra push activation tiqr') ;;
  'lab push') options='--title --question --number-matching --code-to-phone --wait --qr' places=('any') ;;
  'lab log') options='--last' ;;
  'sync') commands='init add invite join members move remove leave status' options='--approve --trust-remote --restored --remote --set-pins' ;;
  'sync init') options='--name' places=('folder') ;;
  'sync add') options='--all --tag' places=('more token') ;;
  'sync invite') options='--wait --yes --qr' ;;
  'sync join') options='--name --qr --remote --wait' places=('any') ;;
  'sync move') places=('token' 'any') ;;
  'sync remove') options='--yes' places=('any') ;;
  'sync leave') options='--local --yes' ;;
  'doctor') options='--repair' ;;
  'shellenv') places=('words bash zsh sh fish') ;;
  'completion') places=('words bash zsh fish powershell') ;;
  esac
}

# What stands after the option $2 of the command $1: sets place, to nothing for a flag.
_fob_look_up_value() {
  case $2 in
  '--home') place='folder' ;;
  '--keychain') place='words system file tpm none' ;;
  '--pin-file') place='file' ;;
  '--pin-fd') place='any' ;;
  *)
    case "$1 $2" in
    'enroll --qr') place='more file' ;;
    'enroll --codes') place='file' ;;
    'enroll --name') place='any' ;;
    'enroll --tag') place='tag' ;;
    'enroll --hold') place='words tpm' ;;
    'enroll --counter') place='words tpm' ;;
    'enroll --trace') place='file' ;;
    'list --tag') place='tag' ;;
    'list --sort') place='words name used added' ;;
    'code --tag') place='tag' ;;
    'code --clear-after') place='any' ;;
    'code --at') place='any' ;;
    'code --min-validity') place='any' ;;
    'code --format') place='any' ;;
    'run --token') place='more token' ;;
    'run --env') place='more any' ;;
    'run --min-validity') place='any' ;;
    'challenge --qr') place='file' ;;
    'challenge --server-challenge') place='any' ;;
    'challenge --verify') place='any' ;;
    'challenge --session') place='any' ;;
    'challenge --at') place='any' ;;
    'push listen --timeout') place='any' ;;
    'push listen --exec') place='file' ;;
    'push listen --poll') place='any' ;;
    'push approve --qr') place='file' ;;
    'push approve --choice') place='any' ;;
    'pin set --policy') place='any' ;;
    'unlock --for') place='any' ;;
    'unlock --idle') place='any' ;;
    'agent start --for') place='any' ;;
    'agent start --idle') place='any' ;;
    'access grant --token') place='more token' ;;
    'access grant --tag') place='tag' ;;
    'access grant --rights') place='words code challenge push' ;;
    'access grant --expires') place='any' ;;
    'access grant --export') place='folder' ;;
    'hold --counter') place='words tpm' ;;
    'restore --identity') place='file' ;;
    'codes add --qr') place='file' ;;
    'import --pass') place='file' ;;
    'import --key-file') place='file' ;;
    'export --format') place='words uri aegis pskc privacyidea migration' ;;
    'export --output') place='file' ;;
    'export --qr') place='file' ;;
    'backup --recipient') place='more any' ;;
    'inspect --qr') place='file' ;;
    'inspect --key-file') place='file' ;;
    'provision --issuer') place='any' ;;
    'provision --account') place='any' ;;
    'provision --serial') place='any' ;;
    'provision --algorithm') place='words SHA1 SHA224 SHA256 SHA384 SHA512' ;;
    'provision --digits') place='any' ;;
    'provision --alphabet') place='words decimal hexadecimal base32 base64' ;;
    'provision --period') place='any' ;;
    'provision --counter') place='any' ;;
    'provision --suite') place='any' ;;
    'provision --pinpolicy') place='any' ;;
    'provision --bits') place='any' ;;
    'provision --csv') place='file' ;;
    'provision --hold') place='words tpm' ;;
    'provision --format') place='words uri aegis pskc privacyidea migration' ;;
    'provision --output') place='file' ;;
    'provision --qr') place='file' ;;
    'verify --window') place='any' ;;
    'verify --at') place='any' ;;
    'link open --take') place='file' ;;
    'lab serve --port') place='any' ;;
    'lab serve --host') place='any' ;;
    'lab serve --for') place='any' ;;
    'lab user add --password') place='any' ;;
    'lab issue --user') place='any' ;;
    'lab issue --qr') place='file' ;;
    'lab issue --algorithm') place='words SHA1 SHA256 SHA512' ;;
    'lab issue --digits') place='any' ;;
    'lab issue --period') place='any' ;;
    'lab issue --suite') place='any' ;;
    'lab issue --server-pin') place='any' ;;
    'lab issue --token') place='words totp hotp ocra' ;;
    'lab issue --ttl') place='any' ;;
    'lab issue --url') place='any' ;;
    'lab push --title') place='any' ;;
    'lab push --question') place='any' ;;
    'lab push --wait') place='any' ;;
    'lab push --qr') place='file' ;;
    'lab log --last') place='any' ;;
    'sync --approve') place='any' ;;
    'sync --remote') place='folder' ;;
    'sync init --name') place='any' ;;
    'sync add --tag') place='tag' ;;
    'sync invite --qr') place='file' ;;
    'sync join --name') place='any' ;;
    'sync join --qr') place='file' ;;
    'sync join --remote') place='folder' ;;
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
        ls) word=list ;;
        rm) word=remove ;;
        add) word=enroll ;;
        get) word=code ;;
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
    options=" $options --home --keychain --pin-file --pin-fd --no-input --json -q --quiet --no-color --plain --pinentry -h --help -V --version "
    for word in $refused; do options=${options/ $word / }; done
    _fob_offer_place "words $options" "$current" ''
  fi
}

if type compopt >/dev/null 2>&1; then
  complete -F _fob fob
else
  complete -o default -F _fob fob
fi
