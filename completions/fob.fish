# Completion of fob's command line for fish. Made from the command definitions by `npm run generate`.

# The commands that can follow the words $argv[1], and what they do.
function __fob_commands
    switch $argv[1]
        case ''
            printf '%s\t%s\n' 'enroll' 'add tokens from enrollment strings or QR pictures' 'list' 'list the tokens' 'show' 'show one token\'s details, never its secret' 'code' 'print a token\'s passcode' 'run' 'run a program with a passcode in its environment or on its standard input' 'challenge' 'answer a challenge (OCRA), or the number of an entry of a list' 'push' 'approve and deny login requests' 'pin' 'set, change and remove PINs: of the app, or of one token' 'keychain' 'who keeps the vault\'s key' 'biometric' 'let a finger or face stand for a PIN' 'unlock' 'hold the vault open for this session' 'lock' 'lock the vault: the agent forgets it and ends' 'agent' 'the process that holds the vault open' 'access' 'say who may use a token: scripts with a grant, or whoever gives a PIN' 'rename' 'give a token another name' 'hold' 'move a token\'s secret into this machine\'s TPM, from which nobody can copy it' 'remove' 'remove tokens; `fob restore` brings them back for 30 days' 'restore' 'bring back a removed token, or the tokens of a backup' 'tag' 'sort a token under tags' 'untag' 'take tags off a token' 'note' 'keep a note with a token' 'codes' 'give the next recovery code that a service printed for an account' 'favorite' 'list a token before the others' 'resync' 'move an event-based token\'s counter on by passcodes of another device' 'import' 'take tokens over from another app\'s file' 'export' 'take tokens with their secrets out, for another app' 'backup' 'write all tokens into one encrypted file' 'inspect' 'tell what an enrollment string, picture or file is, without storing it' 'provision' 'make enrollment strings with new random secrets' 'verify' 'check a passcode: is it right, and how far off is the clock or counter?' 'askpass' 'answer a prompt of ssh, sudo or git' 'link' 'let browsers and mail programs hand enrollment and login links to fob' 'config' 'settle things for all commands to come' 'lab' 'an authentication server to try things out with' 'sync' 'have the same tokens on several machines, over a git repository of yours' 'doctor' 'look for what is wrong, and mend it' 'shellenv' 'print shell functions that ask the agent without starting fob' 'completion' 'print the completion script of a shell' 'help' 'show help for a command'
        case 'push'
            printf '%s\t%s\n' 'listen' 'wait for login requests' 'list' 'show the login requests that wait for an answer' 'approve' 'approve a login request' 'deny' 'deny a login request, or all of them' 'history' 'show past login requests and what was answered'
        case 'pin'
            printf '%s\t%s\n' 'set' 'set the app PIN, or one token\'s PIN' 'change' 'change the app PIN, or one token\'s PIN' 'remove' 'remove the app PIN, or one token\'s PIN' 'status' 'tell about the app PIN, or one token\'s PIN'
        case 'keychain'
            printf '%s\t%s\n' 'move' 'change who keeps the vault\'s key'
        case 'biometric'
            printf '%s\t%s\n' 'enable' 'let a finger or face stand for the app PIN, or one token\'s PIN' 'disable' 'let the PIN alone count again' 'status' 'tell which sensor there is, and which PINs it stands for' 'test' 'try whether the sensor recognises you'
        case 'agent'
            printf '%s\t%s\n' 'start' 'start the agent unless it is there already' 'stop' 'end the agent, as `fob lock` does' 'status' 'tell whether an agent holds the vault, and until when' 'install' 'let the system start the agent when it is needed' 'remove' 'let the system start the agent no more' 'serve' 'be the agent at a socket that systemd passes'
        case 'access'
            printf '%s\t%s\n' 'grant' 'let a script use some tokens, and nothing else' 'list' 'list the grants, and what each opens' 'log' 'show the last uses through the agent and with grants' 'revoke' 'end a grant: its secret opens nothing any more' 'confirm' 'show or set when a person is asked before a token is used' 'domain' 'show or set under which condition a token answers'
        case 'codes'
            printf '%s\t%s\n' 'add' 'keep the recovery codes that a service printed with its token' 'list' 'say how many recovery codes are left of each token'
        case 'link'
            printf '%s\t%s\n' 'install' 'let fob open enrollment and login links' 'remove' 'give the links back to the programs that had them' 'status' 'say which programs open enrollment and login links' 'open' 'show what a link is, and ask before anything is done'
        case 'config'
            printf '%s\t%s\n' 'list' 'list the settings, their values, and where those come from' 'get' 'print the value of a setting that counts' 'set' 'change a setting, for all commands to come' 'unset' 'let the default of a setting count again'
        case 'lab'
            printf '%s\t%s\n' 'serve' 'run the lab: a small authentication server to try things out with' 'user' 'who logs in at the lab' 'issue' 'make a token of the lab, and print its enrollment string' 'push' 'send a push request to a user\'s devices' 'log' 'show what happened at the lab'
        case 'lab user'
            printf '%s\t%s\n' 'add' 'add a user to the lab' 'list' 'list the lab\'s users and their tokens' 'unlock' 'let a user of the lab in again'
        case 'sync'
            printf '%s\t%s\n' 'init' 'begin to synchronise, with an empty git repository' 'add' 'share tokens with the other devices' 'invite' 'let another device join: prints an invitation' 'join' 'join with an invitation of another device' 'members' 'list the devices that share tokens' 'move' 'hand a token over to another device that may be on one only' 'remove' 'take a device out: it gets nothing new from now on' 'leave' 'take this device out; its tokens stay here' 'status' 'say what is synchronised with whom, and when it last was'
    end
