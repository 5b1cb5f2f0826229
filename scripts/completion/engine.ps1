# Completion of fob's command line for PowerShell. Made from the command definitions by `npm run generate`.

Register-ArgumentCompleter -Native -CommandName fob -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $table = @{
@ENTRIES@
    }
    $globalOptions = @(
@GLOBAL_OPTIONS@
    )
    $globalValues = @{
@GLOBAL_VALUES@
    }
    # the keys of a hashtable like this one are the same in either case
    $aliases = @{
@ALIASES@
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
