package compose

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// edit replaces source[start:end] by text, which has as many lines.
type edit struct {
	start, end int
	text       string
}

// texts writes the user's files that still hold something. What is left out
// becomes blank lines, so that Terraform's diagnostics name the right ones.
func (c *composer) texts(files map[string][]byte) error {
	edits := make([][]edit, len(c.root.Files))
	used := make([]bool, len(c.root.Files))
	blank := c.blanks()
	for i := range c.root.Items {
		item := &c.root.Items[i]
		source := c.root.Files[item.File].Source
		switch {
		case blank[i]:
			if item.Parent < 0 || !blank[item.Parent] {
				edits[item.File] = append(edits[item.File], blanked(source, item.Range))
			}
		case c.kept[i] || c.uncut():
			used[item.File] = true
			more, err := c.itemEdits(item, source)
			if err != nil {
				return err
			}
			edits[item.File] = append(edits[item.File], more...)
		}
	}
	for i, file := range c.root.Files {
		if used[i] || c.uncut() {
			files[file.Name] = apply(file.Source, edits[i])
		}
	}
	return nil
}

// blanks tells the items that become blank lines: those that are not kept, and
// a locals block with all that it holds when none of that is kept.
func (c *composer) blanks() []bool {
	blank := make([]bool, len(c.root.Items))
	holds := make([]bool, len(c.root.Items))
	for i := range c.root.Items {
		if parent := c.root.Items[i].Parent; parent >= 0 && c.kept[i] {
			holds[parent] = true
		}
	}
	for i := range c.root.Items {
		switch c.root.Items[i].Kind {
		case environment.KindLocals:
			blank[i] = !holds[i] && !c.uncut()
		default:
			blank[i] = !c.kept[i]
		}
	}
	return blank
}

// itemEdits gives the changes within a kept item: references to layers that
// are not kept, and their entries in depends_on.
func (c *composer) itemEdits(item *environment.Item, source []byte) ([]edit, error) {
	var edits []edit
	for _, use := range item.Uses {
		name, isLayer := strings.CutPrefix(use.Key, "module.")
		if !isLayer || use.DependsOn || c.layers[name] {
			continue
		}
		start, end := use.Range.Start.Byte, use.Range.End.Byte
		if start < 0 || end > len(source) || start > end || !bytes.HasPrefix(source[start:end], []byte("module")) {
			return nil, &problem.Error{
				Code:  problem.Internal,
				What:  fmt.Sprintf("the reference to layer %q is not where the parser says", name),
				Where: problem.Location{File: use.Range.Filename, Line: use.Range.Start.Line},
			}
		}
		text := "local." + environment.ReservedPrefix + name
		edits = append(edits, edit{start, end, text + newlines(source[start:end])})
	}
	if depends := item.DependsOn; depends != nil {
		if change, changed := c.dependsOn(depends, source); changed {
			edits = append(edits, change)
		}
	}
	return edits, nil
}

// dependsOn leaves out of a depends_on list the layers that are not kept; they
// are an order between states, which the caller keeps.
func (c *composer) dependsOn(depends *environment.DependsOn, source []byte) (edit, bool) {
	var stay []string
	for _, entry := range depends.Entries {
		if name, isLayer := strings.CutPrefix(entry.Key, "module."); !isLayer || c.layers[name] {
			stay = append(stay, string(source[entry.Range.Start.Byte:entry.Range.End.Byte]))
		}
	}
	switch {
	case len(stay) == len(depends.Entries):
		return edit{}, false
	case len(stay) == 0:
		return blanked(source, depends.Range), true
	}
	start, end := depends.List.Start.Byte, depends.List.End.Byte
	text := "[" + strings.Join(stay, ", ")
	missing := bytes.Count(source[start:end], []byte("\n")) - strings.Count(text, "\n")
	return edit{start, end, text + strings.Repeat("\n", max(missing, 0)) + "]"}, true
}

func blanked(source []byte, r hcl.Range) edit {
	return edit{r.Start.Byte, r.End.Byte, newlines(source[r.Start.Byte:r.End.Byte])}
}

func newlines(text []byte) string { return strings.Repeat("\n", bytes.Count(text, []byte("\n"))) }

// apply makes the edits, of which none overlaps another but two may be equal.
func apply(source []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	out.Grow(len(source))
	at := 0
	for _, e := range edits {
		if e.start < at {
			continue
		}
		out.Write(source[at:e.start])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(source[at:])
	return out.Bytes()
}