end

# The options of the command $argv[1], and what they do.
function __fob_options
    switch $argv[1]
        case 'enroll'
            printf '%s\t%s\n' '--qr' 'read QR codes from PNG, JPEG, GIF, BMP, TIFF or WebP pictures' '--clipboard' 'read what was copied, a text or a picture' '--codes' 'a list of one-time passwords, on paper before; - reads it' '--screen' 'read the QR codes that the screen shows' '--name' 'what to call the token' '--tag' 'its tags, with commas between' '--dry-run' 'show what would be enrolled, store nothing and ask no server' '--replace' 'replace every token of the same account, or the one of the same name; they stay restorable' '--yes' 'do not ask back about warnings' '--pin' 'ask for a token PIN now' '--hold' 'put the secret into this machine\'s TPM, and nowhere else (tpm)' '--counter' 'with --hold, let the TPM count, so that an older copy of the vault repeats no passcode (tpm)' '--trace' 'write a log of what a server was asked and answered, without secrets' '--insecure' 'accept a server without TLS, or with a certificate that is not trusted'
        case 'list'
            printf '%s\t%s\n' '--tag' 'only tokens with this tag; with commas between: with all of them' '--sort' 'name, used (the latest first) or added (list.sort: name)' '--codes' 'add the passcodes of time-based tokens without a PIN' '--watch' 'with --codes: as time goes by, on a live screen'
        case 'show'
            printf '%s\t%s\n' '--note' 'its note, too; asks for the token\'s PIN where it has one'
        case 'code'
            printf '%s\t%s\n' '--all' 'the passcodes of all time-based tokens without a PIN' '--tag' 'with --all or --watch: of the tokens with this tag' '--copy' 'put the passcode on the clipboard instead of printing it' '--clear-after' 'with --copy: clear the clipboard after S seconds (clipboard.clear-after: 30)' '--once' 'with --copy: for one paste, where the system can count them (X11, Wayland)' '--notify' 'copy the passcode, and say so by notification of the desktop, without its digits' '--notify-code' '--notify with the passcode in the notification, where others may read it' '--next' 'the passcode of the next time step' '--at' 'the passcode at another time: 2026-01-31T12:00:00Z, @1769860800, +30s' '--watch' 'passcodes as time goes by, of the named tokens or all, on a live screen' '--min-validity' 'wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)' '--with-pin' 'ask for the PIN of the server, and print it with the passcode in its order' '--format' 'what to print: {code} {name} {issuer} {account} {kind} {validUntil} {secondsLeft} ...'
        case 'run'
            printf '%s\t%s\n' '--token' 'the token; with --stdin several' '--env' 'the variable of the passcode (FOB_CODE); for several tokens, a pair for each' '--stdin' 'give the passcode as standard input instead' '--fresh' 'wait for the next passcode, which nobody has seen yet' '--min-validity' 'wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)'
        case 'challenge'
            printf '%s\t%s\n' '--qr' 'read the challenge from a picture of a QR code' '--server-challenge' 'the server\'s challenge, for mutual challenge-response' '--verify' 'the server\'s response: it must be right before an answer is made' '--session' 'session information, where the suite has S: UTF-8 text, or hex:...' '--at' 'answer as of another time, where the suite has T' '--copy' 'put the response on the clipboard instead of printing it' '--once' 'with --copy: for one paste, where the system can count them (X11, Wayland)'
        case 'push listen'
            printf '%s\t%s\n' '--once' 'end after the first request' '--timeout' 'end after S seconds' '--exec' 'let a program decide' '--notify' 'ask by notification of the desktop (push.notify: false)' '--poll' 'ask every S seconds, whatever happens (push.poll-seconds: 0)'
        case 'push approve'
            printf '%s\t%s\n' '--qr' 'read a TiQR challenge from a picture of its QR code' '--choice' 'what the login page shows, where several are offered' '--yes' 'do not ask back without the ID of a request'
        case 'push deny'
            printf '%s\t%s\n' '--report' 'it was not you: tell the server' '--all' 'every request that waits'
        case 'pin set'
            printf '%s\t%s\n' '--policy' 'what the token\'s PIN must be like: min=6,alphabet=numeric,days=90 (docs/security.md)' '--revoke-grants' 'revoke the grants that open the token without its PIN' '--keep-grants' 'let those grants go on opening it without its PIN'
        case 'unlock'
            printf '%s\t%s\n' '--for' 'lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)' '--idle' 'lock when nothing was asked for this long (agent.idle: 1h)' '--push' 'ask for login requests of tokens without PIN, and remember them' '--notify' 'with --push: ask about them by notification of the desktop (push.notify: false)'
        case 'agent start'
            printf '%s\t%s\n' '--for' 'lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)' '--idle' 'lock when nothing was asked for this long (agent.idle: 1h)' '--push' 'ask for login requests of tokens without PIN, and remember them' '--notify' 'with --push: ask about them by notification of the desktop (push.notify: false)' '--export' 'print `export FOB_AGENT_SOCK=...` for the shell to evaluate'
        case 'agent install'
            printf '%s\t%s\n' '--yes' 'do not ask' '--dry-run' 'show what would be written, and write nothing'
        case 'agent remove'
            printf '%s\t%s\n' '--yes' 'do not ask' '--dry-run' 'show what would be done, and do nothing'
        case 'access grant'
            printf '%s\t%s\n' '--token' 'the tokens' '--tag' 'besides: the tokens that have this tag now' '--rights' 'what the script may do, with commas between: code, challenge, push (code)' '--expires' '90m, 12h, 30d, a date, or never (30d)' '--confirm' 'a person is asked before each use; needs the agent' '--export' 'write a home for another machine: what the grant needs, and nothing else'
        case 'hold'
            printf '%s\t%s\n' '--yes' 'do not ask back' '--counter' 'let the TPM count as well, so that an older copy of the vault repeats no passcode (tpm)'
        case 'remove'
            printf '%s\t%s\n' '--yes' 'do not ask'
        case 'restore'
            printf '%s\t%s\n' '--replace' 'replace tokens of the same account that have another secret; they stay restorable' '--keep-both' 'keep both where an account is there with another secret' '--identity' 'open the backup with this key file of age instead of a passphrase'
        case 'untag'
            printf '%s\t%s\n' '--all' 'all of its tags'
        case 'note'
            printf '%s\t%s\n' '--remove' 'remove the note'
        case 'codes'
            printf '%s\t%s\n' '--copy' 'put the code on the clipboard instead of printing it' '--once' 'with --copy: for one paste, where the system can count them (X11, Wayland)'
        case 'codes add'
            printf '%s\t%s\n' '--qr' 'read a QR code in a picture' '--clipboard' 'read what was copied, a text or a picture of a QR code' '--lines' 'every line is a code, whatever it looks like' '--replace' 'in place of the codes that are there, which the service takes no more' '--yes' 'do not ask back'
        case 'favorite'
            printf '%s\t%s\n' '--off' 'list it among the others again'
        case 'import'
            printf '%s\t%s\n' '--dry-run' 'show what would be imported, and store nothing' '--pass' 'take them from the password store of pass or gopass, which is in ~/.password-store or where gopass makes it if no folder is given' '--key-file' 'the key file that a KeePass database has beside its password' '--replace' 'replace tokens of the same account that have another secret; they stay restorable' '--keep-both' 'keep both where an account is there with another secret'
        case 'export'
            printf '%s\t%s\n' '--format' 'uri, aegis, pskc, privacyidea, migration (uri)' '--output' 'write a new file that only you can read' '--qr' 'draw QR codes in the terminal, or into new .png or .svg files' '--unencrypted' 'do not encrypt, where the format has encryption' '--psk' 'encrypt with a key that the other side has already, instead of a passphrase' '--yes' 'do not ask back'
        case 'backup'
            printf '%s\t%s\n' '--recipient' 'encrypt for these recipients of age instead of a passphrase' '--armor' 'write ASCII armor instead of bytes'
        case 'inspect'
            printf '%s\t%s\n' '--qr' 'read it from a picture of QR codes' '--key-file' 'the key file that a KeePass database has beside its password' '--reveal' 'show the secret'
        case 'provision'
            printf '%s\t%s\n' '--issuer' 'who issues the token' '--account' 'for whom' '--serial' 'its serial number' '--algorithm' 'SHA1 (default), SHA224, SHA256, SHA384 or SHA512' '--digits' '4 to 10 (6)' '--alphabet' 'decimal (default), hexadecimal, base32 or base64' '--period' 'of a time-based token (30)' '--counter' 'first counter of an event-based token (0)' '--suite' 'of a challenge-response token: OCRA-1:HOTP-SHA1-6:QN08' '--pinpolicy' 'the PIN that it must have: min=6,attempts=5,... or server (docs/security.md)' '--bits' 'length of the secret (160)' '--csv' 'make one for every line of a CSV file' '--hold' 'keep the token here, in this machine\'s TPM (tpm): what is printed is for the server, once' '--format' 'uri, aegis, pskc, privacyidea, migration (uri)' '--output' 'write a new file that only you can read' '--qr' 'draw QR codes in the terminal, or into new .png or .svg files' '--unencrypted' 'do not encrypt, where the format has encryption' '--psk' 'encrypt with a key that the other side has already, instead of a passphrase'
        case 'verify'
            printf '%s\t%s\n' '--window' 'how many steps or counters to look at (10)' '--at' 'check as of another time'
        case 'link install'
            printf '%s\t%s\n' '--yes' 'do not ask' '--dry-run' 'show what would be written, and write nothing'
        case 'link remove'
            printf '%s\t%s\n' '--dry-run' 'show what would be done, and do nothing'
        case 'link open'
            printf '%s\t%s\n' '--window' 'ask in a window of its own, as the desktop wants it' '--take' 'read the link from this file, which is removed'
        case 'lab serve'
            printf '%s\t%s\n' '--port' 'where to listen (8462, or any other if that is taken)' '--host' 'on which address (127.0.0.1); any other than loopback opens the lab to the network' '--for' 'end after this time: 90s, 30m, 8h' '--old' 'behave like privacyIDEA servers before decline reasons'
        case 'lab user add'
            printf '%s\t%s\n' '--password' 'give the user a password: it is asked for, or - is standard input'
        case 'lab issue'
            printf '%s\t%s\n' '--user' 'for whom' '--qr' 'draw a QR code in the terminal, or into a new .png or .svg file' '--algorithm' 'of passcodes: SHA1 (default), SHA256 or SHA512' '--digits' 'of passcodes: 6 to 8 (6)' '--period' 'of time-based passcodes (30)' '--suite' 'of ocra and tiqr: OCRA-1:HOTP-SHA1-6:QN08' '--server-pin' 'a PIN that is typed together with the passcode: it is asked for, or - is standard input' '--device-pin' 'push and activation: the device must guard the token with a PIN' '--token' 'what an activation string becomes: totp (default), hotp or ocra' '--ttl' 'how long it can be enrolled: 10m, an activation string 1d' '--url' 'where devices reach the lab (where it listens)' '--old' 'push: behave like servers before decline reasons' '--page' 'activation: print the address of a page with a link that opens fob' '--two-pass' 'activation: the lab makes the key alone and wraps it with the passphrase, instead of both making it'
        case 'lab push'
            printf '%s\t%s\n' '--title' 'what the device shows as title (fob lab)' '--question' 'what it asks' '--number-matching' 'the device must pick the number that is printed' '--code-to-phone' 'the device shows a code after the approval, for the login page' '--wait' 'wait for the answer (120)' '--qr' 'draw a TiQR challenge in the terminal, or into a new .png or .svg file'
        case 'lab log'
            printf '%s\t%s\n' '--last' 'how many, the newest: at most 100000 (50)'
        case 'sync'
            printf '%s\t%s\n' '--approve' 'approve the device whose screen shows these words' '--trust-remote' 'accept a remote that has gone back, because it was restored' '--restored' 'accept that this home is an older copy, and the only one in use' '--remote' 'where the repository is from now on' '--set-pins' 'take new PINs of tokens that arrive from the PIN source, where nobody is asked'
        case 'sync init'
            printf '%s\t%s\n' '--name' 'what the other devices call this one; its host name without'
        case 'sync add'
            printf '%s\t%s\n' '--all' 'all tokens that can be shared' '--tag' 'those with this tag, or with all of several: work,vpn'
        case 'sync invite'
            printf '%s\t%s\n' '--wait' 'wait for the other device, and ask whether it may join' '--yes' 'with --wait: let whoever has the invitation join, without comparing words' '--qr' 'draw a QR code in the terminal, or into a new .png or .svg file'
        case 'sync join'
            printf '%s\t%s\n' '--name' 'what the other devices call this one; its host name without' '--qr' 'read the invitation from a picture' '--remote' 'where the repository is from here, if not as the invitation says' '--wait' 'wait until the other device has approved'
        case 'sync remove'
            printf '%s\t%s\n' '--yes' 'do not ask'
        case 'sync leave'
            printf '%s\t%s\n' '--local' 'tell nobody: for a remote that is gone, or a device that was removed' '--yes' 'do not ask'
        case 'doctor'
            printf '%s\t%s\n' '--repair' 'finish what was interrupted, correct rights, rebuild the index'
    end
    set -l refused
    switch $argv[1]
        case 'export'
            set refused '--plain'
        case 'provision'
            set refused '--plain'
    end
    for line in (printf '%s\t%s\n' '--home' 'where vault and settings live' '--keychain' 'who keeps the vault\'s key: system, file, tpm, none' '--pin-file' 'read PINs from a file, one a line; - is standard input' '--pin-fd' 'read PINs from a file descriptor' '--no-input' 'never prompt' '--json' 'print the result as JSON' '-q' 'no remarks on standard error' '--quiet' 'no remarks on standard error' '--no-color' 'no colours' '--plain' 'for screen readers: statements instead of tables and drawings' '--pinentry' 'where no terminal is, ask for PINs by the pinentry of the desktop' '-h' 'show help' '--help' 'show help' '-V' 'print the version' '--version' 'print the version')
        contains -- (string split -- \t $line)[1] $refused; or echo $line
    end
