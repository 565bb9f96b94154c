package shell

import (
	"regexp"
	"strings"
)

// Block is a block of commands in a document: lines fenced by ```sh, without the
// indentation that a list gives them.
type Block struct {
	Line   int // at which its fence stands, from 1
	Script string
}

var (
	fence = regexp.MustCompile("^( *)```([a-z]*)$")
	span  = regexp.MustCompile("`(" + Program + " [^`]+)`")
)

// Blocks finds the blocks of commands in a document.
func Blocks(document string) []Block {
	var found []Block
	var open *Block
	inside, indent := false, ""
	number := 0
	for line := range strings.Lines(document) {
		number++
		mark := fence.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case mark != nil && inside:
			if open != nil {
				found = append(found, *open)
			}
			inside, open = false, nil
		case mark != nil:
			inside, indent = true, mark[1]
			if mark[2] == "sh" {
				open = &Block{Line: number}
			}
		case open != nil:
			open.Script += strings.TrimPrefix(line, indent)
		}
	}
	return found
}

// Spans finds the commands that a document names within a sentence.
func Spans(document string) []string {
	var found []string
	for _, match := range span.FindAllStringSubmatch(document, -1) {
		found = append(found, match[1])
	}
	return found
}

// Form is what a call is whatever it is called for: environments, versions, files,
// reasons and ids stand for each other, the order of flags and --json say nothing.
// Two calls of one form are the same command.
func (c Call) Form() string {
	var words, flags []string
	for i := 0; i < len(c.Args); i++ {
		word := c.Args[i]
		switch {
		case word == "--json":
		case !strings.HasPrefix(word, "-"):
			words = append(words, form(word, i))
		case alone[word] || i+1 == len(c.Args):
			flags = append(flags, word)
		default:
			i++
			value := c.Args[i]
			if kind, known := stands[word]; known {
				value = kind
			}
			flags = append(flags, word+" "+form(value, i))
		}
	}
	return strings.Join(append(words, sorted(flags)...), " ")
}
