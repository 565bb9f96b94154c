package comment

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// NotesLimit is how much the notes of a release may hold. GitHub counts 125,000
// characters; here bytes are counted, of which there are never fewer.
const NotesLimit = 125_000

const notesBegin = "<!-- mandala-deploy release "

// Notes are what the notes of a release tell of it.
type Notes struct {
	Record     *engine.Record // the first deployment of it that was verified
	Repository string         // its page on GitHub
	Commit     string
	Previous   string // the version before; "" for the first one
	Before     string // its commit
	Commits    []NotedCommit
	Total      int    // Commits may be the newest of them only
	Unknown    string // why the commits are not known
}

// NotedCommit is a commit that the version before has not.
type NotedCommit struct {
	SHA, Message string
	Merge        bool // of several parents
}

// ReleaseNotes writes the notes of a release: what changed since the version before,
// what its plan did, how it was verified, and how to go back to it. There are no values
// in them, and of commits only titles, as code: they mention nobody.
func ReleaseNotes(n Notes, options Options) string {
	if options.Limit <= 0 {
		options.Limit = NotesLimit
	}
	r := renderer{options: options}
	head := notesBegin + encode(n.Record.Release) + hiddenEnd + "\n\n" + deployedLine(n.Record) + "\n"
	foot := r.foot()
	left := options.Limit - len(head) - len(foot)
	after := planned(n.Record, left/4) + schemaNote(n.Record.Schema) + verified(n.Record.Verification, left/8) + goingBack(n.Record)
	return head + changesSince(n, left-len(after)) + after + foot
}

func deployedLine(r *engine.Record) string {
	line := fmt.Sprintf("Deployed to %s on %s", code(r.Environment, maxName), r.StartedAt.UTC().Format(time.DateOnly))
	if r.User != "" {
		line += " by " + code(r.User, maxName)
	}
	if r.Reason != "" {
		line += ": " + code(r.Reason, maxText)
	}
	return line + ".\n"
}

// changesSince lists commits, newest first.
func changesSince(n Notes, most int) string {
	if n.Previous == "" {
		return "### Changes\n\nThis is the first version that was deployed and verified.\n\n"
	}
	before := text(n.Previous, maxName)
	if of := link(before, n.page("tree/"+n.Previous)); of != "" {
		before = of
	}
	title := "### Changes since " + before + "\n\n"
	if n.Unknown != "" {
		return title + "They are not known: " + code(n.Unknown, maxText) + ".\n\n"
	}
	count := plural(n.Total, "commit")
	if of := link(count, n.page("compare/"+n.Before+"..."+n.Commit)); of != "" {
		count = of
	}
	if n.Total == 0 {
		return title + "No commit.\n\n"
	}
	lines := make([]string, len(n.Commits))
	for i, c := range n.Commits {
		lines[i] = "- " + n.commit(c) + "\n"
	}
	foot := "\n"
	if more := n.Total - len(n.Commits); more > 0 {
		foot = fmt.Sprintf("- and %s before these\n\n", plural(more, "commit"))
	}
	return rows(title+count+":\n\n", lines, foot, most, func(from int) string {
		return fmt.Sprintf("- and %s more\n", plural(len(lines)-from, "commit"))
	})
}

// page gives the address of a page of the repository.
func (n Notes) page(path string) string {
	if n.Repository == "" {
		return ""
	}
	return n.Repository + "/" + path
}

var (
	pullMerged = regexp.MustCompile(`^Merge pull request #([1-9][0-9]{0,8}) from \S+$`)
	pullEnd    = regexp.MustCompile(`\s*\(#([1-9][0-9]{0,8})\)$`)
)