end

# What stands in the places of the arguments of the command $argv[1].
function __fob_places
    switch $argv[1]
        case 'help'
            printf '%s\n' 'words enroll list show code run challenge push pin keychain biometric unlock lock agent access rename hold remove restore tag untag note codes favorite resync import export backup inspect provision verify askpass link config lab sync doctor shellenv completion'
        case 'enroll'
            printf '%s\n' 'more any'
        case 'list'
            printf '%s\n' 'token'
        case 'show'
            printf '%s\n' 'token'
        case 'code'
            printf '%s\n' 'more token'
        case 'run'
            printf '%s\n' 'command' 'more file'
        case 'challenge'
            printf '%s\n' 'token' 'any'
        case 'push approve'
            printf '%s\n' 'any' 'token'
        case 'push deny'
            printf '%s\n' 'any'
        case 'push history'
            printf '%s\n' 'token'
        case 'pin set'
            printf '%s\n' 'token'
        case 'pin change'
            printf '%s\n' 'token'
        case 'pin remove'
            printf '%s\n' 'token'
        case 'pin status'
            printf '%s\n' 'token'
        case 'keychain move'
            printf '%s\n' 'words system file tpm none'
        case 'biometric enable'
            printf '%s\n' 'token'
        case 'biometric disable'
            printf '%s\n' 'token'
        case 'access grant'
            printf '%s\n' 'any'
        case 'access log'
            printf '%s\n' 'token'
        case 'access revoke'
            printf '%s\n' 'any'
        case 'access confirm'
            printf '%s\n' 'token' 'words never others always'
        case 'access domain'
            printf '%s\n' 'token' 'words 00 02 FF full pin none'
        case 'rename'
            printf '%s\n' 'token' 'any'
        case 'hold'
            printf '%s\n' 'token' 'any'
        case 'remove'
            printf '%s\n' 'more token'
        case 'restore'
            printf '%s\n' 'file'
        case 'tag'
            printf '%s\n' 'token' 'more tag'
        case 'untag'
            printf '%s\n' 'token' 'more tag'
        case 'note'
            printf '%s\n' 'token' 'any'
        case 'codes'
            printf '%s\n' 'token'
        case 'codes add'
            printf '%s\n' 'token' 'any'
        case 'favorite'
            printf '%s\n' 'token'
        case 'resync'
            printf '%s\n' 'token' 'any' 'any'
        case 'import'
            printf '%s\n' 'file'
        case 'export'
            printf '%s\n' 'more token'
        case 'backup'
            printf '%s\n' 'file'
        case 'inspect'
            printf '%s\n' 'file'
        case 'provision'
            printf '%s\n' 'words totp hotp ocra'
        case 'verify'
            printf '%s\n' 'token' 'any'
        case 'askpass'
            printf '%s\n' 'any'
        case 'link open'
            printf '%s\n' 'any'
        case 'config get'
            printf '%s\n' 'words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every'
        case 'config set'
            printf '%s\n' 'words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every' 'any'
        case 'config unset'
            printf '%s\n' 'words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every'
        case 'lab user add'
            printf '%s\n' 'any'
        case 'lab user unlock'
            printf '%s\n' 'any'
        case 'lab issue'
            printf '%s\n' 'words totp hotp ocra push activation tiqr'
        case 'lab push'
            printf '%s\n' 'any'
        case 'sync init'
            printf '%s\n' 'folder'
        case 'sync add'
            printf '%s\n' 'more token'
        case 'sync join'
            printf '%s\n' 'any'
        case 'sync move'
            printf '%s\n' 'token' 'any'
        case 'sync remove'
            printf '%s\n' 'any'
        case 'shellenv'
            printf '%s\n' 'words bash zsh sh fish'
        case 'completion'
            printf '%s\n' 'words bash zsh fish powershell'
    end
