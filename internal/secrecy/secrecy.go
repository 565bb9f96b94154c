// Package secrecy makes texts of others fit to be shown to many: it leaves out what
// is or looks like a secret, shows what would hide or turn around parts of a text,
// and cuts what is too long.
package secrecy

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Hidden stands where a text looked like a secret.
const Hidden = "(looks like a secret)"

// secretShapes are the shapes of keys, tokens and passwords. They are wide, and
// have no least length where a cut text has lost its end: what is hidden for
// nothing can be looked up.
var secretShapes = regexp.MustCompile(`(?i:-----BEGIN)|` +
	`(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{6,}|` +
	`gh[oprsu]_[A-Za-z0-9]{6,}|github_pat_\w{6,}|glpat-[\w-]{6,}|` +
	`xox[a-z]-[\w-]{4,}|(?i:hooks\.slack\.com/)|` +
	`[sr]k_(?:live|test)_\w{4,}|AIza[\w-]{8,}|npm_[A-Za-z0-9]{16,}|hvs\.\w{6,}|` +
	`eyJ[A-Za-z_-]*[0-9][A-Za-z0-9_-]{4,}|` +
	`://[^/@:\s]*:[^/@\s]+@|` +
	`(?i:pass(?:word|wd|phrase)|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential|bearer)[\w.-]*\\?["']?\s*[:=]\s*\\?["']?[^\s"'\\]|` +
	`(?i:\b(?:bearer|basic)\s+[\w.~+/-]{8,})`)

// secretNames are names whose values are not shown, whatever they look like.
var secretNames = regexp.MustCompile(`(?i)pass(?:word|wd|phrase)?(?:$|[_.\[-])|passw|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential|cookie|authorization|connection[_-]?string|dsn\b|salt|signing`)

// longWords are texts long enough to be a random key.
var longWords = regexp.MustCompile(`[A-Za-z0-9+/_=-]{24,}`)

var lastWord = regexp.MustCompile(`[A-Za-z0-9+/_=-]+$`)

// Looks reports whether a text holds what looks like a secret.
func Looks(of string) bool { return secretShapes.MatchString(of) }

// Hide gives a text that is no value, such as an address, up to what looks like
// a secret in it.
func Hide(of string) string {
	if found := secretShapes.FindStringIndex(of); found != nil {
		return of[:found[0]] + Hidden
	}
	return of
}

// Value gives the value of an attribute, as a change set has it, to show: all of it, at
// most most characters, or none.
func Value(path, shown string, most int) string {
	switch {
	case shown == "null", shown == "(sensitive)", shown == "(known after apply)", shown == "true", shown == "false":
		return shown
	case secretNames.MatchString(path), Looks(shown), looksRandom(shown):
		return Hidden
	}
	if rest, isCut := strings.CutSuffix(shown, "…"); isCut {
		// What the cut left of a last word may be the beginning of a key.
		shown = lastWord.ReplaceAllString(rest, "") + "…"
	}
	return Cut(Visible(shown), most)
}

// looksRandom reports whether a text holds a long word that mixes capitals,
// small letters and digits, as keys do and names do not.
func looksRandom(of string) bool {
	for _, word := range longWords.FindAllString(of, -1) {
		var upper, lower, digit bool
		for _, r := range word {
			upper, lower, digit = upper || unicode.IsUpper(r), lower || unicode.IsLower(r), digit || unicode.IsDigit(r)
		}
		if upper && lower && digit {
			return true
		}
	}
	return false
}

// Visible makes one line of a text, and shows what would hide or turn around
// parts of it: control and format characters, such as those of direction.
func Visible(of string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(of, "\uFFFD") {
		switch {
		case r == '\n':
			b.WriteString("↵")
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			fmt.Fprintf(&b, "<U+%04X>", r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Cut takes the middle out of a text that is longer than most characters: the
// end of an address, with its index, tells as much as its beginning.
func Cut(of string, most int) string {
	characters := []rune(of)
	if len(characters) <= most {
		return of
	}
	tail := (most - 1) / 3
	return string(characters[:most-1-tail]) + "…" + string(characters[len(characters)-tail:])
}

// Prose gives what others said, such as a provider's error, without what looks like a
// secret or a random key in it. Its lines stay.
func Prose(of string) string {
	of = longWords.ReplaceAllStringFunc(of, func(word string) string {
		if looksRandom(word) {
			return Hidden
		}
		return word
	})
	return Hide(of)
}

// longestWord bounds a word of a command, in characters: what is cut is another word.
const longestWord = 300

// ShellWord quotes an argument of a command that is to be copied. ok is false
// where what is shown would not be the argument.
func ShellWord(word string) (quoted string, ok bool) {
	if Visible(word) != word || Looks(word) || len([]rune(word)) > longestWord {
		return "", false
	}
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return word, true
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'", true
}
