# Completion of fob's command line for PowerShell. Made from the command definitions by `npm run generate`.

Register-ArgumentCompleter -Native -CommandName fob -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $table = @{
        '' = @{
            Commands = @(, @('enroll', 'add tokens from enrollment strings or QR pictures'); , @('list', 'list the tokens'); , @('show', 'show one token''s details, never its secret'); , @('code', 'print a token''s passcode'); , @('run', 'run a program with a passcode in its environment or on its standard input'); , @('challenge', 'answer a challenge (OCRA), or the number of an entry of a list'); , @('push', 'approve and deny login requests'); , @('pin', 'set, change and remove PINs: of the app, or of one token'); , @('keychain', 'who keeps the vault''s key'); , @('biometric', 'let a finger or face stand for a PIN'); , @('unlock', 'hold the vault open for this session'); , @('lock', 'lock the vault: the agent forgets it and ends'); , @('agent', 'the process that holds the vault open'); , @('access', 'say who may use a token: scripts with a grant, or whoever gives a PIN'); , @('rename', 'give a token another name'); , @('hold', 'move a token''s secret into this machine''s TPM, from which nobody can copy it'); , @('remove', 'remove tokens; `fob restore` brings them back for 30 days'); , @('restore', 'bring back a removed token, or the tokens of a backup'); , @('tag', 'sort a token under tags'); , @('untag', 'take tags off a token'); , @('note', 'keep a note with a token'); , @('codes', 'give the next recovery code that a service printed for an account'); , @('favorite', 'list a token before the others'); , @('resync', 'move an event-based token''s counter on by passcodes of another device'); , @('import', 'take tokens over from another app''s file'); , @('export', 'take tokens with their secrets out, for another app'); , @('backup', 'write all tokens into one encrypted file'); , @('inspect', 'tell what an enrollment string, picture or file is, without storing it'); , @('provision', 'make enrollment strings with new random secrets'); , @('verify', 'check a passcode: is it right, and how far off is the clock or counter?'); , @('askpass', 'answer a prompt of ssh, sudo or git'); , @('link', 'let browsers and mail programs hand enrollment and login links to fob'); , @('config', 'settle things for all commands to come'); , @('lab', 'an authentication server to try things out with'); , @('sync', 'have the same tokens on several machines, over a git repository of yours'); , @('doctor', 'look for what is wrong, and mend it'); , @('shellenv', 'print shell functions that ask the agent without starting fob'); , @('completion', 'print the completion script of a shell'); , @('help', 'show help for a command'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'help' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words enroll list show code run challenge push pin keychain biometric unlock lock agent access rename hold remove restore tag untag note codes favorite resync import export backup inspect provision verify askpass link config lab sync doctor shellenv completion')
        }
        'enroll' = @{
            Commands = @()
            Options = @(, @('--qr', 'read QR codes from PNG, JPEG, GIF, BMP, TIFF or WebP pictures'); , @('--clipboard', 'read what was copied, a text or a picture'); , @('--codes', 'a list of one-time passwords, on paper before; - reads it'); , @('--screen', 'read the QR codes that the screen shows'); , @('--name', 'what to call the token'); , @('--tag', 'its tags, with commas between'); , @('--dry-run', 'show what would be enrolled, store nothing and ask no server'); , @('--replace', 'replace every token of the same account, or the one of the same name; they stay restorable'); , @('--yes', 'do not ask back about warnings'); , @('--pin', 'ask for a token PIN now'); , @('--hold', 'put the secret into this machine''s TPM, and nowhere else (tpm)'); , @('--counter', 'with --hold, let the TPM count, so that an older copy of the vault repeats no passcode (tpm)'); , @('--trace', 'write a log of what a server was asked and answered, without secrets'); , @('--insecure', 'accept a server without TLS, or with a certificate that is not trusted'))
            Refused = @()
            Values = @{ '--qr' = 'more file'; '--codes' = 'file'; '--name' = 'any'; '--tag' = 'tag'; '--hold' = 'words tpm'; '--counter' = 'words tpm'; '--trace' = 'file' }
            Places = @('more any')
        }
        'list' = @{
            Commands = @()
            Options = @(, @('--tag', 'only tokens with this tag; with commas between: with all of them'); , @('--sort', 'name, used (the latest first) or added (list.sort: name)'); , @('--codes', 'add the passcodes of time-based tokens without a PIN'); , @('--watch', 'with --codes: as time goes by, on a live screen'))
            Refused = @()
            Values = @{ '--tag' = 'tag'; '--sort' = 'words name used added' }
            Places = @('token')
        }
        'show' = @{
            Commands = @()
            Options = @(, @('--note', 'its note, too; asks for the token''s PIN where it has one'))
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'code' = @{
            Commands = @()
            Options = @(, @('--all', 'the passcodes of all time-based tokens without a PIN'); , @('--tag', 'with --all or --watch: of the tokens with this tag'); , @('--copy', 'put the passcode on the clipboard instead of printing it'); , @('--clear-after', 'with --copy: clear the clipboard after S seconds (clipboard.clear-after: 30)'); , @('--once', 'with --copy: for one paste, where the system can count them (X11, Wayland)'); , @('--notify', 'copy the passcode, and say so by notification of the desktop, without its digits'); , @('--notify-code', '--notify with the passcode in the notification, where others may read it'); , @('--next', 'the passcode of the next time step'); , @('--at', 'the passcode at another time: 2026-01-31T12:00:00Z, @1769860800, +30s'); , @('--watch', 'passcodes as time goes by, of the named tokens or all, on a live screen'); , @('--min-validity', 'wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)'); , @('--with-pin', 'ask for the PIN of the server, and print it with the passcode in its order'); , @('--format', 'what to print: {code} {name} {issuer} {account} {kind} {validUntil} {secondsLeft} ...'))
            Refused = @()
            Values = @{ '--tag' = 'tag'; '--clear-after' = 'any'; '--at' = 'any'; '--min-validity' = 'any'; '--format' = 'any' }
            Places = @('more token')
        }
        'run' = @{
            Commands = @()
            Options = @(, @('--token', 'the token; with --stdin several'); , @('--env', 'the variable of the passcode (FOB_CODE); for several tokens, a pair for each'); , @('--stdin', 'give the passcode as standard input instead'); , @('--fresh', 'wait for the next passcode, which nobody has seen yet'); , @('--min-validity', 'wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)'))
            Refused = @()
            Values = @{ '--token' = 'more token'; '--env' = 'more any'; '--min-validity' = 'any' }
            Places = @('command', 'more file')
        }
        'challenge' = @{
            Commands = @()
            Options = @(, @('--qr', 'read the challenge from a picture of a QR code'); , @('--server-challenge', 'the server''s challenge, for mutual challenge-response'); , @('--verify', 'the server''s response: it must be right before an answer is made'); , @('--session', 'session information, where the suite has S: UTF-8 text, or hex:...'); , @('--at', 'answer as of another time, where the suite has T'); , @('--copy', 'put the response on the clipboard instead of printing it'); , @('--once', 'with --copy: for one paste, where the system can count them (X11, Wayland)'))
            Refused = @()
            Values = @{ '--qr' = 'file'; '--server-challenge' = 'any'; '--verify' = 'any'; '--session' = 'any'; '--at' = 'any' }
            Places = @('token', 'any')
        }
        'push' = @{
            Commands = @(, @('listen', 'wait for login requests'); , @('list', 'show the login requests that wait for an answer'); , @('approve', 'approve a login request'); , @('deny', 'deny a login request, or all of them'); , @('history', 'show past login requests and what was answered'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'push listen' = @{
            Commands = @()
            Options = @(, @('--once', 'end after the first request'); , @('--timeout', 'end after S seconds'); , @('--exec', 'let a program decide'); , @('--notify', 'ask by notification of the desktop (push.notify: false)'); , @('--poll', 'ask every S seconds, whatever happens (push.poll-seconds: 0)'))
            Refused = @()
            Values = @{ '--timeout' = 'any'; '--exec' = 'file'; '--poll' = 'any' }
            Places = @()
        }
        'push list' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'push approve' = @{
            Commands = @()
            Options = @(, @('--qr', 'read a TiQR challenge from a picture of its QR code'); , @('--choice', 'what the login page shows, where several are offered'); , @('--yes', 'do not ask back without the ID of a request'))
            Refused = @()
            Values = @{ '--qr' = 'file'; '--choice' = 'any' }
            Places = @('any', 'token')
        }
        'push deny' = @{
            Commands = @()
            Options = @(, @('--report', 'it was not you: tell the server'); , @('--all', 'every request that waits'))
            Refused = @()
            Values = @{  }
            Places = @('any')
        }
        'push history' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'pin' = @{
            Commands = @(, @('set', 'set the app PIN, or one token''s PIN'); , @('change', 'change the app PIN, or one token''s PIN'); , @('remove', 'remove the app PIN, or one token''s PIN'); , @('status', 'tell about the app PIN, or one token''s PIN'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'pin set' = @{
            Commands = @()
            Options = @(, @('--policy', 'what the token''s PIN must be like: min=6,alphabet=numeric,days=90 (docs/security.md)'); , @('--revoke-grants', 'revoke the grants that open the token without its PIN'); , @('--keep-grants', 'let those grants go on opening it without its PIN'))
            Refused = @()
            Values = @{ '--policy' = 'any' }
            Places = @('token')
        }
        'pin change' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'pin remove' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'pin status' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'keychain' = @{
            Commands = @(, @('move', 'change who keeps the vault''s key'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'keychain move' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words system file tpm none')
        }
        'biometric' = @{
            Commands = @(, @('enable', 'let a finger or face stand for the app PIN, or one token''s PIN'); , @('disable', 'let the PIN alone count again'); , @('status', 'tell which sensor there is, and which PINs it stands for'); , @('test', 'try whether the sensor recognises you'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'biometric enable' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'biometric disable' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'biometric status' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'biometric test' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'unlock' = @{
            Commands = @()
            Options = @(, @('--for', 'lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)'); , @('--idle', 'lock when nothing was asked for this long (agent.idle: 1h)'); , @('--push', 'ask for login requests of tokens without PIN, and remember them'); , @('--notify', 'with --push: ask about them by notification of the desktop (push.notify: false)'))
            Refused = @()
            Values = @{ '--for' = 'any'; '--idle' = 'any' }
            Places = @()
        }
        'lock' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent' = @{
            Commands = @(, @('start', 'start the agent unless it is there already'); , @('stop', 'end the agent, as `fob lock` does'); , @('status', 'tell whether an agent holds the vault, and until when'); , @('install', 'let the system start the agent when it is needed'); , @('remove', 'let the system start the agent no more'); , @('serve', 'be the agent at a socket that systemd passes'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent start' = @{
            Commands = @()
            Options = @(, @('--for', 'lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)'); , @('--idle', 'lock when nothing was asked for this long (agent.idle: 1h)'); , @('--push', 'ask for login requests of tokens without PIN, and remember them'); , @('--notify', 'with --push: ask about them by notification of the desktop (push.notify: false)'); , @('--export', 'print `export FOB_AGENT_SOCK=...` for the shell to evaluate'))
            Refused = @()
            Values = @{ '--for' = 'any'; '--idle' = 'any' }
            Places = @()
        }
        'agent stop' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent status' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent install' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask'); , @('--dry-run', 'show what would be written, and write nothing'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent remove' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask'); , @('--dry-run', 'show what would be done, and do nothing'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'agent serve' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'access' = @{
            Commands = @(, @('grant', 'let a script use some tokens, and nothing else'); , @('list', 'list the grants, and what each opens'); , @('log', 'show the last uses through the agent and with grants'); , @('revoke', 'end a grant: its secret opens nothing any more'); , @('confirm', 'show or set when a person is asked before a token is used'); , @('domain', 'show or set under which condition a token answers'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'access grant' = @{
            Commands = @()
            Options = @(, @('--token', 'the tokens'); , @('--tag', 'besides: the tokens that have this tag now'); , @('--rights', 'what the script may do, with commas between: code, challenge, push (code)'); , @('--expires', '90m, 12h, 30d, a date, or never (30d)'); , @('--confirm', 'a person is asked before each use; needs the agent'); , @('--export', 'write a home for another machine: what the grant needs, and nothing else'))
            Refused = @()
            Values = @{ '--token' = 'more token'; '--tag' = 'tag'; '--rights' = 'words code challenge push'; '--expires' = 'any'; '--export' = 'folder' }
            Places = @('any')
        }
        'access list' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'access log' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'access revoke' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('any')
        }
        'access confirm' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'words never others always')
        }
        'access domain' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'words 00 02 FF full pin none')
        }
        'rename' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'any')
        }
        'hold' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask back'); , @('--counter', 'let the TPM count as well, so that an older copy of the vault repeats no passcode (tpm)'))
            Refused = @()
            Values = @{ '--counter' = 'words tpm' }
            Places = @('token', 'any')
        }
        'remove' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask'))
            Refused = @()
            Values = @{  }
            Places = @('more token')
        }
        'restore' = @{
            Commands = @()
            Options = @(, @('--replace', 'replace tokens of the same account that have another secret; they stay restorable'); , @('--keep-both', 'keep both where an account is there with another secret'); , @('--identity', 'open the backup with this key file of age instead of a passphrase'))
            Refused = @()
            Values = @{ '--identity' = 'file' }
            Places = @('file')
        }
        'tag' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'more tag')
        }
        'untag' = @{
            Commands = @()
            Options = @(, @('--all', 'all of its tags'))
            Refused = @()
            Values = @{  }
            Places = @('token', 'more tag')
        }
        'note' = @{
            Commands = @()
            Options = @(, @('--remove', 'remove the note'))
            Refused = @()
            Values = @{  }
            Places = @('token', 'any')
        }
        'codes' = @{
            Commands = @(, @('add', 'keep the recovery codes that a service printed with its token'); , @('list', 'say how many recovery codes are left of each token'))
            Options = @(, @('--copy', 'put the code on the clipboard instead of printing it'); , @('--once', 'with --copy: for one paste, where the system can count them (X11, Wayland)'))
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'codes add' = @{
            Commands = @()
            Options = @(, @('--qr', 'read a QR code in a picture'); , @('--clipboard', 'read what was copied, a text or a picture of a QR code'); , @('--lines', 'every line is a code, whatever it looks like'); , @('--replace', 'in place of the codes that are there, which the service takes no more'); , @('--yes', 'do not ask back'))
            Refused = @()
            Values = @{ '--qr' = 'file' }
            Places = @('token', 'any')
        }
        'codes list' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'favorite' = @{
            Commands = @()
            Options = @(, @('--off', 'list it among the others again'))
            Refused = @()
            Values = @{  }
            Places = @('token')
        }
        'resync' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'any', 'any')
        }
        'import' = @{
            Commands = @()
            Options = @(, @('--dry-run', 'show what would be imported, and store nothing'); , @('--pass', 'take them from the password store of pass or gopass, which is in ~/.password-store or where gopass makes it if no folder is given'); , @('--key-file', 'the key file that a KeePass database has beside its password'); , @('--replace', 'replace tokens of the same account that have another secret; they stay restorable'); , @('--keep-both', 'keep both where an account is there with another secret'))
            Refused = @()
            Values = @{ '--pass' = 'file'; '--key-file' = 'file' }
            Places = @('file')
        }
        'export' = @{
            Commands = @()
            Options = @(, @('--format', 'uri, aegis, pskc, privacyidea, migration (uri)'); , @('--output', 'write a new file that only you can read'); , @('--qr', 'draw QR codes in the terminal, or into new .png or .svg files'); , @('--unencrypted', 'do not encrypt, where the format has encryption'); , @('--psk', 'encrypt with a key that the other side has already, instead of a passphrase'); , @('--yes', 'do not ask back'))
            Refused = @('--plain')
            Values = @{ '--format' = 'words uri aegis pskc privacyidea migration'; '--output' = 'file'; '--qr' = 'file' }
            Places = @('more token')
        }
        'backup' = @{
            Commands = @()
            Options = @(, @('--recipient', 'encrypt for these recipients of age instead of a passphrase'); , @('--armor', 'write ASCII armor instead of bytes'))
            Refused = @()
            Values = @{ '--recipient' = 'more any' }
            Places = @('file')
        }
        'inspect' = @{
            Commands = @()
            Options = @(, @('--qr', 'read it from a picture of QR codes'); , @('--key-file', 'the key file that a KeePass database has beside its password'); , @('--reveal', 'show the secret'))
            Refused = @()
            Values = @{ '--qr' = 'file'; '--key-file' = 'file' }
            Places = @('file')
        }
        'provision' = @{
            Commands = @()
            Options = @(, @('--issuer', 'who issues the token'); , @('--account', 'for whom'); , @('--serial', 'its serial number'); , @('--algorithm', 'SHA1 (default), SHA224, SHA256, SHA384 or SHA512'); , @('--digits', '4 to 10 (6)'); , @('--alphabet', 'decimal (default), hexadecimal, base32 or base64'); , @('--period', 'of a time-based token (30)'); , @('--counter', 'first counter of an event-based token (0)'); , @('--suite', 'of a challenge-response token: OCRA-1:HOTP-SHA1-6:QN08'); , @('--pinpolicy', 'the PIN that it must have: min=6,attempts=5,... or server (docs/security.md)'); , @('--bits', 'length of the secret (160)'); , @('--csv', 'make one for every line of a CSV file'); , @('--hold', 'keep the token here, in this machine''s TPM (tpm): what is printed is for the server, once'); , @('--format', 'uri, aegis, pskc, privacyidea, migration (uri)'); , @('--output', 'write a new file that only you can read'); , @('--qr', 'draw QR codes in the terminal, or into new .png or .svg files'); , @('--unencrypted', 'do not encrypt, where the format has encryption'); , @('--psk', 'encrypt with a key that the other side has already, instead of a passphrase'))
            Refused = @('--plain')
            Values = @{ '--issuer' = 'any'; '--account' = 'any'; '--serial' = 'any'; '--algorithm' = 'words SHA1 SHA224 SHA256 SHA384 SHA512'; '--digits' = 'any'; '--alphabet' = 'words decimal hexadecimal base32 base64'; '--period' = 'any'; '--counter' = 'any'; '--suite' = 'any'; '--pinpolicy' = 'any'; '--bits' = 'any'; '--csv' = 'file'; '--hold' = 'words tpm'; '--format' = 'words uri aegis pskc privacyidea migration'; '--output' = 'file'; '--qr' = 'file' }
            Places = @('words totp hotp ocra')
        }
        'verify' = @{
            Commands = @()
            Options = @(, @('--window', 'how many steps or counters to look at (10)'); , @('--at', 'check as of another time'))
            Refused = @()
            Values = @{ '--window' = 'any'; '--at' = 'any' }
            Places = @('token', 'any')
        }
        'askpass' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('any')
        }
        'link' = @{
            Commands = @(, @('install', 'let fob open enrollment and login links'); , @('remove', 'give the links back to the programs that had them'); , @('status', 'say which programs open enrollment and login links'); , @('open', 'show what a link is, and ask before anything is done'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'link install' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask'); , @('--dry-run', 'show what would be written, and write nothing'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'link remove' = @{
            Commands = @()
            Options = @(, @('--dry-run', 'show what would be done, and do nothing'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'link status' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'link open' = @{
            Commands = @()
            Options = @(, @('--window', 'ask in a window of its own, as the desktop wants it'); , @('--take', 'read the link from this file, which is removed'))
            Refused = @()
            Values = @{ '--take' = 'file' }
            Places = @('any')
        }
        'config' = @{
            Commands = @(, @('list', 'list the settings, their values, and where those come from'); , @('get', 'print the value of a setting that counts'); , @('set', 'change a setting, for all commands to come'); , @('unset', 'let the default of a setting count again'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'config list' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'config get' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every')
        }
        'config set' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every', 'any')
        }
        'config unset' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words keychain color plain clipboard.clear-after list.sort code.min-validity push.poll-seconds push.notify pinentry.program askpass.rules askpass.next tiqr.schemes agent.lifetime agent.idle agent.lock-with-screen sync.every')
        }
        'lab' = @{
            Commands = @(, @('serve', 'run the lab: a small authentication server to try things out with'); , @('user', 'who logs in at the lab'); , @('issue', 'make a token of the lab, and print its enrollment string'); , @('push', 'send a push request to a user''s devices'); , @('log', 'show what happened at the lab'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'lab serve' = @{
            Commands = @()
            Options = @(, @('--port', 'where to listen (8462, or any other if that is taken)'); , @('--host', 'on which address (127.0.0.1); any other than loopback opens the lab to the network'); , @('--for', 'end after this time: 90s, 30m, 8h'); , @('--old', 'behave like privacyIDEA servers before decline reasons'))
            Refused = @()
            Values = @{ '--port' = 'any'; '--host' = 'any'; '--for' = 'any' }
            Places = @()
        }
        'lab user' = @{
            Commands = @(, @('add', 'add a user to the lab'); , @('list', 'list the lab''s users and their tokens'); , @('unlock', 'let a user of the lab in again'))
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'lab user add' = @{
            Commands = @()
            Options = @(, @('--password', 'give the user a password: it is asked for, or - is standard input'))
            Refused = @()
            Values = @{ '--password' = 'any' }
            Places = @('any')
        }
        'lab user list' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'lab user unlock' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('any')
        }
        'lab issue' = @{
            Commands = @()
            Options = @(, @('--user', 'for whom'); , @('--qr', 'draw a QR code in the terminal, or into a new .png or .svg file'); , @('--algorithm', 'of passcodes: SHA1 (default), SHA256 or SHA512'); , @('--digits', 'of passcodes: 6 to 8 (6)'); , @('--period', 'of time-based passcodes (30)'); , @('--suite', 'of ocra and tiqr: OCRA-1:HOTP-SHA1-6:QN08'); , @('--server-pin', 'a PIN that is typed together with the passcode: it is asked for, or - is standard input'); , @('--device-pin', 'push and activation: the device must guard the token with a PIN'); , @('--token', 'what an activation string becomes: totp (default), hotp or ocra'); , @('--ttl', 'how long it can be enrolled: 10m, an activation string 1d'); , @('--url', 'where devices reach the lab (where it listens)'); , @('--old', 'push: behave like servers before decline reasons'); , @('--page', 'activation: print the address of a page with a link that opens fob'); , @('--two-pass', 'activation: the lab makes the key alone and wraps it with the passphrase, instead of both making it'))
            Refused = @()
            Values = @{ '--user' = 'any'; '--qr' = 'file'; '--algorithm' = 'words SHA1 SHA256 SHA512'; '--digits' = 'any'; '--period' = 'any'; '--suite' = 'any'; '--server-pin' = 'any'; '--token' = 'words totp hotp ocra'; '--ttl' = 'any'; '--url' = 'any' }
            Places = @('words totp hotp ocra push activation tiqr')
        }
        'lab push' = @{
            Commands = @()
            Options = @(, @('--title', 'what the device shows as title (fob lab)'); , @('--question', 'what it asks'); , @('--number-matching', 'the device must pick the number that is printed'); , @('--code-to-phone', 'the device shows a code after the approval, for the login page'); , @('--wait', 'wait for the answer (120)'); , @('--qr', 'draw a TiQR challenge in the terminal, or into a new .png or .svg file'))
            Refused = @()
            Values = @{ '--title' = 'any'; '--question' = 'any'; '--wait' = 'any'; '--qr' = 'file' }
            Places = @('any')
        }
        'lab log' = @{
            Commands = @()
            Options = @(, @('--last', 'how many, the newest: at most 100000 (50)'))
            Refused = @()
            Values = @{ '--last' = 'any' }
            Places = @()
        }
        'sync' = @{
            Commands = @(, @('init', 'begin to synchronise, with an empty git repository'); , @('add', 'share tokens with the other devices'); , @('invite', 'let another device join: prints an invitation'); , @('join', 'join with an invitation of another device'); , @('members', 'list the devices that share tokens'); , @('move', 'hand a token over to another device that may be on one only'); , @('remove', 'take a device out: it gets nothing new from now on'); , @('leave', 'take this device out; its tokens stay here'); , @('status', 'say what is synchronised with whom, and when it last was'))
            Options = @(, @('--approve', 'approve the device whose screen shows these words'); , @('--trust-remote', 'accept a remote that has gone back, because it was restored'); , @('--restored', 'accept that this home is an older copy, and the only one in use'); , @('--remote', 'where the repository is from now on'); , @('--set-pins', 'take new PINs of tokens that arrive from the PIN source, where nobody is asked'))
            Refused = @()
            Values = @{ '--approve' = 'any'; '--remote' = 'folder' }
            Places = @()
        }
        'sync init' = @{
            Commands = @()
            Options = @(, @('--name', 'what the other devices call this one; its host name without'))
            Refused = @()
            Values = @{ '--name' = 'any' }
            Places = @('folder')
        }
        'sync add' = @{
            Commands = @()
            Options = @(, @('--all', 'all tokens that can be shared'); , @('--tag', 'those with this tag, or with all of several: work,vpn'))
            Refused = @()
            Values = @{ '--tag' = 'tag' }
            Places = @('more token')
        }
        'sync invite' = @{
            Commands = @()
            Options = @(, @('--wait', 'wait for the other device, and ask whether it may join'); , @('--yes', 'with --wait: let whoever has the invitation join, without comparing words'); , @('--qr', 'draw a QR code in the terminal, or into a new .png or .svg file'))
            Refused = @()
            Values = @{ '--qr' = 'file' }
            Places = @()
        }
        'sync join' = @{
            Commands = @()
            Options = @(, @('--name', 'what the other devices call this one; its host name without'); , @('--qr', 'read the invitation from a picture'); , @('--remote', 'where the repository is from here, if not as the invitation says'); , @('--wait', 'wait until the other device has approved'))
            Refused = @()
            Values = @{ '--name' = 'any'; '--qr' = 'file'; '--remote' = 'folder' }
            Places = @('any')
        }
        'sync members' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'sync move' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('token', 'any')
        }
        'sync remove' = @{
            Commands = @()
            Options = @(, @('--yes', 'do not ask'))
            Refused = @()
            Values = @{  }
            Places = @('any')
        }
        'sync leave' = @{
            Commands = @()
            Options = @(, @('--local', 'tell nobody: for a remote that is gone, or a device that was removed'); , @('--yes', 'do not ask'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'sync status' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'doctor' = @{
            Commands = @()
            Options = @(, @('--repair', 'finish what was interrupted, correct rights, rebuild the index'))
            Refused = @()
            Values = @{  }
            Places = @()
        }
        'shellenv' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words bash zsh sh fish')
        }
        'completion' = @{
            Commands = @()
            Options = @()
            Refused = @()
            Values = @{  }
            Places = @('words bash zsh fish powershell')
        }
    }
    $globalOptions = @(
        , @('--home', 'where vault and settings live')
        , @('--keychain', 'who keeps the vault''s key: system, file, tpm, none')
        , @('--pin-file', 'read PINs from a file, one a line; - is standard input')
        , @('--pin-fd', 'read PINs from a file descriptor')
        , @('--no-input', 'never prompt')
        , @('--json', 'print the result as JSON')
        , @('-q', 'no remarks on standard error')
        , @('--quiet', 'no remarks on standard error')
        , @('--no-color', 'no colours')
        , @('--plain', 'for screen readers: statements instead of tables and drawings')
        , @('--pinentry', 'where no terminal is, ask for PINs by the pinentry of the desktop')
        , @('-h', 'show help')
        , @('--help', 'show help')
        , @('-V', 'print the version')
        , @('--version', 'print the version')
    )
    $globalValues = @{
        '--home' = 'folder'
        '--keychain' = 'words system file tpm none'
        '--pin-file' = 'file'
        '--pin-fd' = 'any'
    }
    # the keys of a hashtable like this one are the same in either case
    $aliases = @{
        'ls' = 'list'
        'rm' = 'remove'
        'add' = 'enroll'
        'get' = 'code'
    }

    function Get-Place($path, $option) {
        if ($globalValues.ContainsKey($option)) { return $globalValues[$option] }
        return $table[$path].Values[$option]
    }

    # a word with anything but letters, digits and a few signs is quoted
    function Format-Word($text) {
        if ($text -match '^[\p{L}\p{N}_.:@/+=-]+$') { return $text }
        return "'" + ($text -replace "['\u2018-\u201B]", '$0$0') + "'"
    }

    function Add-Words($words, $begun, $before) {
        foreach ($word in $words) {
            $text, $summary = $word
            if (-not $summary) { $summary = $text }
            if ($text.StartsWith($begun, [StringComparison]::CurrentCultureIgnoreCase)) {
                [System.Management.Automation.CompletionResult]::new($before + (Format-Word $text), $text, 'ParameterValue', $summary)
            }
        }
    }

    function Add-Tokens($what, $begun, $before) {
        $previousHome = $env:FOB_HOME
        $previousEncoding = [Console]::OutputEncoding
        try {
            if ($home_) { $env:FOB_HOME = $home_ }
            [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
            Add-Words @(fob __complete $what 2>$null) $begun $before
        } finally {
            $env:FOB_HOME = $previousHome
            [Console]::OutputEncoding = $previousEncoding
        }
    }

    # nothing at all lets PowerShell complete files and folders itself
    function Add-Place($place, $begun, $before) {
        $kind, $words = ($place -replace '^more ', '') -split ' '
        if ($kind -eq 'token') { Add-Tokens names $begun $before }
        if ($kind -eq 'tag') { Add-Tokens tags $begun $before }
        if ($kind -eq 'words') { Add-Words $words $begun $before }
    }

    # the words before the one that is completed
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    $path = ''
    $place = ''
    $option = ''
    $home_ = ''
    $index = 0
    $onlyArguments = $false
    foreach ($word in $words) {
        if ($onlyArguments) {
            $index++
        } elseif ($place -and $word -notmatch '^-.') {
            if ($option -eq '--home') { $home_ = $word }
            if ($place -notlike 'more *') { $place = '' }
        } elseif ($word -eq '--') {
            $onlyArguments = $true
            $place = ''
        } elseif ($word -match '^--home=(.*)$') {
            $home_ = $Matches[1]
            $place = ''
        } elseif ($word -match '^-.*=') {
            $place = ''
        } elseif ($word -match '^-.') {
            $option = $word
            $place = Get-Place $path $word
        } else {
            $place = ''
            if ($path -eq '' -and $aliases.ContainsKey($word)) { $word = $aliases[$word] }
            if (@($table[$path].Commands | ForEach-Object { $_[0] }) -ccontains $word) { $path = "$path $word".Trim() } else { $index++ }
        }
    }

    $entry = $table[$path]
    $current = $wordToComplete.Trim("'", '"')
    if ($onlyArguments -or $current -notlike '-*') {
        if ($place) {
            Add-Place $place $current ''
        } elseif ($entry.Commands.Count -gt 0) {
            Add-Words $entry.Commands $current ''
        } elseif ($index -lt $entry.Places.Count) {
            Add-Place $entry.Places[$index] $current ''
        } elseif ($entry.Places.Count -gt 0 -and $entry.Places[-1] -like 'more *') {
            Add-Place $entry.Places[-1] $current ''
        }
    } elseif ($current -match '^(--[^=]+=)(.*)$') {
        $before, $begun = $Matches[1], $Matches[2]
        Add-Place (Get-Place $path $before.TrimEnd('=')) $begun $before
    } else {
        $allowed = @($globalOptions | Where-Object { $_[0] -notin $entry.Refused })
        Add-Words ($entry.Options + $allowed) $current ''
    }
}
