package comment

import (
	"regexp"
	"strings"
	"unicode"
)

// hidden stands where a text looked like a secret.
const hidden = "(looks like a secret)"

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

// looksSecret reports whether a text holds what looks like a secret.
func looksSecret(of string) bool { return secretShapes.MatchString(of) }

// hide gives a text that is no value, such as an address, up to what looks like
// a secret in it.
func hide(of string) string {
	if found := secretShapes.FindStringIndex(of); found != nil {
		return of[:found[0]] + hidden
	}
	return of
}

// value gives the value of an attribute to show: all of it, or none.
func value(path, shown string) string {
	switch {
	case shown == "null", shown == "(sensitive)", shown == "(known after apply)", shown == "true", shown == "false":
		return shown
	case secretNames.MatchString(path), looksSecret(shown), looksRandom(shown):
		return hidden
	}
	if rest, isCut := strings.CutSuffix(shown, "…"); isCut {
		// What the cut left of a last word may be the beginning of a key.
		shown = lastWord.ReplaceAllString(rest, "") + "…"
	}
	return cut(visible(shown), maxValue)
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