end

# What stands after the option $argv[2] of the command $argv[1]; nothing after a flag.
function __fob_value
    switch $argv[2]
        case '--home'
            echo 'folder'
        case '--keychain'
            echo 'words system file tpm none'
        case '--pin-file'
            echo 'file'
        case '--pin-fd'
            echo 'any'
        case '*'
            switch "$argv[1] $argv[2]"
                case 'enroll --qr'
                    echo 'more file'
                case 'enroll --codes'
                    echo 'file'
                case 'enroll --name'
                    echo 'any'
                case 'enroll --tag'
                    echo 'tag'
                case 'enroll --hold'
                    echo 'words tpm'
                case 'enroll --counter'
                    echo 'words tpm'
                case 'enroll --trace'
                    echo 'file'
                case 'list --tag'
                    echo 'tag'
                case 'list --sort'
                    echo 'words name used added'
                case 'code --tag'
                    echo 'tag'
                case 'code --clear-after'
                    echo 'any'
                case 'code --at'
                    echo 'any'
                case 'code --min-validity'
                    echo 'any'
                case 'code --format'
                    echo 'any'
                case 'run --token'
                    echo 'more token'
                case 'run --env'
                    echo 'more any'
                case 'run --min-validity'
                    echo 'any'
                case 'challenge --qr'
                    echo 'file'
                case 'challenge --server-challenge'
                    echo 'any'
                case 'challenge --verify'
                    echo 'any'
                case 'challenge --session'
                    echo 'any'
                case 'challenge --at'
                    echo 'any'
                case 'push listen --timeout'
                    echo 'any'
                case 'push listen --exec'
                    echo 'file'
                case 'push listen --poll'
                    echo 'any'
                case 'push approve --qr'
                    echo 'file'
                case 'push approve --choice'
                    echo 'any'
                case 'pin set --policy'
                    echo 'any'
                case 'unlock --for'
                    echo 'any'
                case 'unlock --idle'
                    echo 'any'
                case 'agent start --for'
                    echo 'any'
                case 'agent start --idle'
                    echo 'any'
                case 'access grant --token'
                    echo 'more token'
                case 'access grant --tag'
                    echo 'tag'
                case 'access grant --rights'
                    echo 'words code challenge push'
                case 'access grant --expires'
                    echo 'any'
                case 'access grant --export'
                    echo 'folder'
                case 'hold --counter'
                    echo 'words tpm'
                case 'restore --identity'
                    echo 'file'
                case 'codes add --qr'
                    echo 'file'
                case 'import --pass'
                    echo 'file'
                case 'import --key-file'
                    echo 'file'
                case 'export --format'
                    echo 'words uri aegis pskc privacyidea migration'
                case 'export --output'
                    echo 'file'
                case 'export --qr'
                    echo 'file'
                case 'backup --recipient'
                    echo 'more any'
                case 'inspect --qr'
                    echo 'file'
                case 'inspect --key-file'
                    echo 'file'
                case 'provision --issuer'
                    echo 'any'
                case 'provision --account'
                    echo 'any'
                case 'provision --serial'
                    echo 'any'
                case 'provision --algorithm'
                    echo 'words SHA1 SHA224 SHA256 SHA384 SHA512'
                case 'provision --digits'
                    echo 'any'
                case 'provision --alphabet'
                    echo 'words decimal hexadecimal base32 base64'
                case 'provision --period'
                    echo 'any'
                case 'provision --counter'
                    echo 'any'
                case 'provision --suite'
                    echo 'any'
                case 'provision --pinpolicy'
                    echo 'any'
                case 'provision --bits'
                    echo 'any'
                case 'provision --csv'
                    echo 'file'
                case 'provision --hold'
                    echo 'words tpm'
                case 'provision --format'
                    echo 'words uri aegis pskc privacyidea migration'
                case 'provision --output'
                    echo 'file'
                case 'provision --qr'
                    echo 'file'
                case 'verify --window'
                    echo 'any'
                case 'verify --at'
                    echo 'any'
                case 'link open --take'
                    echo 'file'
                case 'lab serve --port'
                    echo 'any'
                case 'lab serve --host'
                    echo 'any'
                case 'lab serve --for'
                    echo 'any'
                case 'lab user add --password'
                    echo 'any'
                case 'lab issue --user'
                    echo 'any'
                case 'lab issue --qr'
                    echo 'file'
                case 'lab issue --algorithm'
                    echo 'words SHA1 SHA256 SHA512'
                case 'lab issue --digits'
                    echo 'any'
                case 'lab issue --period'
                    echo 'any'
                case 'lab issue --suite'
                    echo 'any'
                case 'lab issue --server-pin'
                    echo 'any'
                case 'lab issue --token'
                    echo 'words totp hotp ocra'
                case 'lab issue --ttl'
                    echo 'any'
                case 'lab issue --url'
                    echo 'any'
                case 'lab push --title'
                    echo 'any'
                case 'lab push --question'
                    echo 'any'
                case 'lab push --wait'
                    echo 'any'
                case 'lab push --qr'
                    echo 'file'
                case 'lab log --last'
                    echo 'any'
                case 'sync --approve'
                    echo 'any'
                case 'sync --remote'
                    echo 'folder'
                case 'sync init --name'
                    echo 'any'
                case 'sync add --tag'
                    echo 'tag'
                case 'sync invite --qr'
                    echo 'file'
                case 'sync join --name'
                    echo 'any'
                case 'sync join --qr'
                    echo 'file'
                case 'sync join --remote'
                    echo 'folder'
            end
    end
