# Completion of fob's command line for fish. Made from the command definitions by `npm run generate`.

# The commands that can follow the words $argv[1], and what they do.
function __fob_commands
    switch $argv[1]
@COMMANDS@
    end
end

# The options of the command $argv[1], and what they do.
function __fob_options
    switch $argv[1]
@OPTIONS@
    end
    set -l refused
    switch $argv[1]
@REFUSED@
    end
    for line in (printf '%s\t%s\n' @GLOBAL_OPTIONS@)
        contains -- (string split -- \t $line)[1] $refused; or echo $line
    end
end

# What stands in the places of the arguments of the command $argv[1].
function __fob_places
    switch $argv[1]
@PLACES@
    end
end

# What stands after the option $argv[2] of the command $argv[1]; nothing after a flag.
function __fob_value
    switch $argv[2]
@GLOBAL_VALUES@
        case '*'
            switch "$argv[1] $argv[2]"
@VALUES@
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
@ALIASES@
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