// commit tells a commit by its title, or by that of the pull request that it merged.
func (n Notes) commit(c NotedCommit) string {
	title, rest, _ := strings.Cut(strings.ReplaceAll(c.Message, "\r\n", "\n"), "\n")
	title = strings.TrimSpace(title)
	pull := ""
	if merged := pullMerged.FindStringSubmatch(title); merged != nil && c.Merge {
		pull = merged[1]
		if of, _, _ := strings.Cut(strings.TrimSpace(rest), "\n"); of != "" {
			title = of
		}
	} else if end := pullEnd.FindStringSubmatch(title); end != nil {
		pull, title = end[1], strings.TrimSuffix(title, end[0])
	}
	told := code(title, maxText/2)
	if pull != "" {
		if of := link("#"+pull, n.page("pull/"+pull)); of != "" {
			told += " " + of
		}
	}
	if !commitDigits.MatchString(c.SHA) {
		return told
	}
	if of := link(c.SHA[:7], n.page("commit/"+c.SHA)); of != "" {
		told += " " + of
	}
	return told
}

var commitDigits = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// planned counts what the plan did, the riskiest layers first.
func planned(r *engine.Record, most int) string {
	title := "### Its plan for " + code(r.Environment, maxName) + "\n\n"
	if r.Changes == nil {
		return ""
	}
	total := strings.Join(counts(*r.Changes), ", ")
	if total == "" {
		return title + "No resource changed.\n\n"
	}
	layers := slices.Clone(r.LayerChanges)
	risk := func(l engine.LayerChanges) []int {
		return []int{-min(l.Stateful, l.Delete+l.Replace+l.Forget), -l.Delete, -l.Replace, -l.Stateful, -l.Update}
	}
	slices.SortStableFunc(layers, func(a, b engine.LayerChanges) int { return slices.CompareFunc(risk(a), risk(b), cmp.Compare[int]) })
	lines := make([]string, len(layers))
	for i, l := range layers {
		lines[i] = fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", layerName(l.Layer), cell(l.Delete), cell(l.Replace), cell(l.Stateful), cell(l.Update), cell(l.Create), cell(l.Import+l.Forget+l.Move))
	}
	title += total + ".\n\n"
	if len(lines) == 0 {
		return title
	}
	head := "| layer | delete | replace | of what holds data | update | create | other |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
	return rows(title+head, lines, "\n", most, func(from int) string {
		return fmt.Sprintf("| %s more | | | | | | |\n", plural(len(lines)-from, "layer"))
	})
}

func schemaNote(s *engine.SchemaRecord) string {
	switch {
	case s == nil:
		return ""
	case s.Contracted > 0:
		return fmt.Sprintf("**The database's schema** went from %d to %d and took something away (migration %d): releases with an older schema cannot be gone back to.\n\n", s.From, s.To, s.Contracted)
	case s.From == s.To:
		return fmt.Sprintf("The database's schema stayed at %d.\n\n", s.To)
	}
	return fmt.Sprintf("**The database's schema** went from %d to %d, by additions only.\n\n", s.From, s.To)
}

func verified(v *engine.VerificationRecord, most int) string {
	if v == nil {
		return ""
	}
	title := "### Verification\n\n"
	if v.Result == engine.Succeeded {
		return title + fmt.Sprintf("✅ %s of %s passed.\n\n", plural(v.Passed, "check"), names(v.Areas, len(v.Areas)))
	}
	lost := slices.Concat(v.Failed, v.Unknown)
	lines := make([]string, len(lost))
	for i, id := range lost {
		lines[i] = "- " + code(id, maxName) + "\n"
	}
	return rows(title+fmt.Sprintf("❌ %s passed, %d not:\n\n", plural(v.Passed, "check"), len(lost)), lines, "\n", most, func(from int) string {
		return fmt.Sprintf("- and %s more\n", plural(len(lost)-from, "check"))
	})
}

func goingBack(r *engine.Record) string {
	environment, ok := secrecy.ShellWord(r.Environment)
	version, fine := secrecy.ShellWord(r.Release)
	if !ok || !fine {
		return ""
	}
	return "### Going back to it\n\n" + fence("", []string{"mandala-deploy rollback " + environment + " --version " + version + ` --reason "…"`}) + "\n" +
		"How it was deployed: `mandala-deploy history show " + strings.Trim(code(r.ID, maxName), "`") + "`\n"
}
