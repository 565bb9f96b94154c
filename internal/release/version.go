package release

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version names a release: a tag such as v1.2.3 or v1.2.3-rc.1, or a commit.
// The zero value is none.
type Version struct {
	core       [3]uint64
	prerelease []string
	commit     string // hexadecimal digits; "" for a tag
	text       string
}

// commitDigits is how much of a commit names a release and a working tree.
const commitDigits = 12

var (
	tagPattern    = regexp.MustCompile(`^v(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$`)
	commitPattern = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
	numberPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)
)

// mostVersion bounds a version's text: it is part of keys, tags and file names.
const mostVersion = 64

// ParseVersion reads a version. A commit has 7 to 40 hexadecimal digits.
func ParseVersion(text string) (Version, error) {
	if commitPattern.MatchString(text) {
		return Version{commit: text, text: text}, nil
	}
	parts := tagPattern.FindStringSubmatch(text)
	if parts == nil || len(text) > mostVersion {
		return Version{}, fmt.Errorf("%q is neither a version such as v1.2.3 or v1.2.3-rc.1 nor a commit of 7 to 40 hexadecimal digits", text)
	}
	version := Version{text: text}
	for i := range version.core {
		version.core[i], _ = strconv.ParseUint(parts[i+1], 10, 64) // nine digits at most
	}
	if parts[4] != "" {
		version.prerelease = strings.Split(parts[4], ".")
		for _, each := range version.prerelease {
			if strings.Trim(each, "0123456789") == "" && !numberPattern.MatchString(each) {
				return Version{}, fmt.Errorf("%q is no version: the number %s of its pre-release begins with 0 or is too long", text, each)
			}
		}
	}
	return version, nil
}

// String gives the version as it was written.
func (v Version) String() string { return v.text }

// Commit gives the commit's digits, "" for a tag.
func (v Version) Commit() string { return v.commit }

// Prerelease reports whether the version is one that leads to another, as v1.2.3-rc.1.
func (v Version) Prerelease() bool { return len(v.prerelease) > 0 }

// Names reports whether the two name the same release: equal tags, or commits
// of which one abbreviates the other.
func (v Version) Names(other Version) bool {
	if v.commit == "" || other.commit == "" {
		return v.text == other.text
	}
	return strings.HasPrefix(v.commit, other.commit) || strings.HasPrefix(other.commit, v.commit)
}

// Compare orders versions as semantic versioning does: negative where a comes
// before b. A commit, of which a version says nothing, comes before every tag.
func Compare(a, b Version) int {
	if a.commit != "" || b.commit != "" {
		switch {
		case a.commit == "":
			return 1
		case b.commit == "":
			return -1
		}
		return cmp.Compare(a.commit, b.commit)
	}
	for i := range a.core {
		if order := cmp.Compare(a.core[i], b.core[i]); order != 0 {
			return order
		}
	}
	switch {
	case len(a.prerelease) == 0 || len(b.prerelease) == 0:
		// The release itself comes after all that went before it.
		return cmp.Compare(len(b.prerelease), len(a.prerelease))
	default:
		return comparePrereleases(a.prerelease, b.prerelease)
	}
}

func comparePrereleases(a, b []string) int {
	for i := range min(len(a), len(b)) {
		left, leftErr := strconv.ParseUint(a[i], 10, 64)
		right, rightErr := strconv.ParseUint(b[i], 10, 64)
		order := cmp.Compare(a[i], b[i])
		switch {
		case leftErr == nil && rightErr == nil:
			order = cmp.Compare(left, right)
		case leftErr == nil:
			order = -1 // numbers come before words
		case rightErr == nil:
			order = 1
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// ShortCommit gives the digits of a commit that name a release.
func ShortCommit(commit string) string { return commit[:min(len(commit), commitDigits)] }

// WorkingTree names what is deployed from a working tree, which is no release:
// dev-0123456789ab, with -dirty behind it where it differs from that commit, or
// dev where there is none.
func WorkingTree(source Source) string {
	if source.Commit == "" {
		return "dev"
	}
	name := "dev-" + ShortCommit(source.Commit)
	if source.Dirty {
		name += "-dirty"
	}
	return name
}