end

# Follows the words before the current one. Prints the words of the command, the home that they name, and the place that is to be
# completed: `options`, `commands`, or what the table says.
function __fob_follow
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l path ''
    set -l place ''
    set -l home ''
    set -l option ''
    set -l index 1
    set -l only_arguments no
    for word in $words[2..]
        if test $only_arguments = yes
            set index (math $index + 1)
        else if test -n "$place"; and not string match -q -- '-?*' $word
            test "$option" = --home; and set home (string replace -r '^~/' "$HOME/" -- $word)
            string match -q 'more *' -- $place; or set place ''
        else
            set place ''
            switch $word
                case --
                    set only_arguments yes
                case '--home=*'
                    set home (string replace -- --home= '' $word)
                case '-*=*'
                case '-?*'
                    set option $word
                    set place (__fob_value "$path" $word)
                case '*'
                    if test -z "$path"
                        switch $word
                            case ls
                                set word list
                            case rm
                                set word remove
                            case add
                                set word enroll
                            case get
                                set word code
                        end
                    end
                    if __fob_commands "$path" | string match -q -- $word\t'*'
                        set path (string trim "$path $word")
                    else
                        set index (math $index + 1)
                    end
            end
        end
    end
    if test $only_arguments = no; and string match -q -- '--*=*' $current
        set place (__fob_value "$path" (string split -m 1 = -- $current)[1])
    else if test $only_arguments = no; and string match -q -- '-*' $current
        set place options
    else if test -z "$place"
        set -l places (__fob_places "$path")
        if test -n "$(__fob_commands "$path")"
            set place commands
        else if test (count $places) -ge $index
            set place $places[$index]
        else if string match -q 'more *' -- $places[-1]
            set place $places[-1]
        end
    end
    printf '%s\n' "$path" "$home" (string replace 'more ' '' -- "$place")
end

# fish completes files itself
function __fob_wants_file
    test (__fob_follow)[3] = file
end

function __fob_candidates
    set -l followed (__fob_follow)
    set -l before (string match -r -- '^--[^=]*=' (commandline -ct))
    switch $followed[3]
        case commands
            __fob_commands "$followed[1]"
        case options
            __fob_options "$followed[1]"
        case token
            test -n "$followed[2]"; and set -lx FOB_HOME $followed[2]
            fob __complete names 2>/dev/null | string replace -r '^' -- "$before" | string replace -r '$' \ttoken
        case tag
            test -n "$followed[2]"; and set -lx FOB_HOME $followed[2]
            fob __complete tags 2>/dev/null | string replace -r '^' -- "$before" | string replace -r '$' \ttag
        case 'words *'
            string split ' ' -- $followed[3] | tail -n +2 | string replace -r '^' -- "$before"
        case command
            __fish_complete_command
        case folder
            __fish_complete_directories (string replace -- "$before" '' (commandline -ct)) | string replace -r '^' -- "$before"
    end
end

complete -c fob -e
complete -c fob -n 'not __fob_wants_file' -f -a '(__fob_candidates)'
