package shell

import (
	"regexp"
	"slices"
)

// alone are the flags that take no value.
var alone = map[string]bool{
	"--allow-dirty": true, "--auto-approve": true, "--detailed-exitcode": true, "--dry-run": true, "--force": true, "--force-unverified": true,
	"--log": true, "--previous": true, "--probe": true, "--resume": true, "--traceability": true,
}

// stands is what the values of a flag stand for: which one it is makes no other command.
var stands = map[string]string{
	"--approval": "FILE", "--area": "AREAS", "--junit": "FILE", "--keep": "N", "--limit": "N", "--out": "FILE", "--reason": "TEXT",
}

var (
	version = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)
	id      = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// form is a word of a call, with what stands for all of its kind. The first word is a
// command, even if an environment is called so.
func form(word string, place int) string {
	switch {
	case place > 0 && (word == "production" || word == "staging" || word == "local"):
		return "ENV"
	case version.MatchString(word):
		return "VERSION"
	case id.MatchString(word):
		return "ID"
	}
	return word
}

func sorted(words []string) []string {
	slices.Sort(words)
	return words
}
