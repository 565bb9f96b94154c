// Package comment writes what a plan would do as one Markdown comment of a pull
// request, what drifted as an issue, and what a release is as its notes: what is risky on top, details folded, within
// what GitHub takes. It shows no value unless asked to, and never one that is or looks
// like a secret.
// Texts that come from Terraform can neither end what they stand in, nor make
// HTML, nor mention anybody, nor link to anything.
package comment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Limit is how much a comment may hold. GitHub counts 65,536 characters; here
// bytes are counted, of which there are never fewer.
const Limit = 65_536

// Plan is what a comment tells of one environment: its preview, or why there is
// none.
type Plan struct {
	Environment string
	Version     string // of the stored release that was planned; "" for the working tree
	Approval    string // the file that holds the approval; "" where none was written
	Preview     *engine.Preview
	Failure     error // set where Preview is nil
}

// Options say how a comment is written.
type Options struct {
	Values bool   // show the values that are not sensitive
	Run    string // URL of the CI run
	Limit  int    // in bytes; Limit when 0
}

const (
	markerBegin  = "<!-- mandala-deploy plan "
	digestsBegin = "<!-- mandala-deploy digests "
	hiddenEnd    = " -->"
)

// Marker gives the hidden text with which the comment of these environments
// begins, whatever their order. JSON keeps a name from ending it.
func Marker(environments []string) string {
	names := slices.Sorted(slices.Values(environments))
	return markerBegin + encode(slices.Compact(names)) + hiddenEnd
}

// Render writes the comment. previous is the one that it takes the place of, ""
// for none: where a digest stayed the same, so does its approval.
func Render(plans []Plan, previous string, options Options) string {
	if options.Limit <= 0 {
		options.Limit = Limit
	}
	names, now := []string{}, map[string]string{}
	for _, p := range plans {
		names = append(names, p.Environment)
		if digest := p.digest(); digest != "" {
			now[p.Environment] = digest
		}
	}
	r := renderer{options: options, before: digests(previous)}
	head := Marker(names) + "\n" + digestsBegin + encode(now) + hiddenEnd + "\n\n"
	foot := r.foot()
	most := options.Limit - len(head) - len(foot)
	var body string
	if len(plans) == 1 {
		body = r.single(plans[0], most)
	} else {
		body = r.several(plans, most)
	}
	return head + strings.TrimRight(body, "\n") + "\n" + foot
}

type renderer struct {
	options Options
	before  map[string]string // digests by environment, of the comment before
}

// digest gives the digest of what may be approved; "" where nothing is.
func (p Plan) digest() string {
	if p.Preview == nil || p.Preview.Approval == nil {
		return ""
	}
	return p.Preview.Approval.Digest
}

// sameAsBefore reports whether the comment before told of the same plan.
func (r renderer) sameAsBefore(p Plan) bool {
	digest := p.digest()
	return digest != "" && r.before[p.Environment] == digest
}

// digests reads the digests of an earlier comment. Only its second line is
// looked at: what follows may quote anything.
func digests(previous string) map[string]string {
	lines := strings.SplitN(strings.ReplaceAll(previous, "\r\n", "\n"), "\n", 3)
	if len(lines) < 2 || !strings.HasPrefix(lines[0], markerBegin) {
		return nil
	}
	text, begins := strings.CutPrefix(lines[1], digestsBegin)
	text, ends := strings.CutSuffix(text, hiddenEnd)
	var found map[string]string
	if !begins || !ends || json.Unmarshal([]byte(text), &found) != nil {
		return nil
	}
	return found
}

// encode gives JSON on one line, in which <, > and & are escaped.
func encode(value any) string {
	body, err := json.Marshal(value)
	if err != nil {
		return "null" // names and digests always can be
	}
	return string(body)
}

// foot links to the CI run.
func (r renderer) foot() string {
	if link := link("CI run", r.options.Run); link != "" {
		return "\n<sub>" + link + "</sub>\n"
	}
	return ""
}

// failed tells why there is no plan. It leaves out what Terraform and AWS said,
// which can hold anything: the run's log has it.
func failed(err error, most int) string {
	problems := problem.Find(err)
	if len(problems) == 0 {
		problems = []*problem.Error{{Code: problem.Internal, What: "something happened that the tool does not expect"}}
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = fmt.Sprintf("- %s %s. Next: %s\n", text(string(p.Code), maxName), code(p.What, maxText), code(p.Remedy(), maxText))
	}
	return rows("", lines, "", most, func(from int) string { return fmt.Sprintf("- and %s more\n", plural(len(lines)-from, "problem")) })
}
