/// Scripts that ask the program itself what fits, so that they never grow stale.
enum CompletionScript {
    static func text(_ shell: Shell, _ name: String) -> String {
        let function = "_" + name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        let script =
            switch shell {
            case .bash: bash
            case .zsh: zsh
            case .fish: fish
            }
        return script.replacing("FUNCTION", with: function).replacing("PROGRAM", with: name)
    }

    // Bash splits words at = and :, the program does not; what bash split off must not be offered again.
    private static let bash = #"""
        FUNCTION() {
            local words line candidate cur="${COMP_WORDS[COMP_CWORD]}"
            read -ra words <<<"${COMP_LINE:0:COMP_POINT}x"
            words[-1]="${words[-1]%x}"
            [[ $cur == [=:] ]] && cur=
            line="${words[-1]%"$cur"}"
            COMPREPLY=()
            while IFS=$'\t' read -r candidate _; do
                if [[ $candidate == :files ]]; then
                    compopt -o default
                elif [[ -n $candidate ]]; then
                    COMPREPLY+=("${candidate#"$line"}")
                fi
            done < <("${1/#\~/$HOME}" ---complete "${words[@]:1}" 2>/dev/null)
        }
        complete -F FUNCTION PROGRAM
        """#

    private static let zsh = #"""
        #compdef PROGRAM
        FUNCTION() {
            local -a candidates
            local line word
            for line in "${(@f)$("${words[1]/#\~/$HOME}" ---complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
                if [[ $line == :files ]]; then
                    compset -P '--*='
                    _files
                elif [[ -n $line ]]; then
                    word=${line%%$'\t'*}
                    candidates+=("${word//:/\\:}${${line#$word}/$'\t'/:}")
                fi
            done
            (( ! $#candidates )) || _describe PROGRAM candidates
        }
        compdef FUNCTION PROGRAM
        """#

    private static let fish = #"""
        function FUNCTION
            set -l words (commandline -opc) "$(commandline -ct)"
            for line in ($words[1] ---complete $words[2..] 2>/dev/null)
                if test "$line" = :files
                    __fish_complete_path "$words[-1]"
                else
                    echo $line
                end
            end
        end
        complete -c PROGRAM -f -a '(FUNCTION)'
        """#
}
