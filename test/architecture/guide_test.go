package architecture

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/shell"
)

// guides are the languages of the guides, the one in which they are written first.
var guides = []string{"docs/guide/en", "docs/guide/ja"}

// pages gives the names of a guide's pages.
func pages(t *testing.T, guide string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, guide, "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no pages: %v", guide, err)
	}
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	return names
}

// TestGuidesHaveTheSameStructure holds the translation to the original: the same pages, and
// in each the same headings by level, anchors, blocks of code, tables, lists and links, in
// the same order.
func TestGuidesHaveTheSameStructure(t *testing.T) {
	t.Parallel()
	names := pages(t, guides[0])
	if diff := cmp.Diff(names, pages(t, guides[1])); diff != "" {
		t.Fatalf("pages (-%s +%s):\n%s", guides[0], guides[1], diff)
	}
	for _, name := range names {
		original, translation := read(t, guides[0]+"/"+name), read(t, guides[1]+"/"+name)
		if diff := cmp.Diff(outline(original), outline(translation)); diff != "" {
			t.Errorf("%s: outline (-%s +%s):\n%s", name, guides[0], guides[1], diff)
		}
		// A sentence of another language may name things in another order.
		if diff := cmp.Diff(slices.Sorted(slices.Values(links(original))), slices.Sorted(slices.Values(links(translation)))); diff != "" {
			t.Errorf("%s: links (-%s +%s):\n%s", name, guides[0], guides[1], diff)
		}
	}
}

// TestTheTranslationIsOne finds what was left in English: a heading, a table's row or a
// paragraph without one Japanese letter, but for names.
func TestTheTranslationIsOne(t *testing.T) {
	t.Parallel()
	alarms := alarmNames(t)
	words := regexp.MustCompile("`[^`]*`|\\([^)]*\\)|[A-Z][A-Za-z0-9-]*|[^A-Za-z ]+")
	for _, name := range pages(t, guides[1]) {
		inside := false
		for i, line := range strings.Split(read(t, guides[1]+"/"+name), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				inside = !inside
			}
			if inside || strings.HasPrefix(line, "<") || strings.HasPrefix(line, "### ") && slices.ContainsFunc(alarms, func(alarm string) bool { return line == "### "+familyOf(alarm) }) {
				continue
			}
			left := strings.Fields(words.ReplaceAllString(line, " "))
			if len(left) > 3 && !strings.ContainsFunc(line, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) {
				t.Errorf("%s/%s:%d is not translated: %s", guides[1], name, i+1, line)
			}
		}
	}
}

var (
	heading = regexp.MustCompile(`^(#+) (.+)$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)"></a>`)
	item    = regexp.MustCompile(`^( *)([-*]|[0-9]+\.) `)
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^) ]+)\)`)
	comment = regexp.MustCompile(`^<!-- .* -->$`)
)

// outline gives a line for each part of a document that has no language.
func outline(document string) []string {
	var all []string
	inside, columns := false, 0
	for line := range strings.Lines(document) {
		line = strings.TrimRight(line, "\n")
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			inside = !inside
			all = append(all, line)
			continue
		}
		if inside {
			all = append(all, line)
			continue
		}
		if strings.HasPrefix(trimmed, "|") {
			columns = len(split(trimmed))
			all = append(all, fmt.Sprintf("row of %d: %s", columns, strings.Join(codes(split(trimmed)[0]), " ")))
			continue
		}
		for _, match := range anchor.FindAllStringSubmatch(line, -1) {
			all = append(all, "anchor "+match[1])
		}
		if match := heading.FindStringSubmatch(line); match != nil {
			all = append(all, match[1])
		} else if match := item.FindStringSubmatch(line); match != nil {
			all = append(all, match[1]+match[2])
		} else if comment.MatchString(trimmed) {
			all = append(all, trimmed)
		}
	}
	return all
}

// codes gives what has no language in a cell: code, numbers and error codes.
func codes(cell string) []string {
	return regexp.MustCompile("`[^`]+`|MD[0-9]{4}|^[0-9]+$").FindAllString(cell, -1)
}

// links gives the targets of a document's links.
func links(document string) []string {
	var all []string
	for _, match := range link.FindAllStringSubmatch(document, -1) {
		all = append(all, match[1])
	}
	return all
}

// anchors gives the anchors of a document: of its headings, as GitHub makes them, and those
// that are written out.
func anchors(document string) []string {
	var all []string
	inside := false
	for line := range strings.Lines(document) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			inside = !inside
		}
		if inside {
			continue
		}
		if match := heading.FindStringSubmatch(line); match != nil {
			// Written out, an anchor leads to the heading below it, whatever its words.
			if to := slug(match[2]); len(all) == 0 || all[len(all)-1] != to {
				all = append(all, to)
			}
		}
		for _, match := range anchor.FindAllStringSubmatch(line, -1) {
			all = append(all, match[1])
		}
	}
	return all
}

// slug is the anchor of a heading.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteRune('-')
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestLinksOfTheGuidesLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, guide := range guides {
		for _, name := range pages(t, guide) {
			document := read(t, guide+"/"+name)
			for i, each := range anchors(document) {
				if slices.Contains(anchors(document)[:i], each) {
					t.Errorf("%s/%s has the anchor %s twice", guide, name, each)
				}
			}
			for _, target := range links(document) {
				if strings.HasPrefix(target, "https://") {
					continue
				}
				file, fragment, _ := strings.Cut(target, "#")
				to := path.Join(guide, file)
				if file == "" {
					to = guide + "/" + name
				}
				if _, err := os.Stat(filepath.Join(top, to)); err != nil {
					t.Errorf("%s/%s: %s leads nowhere", guide, name, target)
				} else if fragment != "" && !slices.Contains(anchors(read(t, to)), fragment) {
					t.Errorf("%s/%s: %s has no anchor %s", guide, name, to, fragment)
				}
			}
		}
	}
}

// TestTheGuidesCallWhatThereIs holds every command of the guides, in blocks and in
// sentences, to the command line. test/deploy runs those of the blocks.
func TestTheGuidesCallWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, name := range pages(t, guides[0]) {
		document := read(t, guides[0]+"/"+name)
		scripts := slices.DeleteFunc(shell.Spans(document), func(script string) bool { return strings.HasPrefix(script, shell.Program+" COMMAND ") })
		for _, block := range shell.Blocks(document) {
			for line := range strings.Lines(strings.ReplaceAll(block.Script, "\\\n", " ")) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, shell.Program+" ") {
					t.Errorf("%s:%d: nothing can run %q: a block of commands has calls of %s only", name, block.Line, line, shell.Program)
				}
			}
			scripts = append(scripts, block.Script)
		}
		for _, script := range scripts {
			for _, call := range shell.Calls(script) {
				if fault := call.Fault(t.Context()); fault != "" {
					t.Errorf("%s: %s %s: %s", name, shell.Program, strings.Join(call.Args, " "), fault)
				}
			}
		}
	}
}
